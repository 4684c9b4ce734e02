/** `helm lint`, `template` and `package`: what makes them run again, and what they print and leave when they do not. */
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { likeBare } from './oracle.ts';
import { Rig } from './rig.ts';

const DEPENDENCY = 'dependencies:\n- {name: lib, version: "*", repository: "file://../lib"}\n';

const COMMANDS = {
  lint: ['helm', 'lint', 'charts/app', '-f', 'more.yaml'],
  template: ['helm', 'template', 'test-release', 'charts/app', '-f', 'more.yaml', '--set', 'a=b'],
  package: ['helm', 'package', 'charts/app', '-d', 'out'],
} as const;
type Command = keyof typeof COMMANDS;
const NAMES = Object.keys(COMMANDS) as Command[];

async function open(helm: 3 | 4): Promise<Rig> {
  const rig = (await Rig.open({ helm }))
    .chart('charts/lib')
    .chart('charts/app', DEPENDENCY, {
      'templates/more.yaml':
        'a: {{ .Values.more }}\nns: {{ .Release.Namespace }}\nk: {{ keys .Values | sortAlpha | join "," }}\nl: {{ lookup "v1" "Secret" "n" "x" | len }}\n',
      'README.md': 'read me\n',
      '.helmignore': 'ignored\n',
      ignored: 'x',
    })
    .write({ 'more.yaml': 'more: 1\n', 'shared/part.yaml': 'p: q\n' })
    .link('charts/app/templates/part.yaml', '../../../shared/part.yaml');
  expect((await rig.bare(['helm', 'dependency', 'update', 'charts/app'])).exit).toBe(0);
  return rig;
}

interface Case {
  readonly change: (rig: Rig) => unknown;
  /** Commands that hit all the same, and those that must run; of the others only the result counts. */
  readonly hits?: readonly Command[];
  readonly runs?: readonly Command[];
  readonly env?: Readonly<Record<string, string>>;
}

const CASES: Record<string, Case> = {
  nothing: { change: () => null, hits: NAMES },
  'everything touched': {
    change: (rig) => rig.bare(['find', '.', '-exec', 'touch', '-d', '2020-01-01', '{}', '+']),
    hits: NAMES,
  },
  'a file beside the chart': { change: (rig) => rig.write({ 'charts/other.txt': 'x' }), hits: NAMES },
  'a template edited': {
    change: (rig) => rig.edit('charts/app/templates/map.yaml', (text) => `${text}more: c\n`),
    runs: NAMES,
  },
  'a template added': { change: (rig) => rig.write({ 'charts/app/templates/x.yaml': 'a: b\n' }), runs: NAMES },
  'a template behind a link edited': { change: (rig) => rig.write({ 'shared/part.yaml': 'p: r\n' }), runs: NAMES },
  'values edited': { change: (rig) => rig.write({ 'charts/app/values.yaml': 'greeting: changed\n' }), runs: NAMES },
  'the values file edited': {
    change: (rig) => rig.write({ 'more.yaml': 'more: 2\n' }),
    runs: ['lint', 'template'],
    hits: ['package'],
  },
  'the values file gone': { change: (rig) => rig.remove('more.yaml'), runs: ['lint', 'template'], hits: ['package'] },
  'the read-me edited': { change: (rig) => rig.write({ 'charts/app/README.md': 'changed\n' }), runs: ['package'] },
  'an ignored file edited': { change: (rig) => rig.write({ 'charts/app/ignored': 'y' }) },
  '.helmignore edited': { change: (rig) => rig.write({ 'charts/app/.helmignore': 'README.md\n' }), runs: NAMES },
  'the dependency made anew, with equal content': {
    change: async (rig) => {
      rig.remove('charts/app/charts', 'charts/app/Chart.lock');
      await sleep(1100); // archives hold times in whole seconds
      await rig.bare(['helm', 'dependency', 'update', 'charts/app']);
    },
    hits: NAMES,
  },
  'the dependency with other content': {
    change: (rig) => {
      rig.edit('charts/lib/templates/map.yaml', (text) => `${text}more: c\n`);
      return rig.bare(['helm', 'dependency', 'update', 'charts/app']);
    },
    runs: NAMES,
  },
  'the dependency missing': { change: (rig) => rig.remove('charts/app/charts'), runs: NAMES },
  'the dependency unpacked instead': {
    change: (rig) => rig.bare(['sh', '-c', 'cd charts/app/charts && tar xf lib-1.0.0.tgz && rm lib-1.0.0.tgz']),
  },
  'the dependency there twice': {
    change: (rig) => rig.bare(['sh', '-c', 'cd charts/app/charts && tar xf lib-1.0.0.tgz']),
    runs: ['lint', 'template'],
  },
  'a damaged dependency': { change: (rig) => rig.write({ 'charts/app/charts/lib-1.0.0.tgz': 'no' }), runs: NAMES },
  'a chart that fails': {
    change: (rig) => rig.write({ 'charts/app/templates/x.yaml': '{{ fail "never" }}\n' }),
    runs: NAMES,
  },
  'another namespace in the kubeconfig': {
    change: (rig) =>
      rig.write({
        '../home/kubeconfig':
          'apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: x, user: u, namespace: special}}]\nclusters: [{name: x, cluster: {server: "http://127.0.0.1:9"}}]\nusers: [{name: u, user: {}}]\n',
      }),
    runs: ['template'],
  },
  'another namespace in the environment': {
    change: () => null,
    env: { HELM_NAMESPACE: 'special' },
    runs: ['template'],
  },
  'another time zone': { change: () => null, env: { TZ: 'Asia/Tokyo' }, hits: ['package'] },
  'a big file': {
    change: (rig) => rig.write({ 'charts/app/big': 'x'.repeat(5 * 1024 * 1024 + 1) }),
    runs: ['package'],
  },
  'a dangling link': { change: (rig) => rig.link('charts/app/link', 'nowhere'), runs: NAMES },
  'a schema that fails the values': {
    change: (rig) => rig.write({ 'charts/app/values.schema.json': '{"properties": {"greeting": {"type": "number"}}}' }),
    runs: NAMES,
  },
  'a left-over of a killed update': {
    change: (rig) => rig.write({ 'charts/app/tmpcharts-77/x.yaml': 'x' }),
    runs: ['package'],
  },
};

