/** The key is what is there, not where it lies or when it was written; and the ways of putting wgcache in front. */
import { describe, expect, test } from 'vitest';
import { toolPath } from './built.ts';
import { useLoopback } from './loopback.ts';
import { likeBare } from './oracle.ts';
import { type Ran, Rig } from './rig.ts';

const STEPS = [
  ['helm', 'dependency', 'update', 'charts/app'],
  ['helm', 'lint', 'charts/app'],
  ['helm', 'template', 'test-release', 'charts/app'],
  ['helm', 'package', 'charts/app', '-d', 'out'],
];

async function open(helm: 3 | 4 = 3): Promise<Rig> {
  return (await Rig.open({ helm, knowsHelm: true }))
    .chart('charts/lib')
    .chart('charts/app', 'dependencies:\n- {name: lib, version: "*", repository: "file://../lib"}\n');
}

async function all(rig: Rig, options: { env?: Record<string, string>; cwd?: string } = {}): Promise<string[]> {
  const outcomes: string[] = [];
  for (const argv of STEPS) outcomes.push((await likeBare(rig, argv, options)).outcome.outcome);
  return outcomes;
}

const MISSES = STEPS.map(() => 'miss');
const FRESH = STEPS.map(() => 'fresh');

describe.each([3, 4] as const)('helm %s', (helm) => {
  test('from another directory: hits, with the outputs as they were copied', async () => {
    const rig = await open(helm);
    expect(await all(rig)).toEqual(MISSES);
    expect(await all(rig.movedTo('elsewhere'))).toEqual(FRESH);
  });

  test('everything touched: hits', async () => {
    const rig = await open(helm);
    await all(rig);
    await rig.bare(['find', '.', '-exec', 'touch', '-d', '2020-01-01', '{}', '+']);
    expect(await all(rig)).toEqual(FRESH);
  });

  test('cloned anew: all outputs are restored', async () => {
    const rig = (await open(helm)).write({ '.gitignore': 'out/\ncharts/*/charts/\nChart.lock\n' });
    const git = (...args: string[]) =>
      rig.bare(['git', '-c', 'user.name=n', '-c', 'user.email=e@example.com', ...args]);
    rig.remove('.git');
    for (const args of [
      ['init', '-q'],
      ['add', '.'],
      ['commit', '-qm', 'all'],
    ])
      expect((await git(...args)).exit).toBe(0);
    await all(rig);
    const clone = rig.movedTo('clone');
    clone.remove('.');
    expect((await rig.bare(['git', 'clone', '-q', '.', clone.root])).exit).toBe(0);
    expect(Object.keys(clone.tree())).not.toContain('charts/app/charts');
    const outcomes = await all(clone);
    expect(outcomes).toEqual(['restored', 'fresh', 'fresh', 'restored']);
  });

  test('from below the root, and by a path from there', async () => {
    const rig = await open(helm);
    await all(rig);
    expect((await likeBare(rig, ['helm', 'lint', '.'], { cwd: 'charts/app' })).outcome.outcome).toBe('miss'); // prints another path
    expect((await likeBare(rig, ['helm', 'dependency', 'update', '.'], { cwd: 'charts/app' })).exit).toBe(0);
  });
});

test('another helm: a miss that names both versions, and each keeps its record', async () => {
  const rig = await open(3);
  await all(rig);
  await rig.bare(['ln', '-sf', toolPath('HELM4'), `${rig.base}/bin/helm`]);
  for (const argv of STEPS) {
    const { outcome } = await likeBare(rig, argv);
    expect(outcome).toMatchObject({
      outcome: 'miss',
      reason: { text: expect.stringMatching(/helm v3\.17\.3 → v4\.3/) },
    });
  }
  await rig.bare(['ln', '-sf', toolPath('HELM3'), `${rig.base}/bin/helm`]);
  for (const argv of STEPS) expect((await likeBare(rig, argv)).outcome.outcome).toMatch(/fresh|restored/);
});

test('the same helm in another place is the same helm', async () => {
  const rig = await open();
  await all(rig);
  const elsewhere = `${rig.base}/elsewhere`;
  await rig.bare(['sh', '-c', `mkdir ${elsewhere} && cp -L ${rig.base}/bin/helm ${elsewhere}/helm`]);
  expect(await all(rig, { env: { PATH: `${elsewhere}:${rig.env.PATH}` } })).toEqual(FRESH);
});

const loopback = useLoopback();

function outcomes({ told }: Ran): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of told) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

const lines = ({ stdout }: Ran) => stdout.toString().split('\n').sort();

describe('in front of the example', () => {
  test('a helm first on PATH that goes through wgcache: the unchanged Taskfile', async () => {
    const rig = await Rig.open({ loopback: loopback() });
    rig.write({ '../shim/helm': '#!/bin/sh\nexec wgcache wrap -- helm "$@"\n' });
    const env = { PATH: `${rig.base}/shim:${rig.env.PATH}` };
    const run = () => rig.task(['all', 'WRAP='], { env });
    const cold = await run();
    expect(cold.exit, cold.stderr).toBe(0);
    const made = rig.meaning();
    await run(); // only now Helm says that a repository is there already
    const warm = await run();
    expect(rig.meaning()).toEqual(made);
    expect(lines(warm)).toEqual(
      lines(cold)
        .map((line) =>
          line.replace('has been added to your repositories', 'already exists with the same configuration, skipping'),
        )
        .sort(),
    );
    // Four repositories' steps and 19 on charts; the logout is never cached.
    expect(outcomes(warm)).toEqual({ fresh: 19, restored: 4, bypass: 1 });
  });

  test('wrap around a task that wraps inside: described or not, it ends', async () => {
    const rig = await Rig.open({ loopback: loopback() });
    const inner = await rig.wgcache(['wrap', '--', 'task', 'all']);
    expect(inner.exit).toBe(0);
    expect(inner.told.at(-1)).toMatchObject({ outcome: 'bypass', label: 'task all' });
    const around = [
      '--input',
      'charts/*/{Chart.yaml,values.yaml}',
      '--input',
      'charts/*/templates/**',
      '--output',
      'release',
      '--env-mode',
      'loose',
    ];
    const outer = ['wrap', ...around, '--', 'task', 'chart-package-all'];
    const first = await rig.wgcache(outer);
    expect(first.exit, first.stderr).toBe(0);
    expect(first.told.at(-1)).toMatchObject({ outcome: 'miss', why: 'first run of this step' });
    const before = rig.meaning();
    rig.remove('release');
    const second = await rig.wgcache(outer);
    // What the inner steps said is part of the recorded output.
    expect(second.told.at(-1)).toMatchObject({ outcome: 'restored', label: 'task chart-package-all' });
    expect(rig.meaning()).toEqual(before);
  });

  test('wrap inside wrap of one and the same command', async () => {
    const rig = (await Rig.open()).write({
      input: '1',
      'inner.sh': '#!/bin/sh\nexec wgcache wrap --input input --output out -- ./make.sh\n',
      'make.sh': '#!/bin/sh\nmkdir -p out\necho x > out/x\n',
    });
    const ran = await rig.wgcache([
      'wrap',
      '--input',
      'input',
      '--output',
      'out',
      '--env-mode',
      'loose',
      '--',
      './inner.sh',
    ]);
    expect(ran.exit).toBe(0);
    expect(ran.told.map(({ outcome }) => outcome)).toEqual(['miss', 'miss']);
  });

  test('a script called helm that calls itself through wgcache', async () => {
    const rig = (await Rig.open()).write({ '../shim/helm': '#!/bin/sh\nexec wgcache wrap -- helm "$@"\n' });
    const env = { PATH: `${rig.base}/shim:${rig.base}/shim:${rig.env.PATH}` };
    const ran = await rig.bare([`${rig.base}/shim/helm`, 'version', '--short'], { env });
    expect(ran).toMatchObject({ exit: 0, told: [{ outcome: 'bypass' }] });
    expect(ran.stdout.toString()).toMatch(/^v3\.17\.3/);
    const only = await rig.bare([`${rig.base}/shim/helm`, 'version'], {
      env: { PATH: `${rig.base}/shim:${rig.base}/nothing:/usr/bin:/bin` },
    });
    expect(only.exit).toBe(127);
  });
});