describe.each([3, 4] as const)('helm %s', (helm) => {
  let warm: Rig;
  beforeAll(async () => {
    warm = await open(helm);
    for (const name of NAMES)
      expect((await likeBare(warm, COMMANDS[name])).outcome).toMatchObject({ outcome: 'miss', stored: true });
  });

  test.each(Object.keys(CASES))('%s', async (title) => {
    const { change, hits = [], runs = [], env = {} } = CASES[title]!;
    const rig = warm.copy();
    await change(rig);
    for (const name of NAMES) {
      const { outcome } = await likeBare(rig, COMMANDS[name], { env });
      const told = `${name}: ${outcome.outcome}: ${outcome.reason?.text ?? ''}`;
      if (hits.includes(name)) expect(told).toMatch(/: (fresh|restored):/);
      if (runs.includes(name)) expect(told).toMatch(/: (miss|bypass):/);
    }
  });

  test('flags that change the result are in the key, spellings are not', async () => {
    const rig = warm.copy();
    for (const [outcome, argv] of [
      ['fresh', ['helm', 'template', 'test-release', './charts/app', '-f=more.yaml', '--set=a=b']],
      ['fresh', ['helm', 'template', '--values', 'more.yaml', 'test-release', 'charts/app/', '--set', 'a=b']],
      ['miss', ['helm', 'template', 'other', 'charts/app', '-f', 'more.yaml', '--set', 'a=b']],
      ['miss', ['helm', 'template', 'test-release', 'charts/app', '-f', 'more.yaml', '--set', 'a=c']],
      [
        'miss',
        [
          'helm',
          'template',
          'test-release',
          'charts/app',
          '-f',
          'more.yaml',
          '--set',
          'a=b',
          '--kube-version',
          '1.29.0',
        ],
      ],
      [
        'miss',
        [
          'helm',
          'template',
          'test-release',
          'charts/app',
          '-f',
          'more.yaml',
          '--set',
          'a=b',
          '-s',
          'templates/map.yaml',
        ],
      ],
      ['miss', ['helm', 'package', 'charts/app', '-d', 'out', '--version', '3.0.0']],
      ['miss', ['helm', 'package', 'charts/app', '-d', 'out', '--app-version', '3']],
      ['miss', ['helm', 'package', 'charts/app', '-d', 'out2']],
    ] as const) {
      const ran = await likeBare(rig, argv);
      expect({ argv, outcome: ran.outcome.outcome }).toEqual({ argv, outcome });
    }
  });

  test('template --output-dir', async () => {
    const rig = warm.copy();
    const argv = ['helm', 'template', 'test-release', 'charts/app', '--output-dir', 'rendered'];
    for (const _ of [1, 2]) await likeBare(rig, argv);
    rig.remove('rendered');
    await likeBare(rig, argv);
  });

  describe('package', () => {
    test('a restored archive has the time of the record; a changed one is put right', async () => {
      const rig = warm.copy();
      const archive = rig.path('out/app-1.0.0.tgz');
      const stored = statSync(warm.path('out/app-1.0.0.tgz'), { bigint: true }).mtimeNs;
      for (const change of [() => rig.remove('out'), () => rig.write({ 'out/app-1.0.0.tgz': 'no' })]) {
        change();
        expect((await likeBare(rig, COMMANDS.package)).outcome.outcome).toBe('restored');
        // Node takes times as fractions of a second; to the microsecond is more than Helm looks at.
        expect(Math.abs(Number(statSync(archive, { bigint: true }).mtimeNs - stored))).toBeLessThan(1000);
      }
    });

    test('into the chart itself, again and again: Helm embeds what lies there', async () => {
      const rig = warm.copy();
      const argv = ['helm', 'package', '.'];
      for (const _ of [1, 2, 3]) await likeBare(rig, argv, { cwd: 'charts/app' });
      rig.remove('charts/app/app-1.0.0.tgz');
      await likeBare(rig, argv, { cwd: 'charts/app' });
    });

    test('two charts in one go', async () => {
      const rig = warm.copy();
      const argv = ['helm', 'package', 'charts/app', 'charts/lib', '-d', 'both'];
      for (const outcome of ['miss', 'fresh']) expect((await likeBare(rig, argv)).outcome.outcome).toBe(outcome);
      rig.remove('both/lib-1.0.0.tgz');
      expect((await likeBare(rig, argv)).outcome).toMatchObject({ outcome: 'restored', written: 1 });
    });
  });
});
