/** `helm dependency update` and `build` without network, corner by corner: a hit leaves and prints what Helm would have. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { likeBare } from './oracle.ts';
import { Rig } from './rig.ts';

const UPDATE = ['helm', 'dependency', 'update', 'charts/app'];
const BUILD = ['helm', 'dependency', 'build', 'charts/app'];

const LIB = 'dependencies:\n- {name: lib, version: "*", repository: "file://../lib"}\n';

/** `charts/app` depends on `charts/lib`; both lint. */
async function open(helm: 3 | 4, dependencies = LIB): Promise<Rig> {
  return (await Rig.open({ helm, knowsHelm: true })).chart('charts/lib').chart('charts/app', dependencies);
}

/** A packaged chart at this path. */
async function archive(rig: Rig, path: string, name: string, version = '0.1.0'): Promise<void> {
  rig.chart(`spare/${name}`, '', { 'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n` });
  await rig.bare(['helm', 'package', `spare/${name}`, '-d', 'spare']);
  await rig.bare(['mkdir', '-p', join(path, '..')]);
  await rig.bare(['mv', `spare/${name}-${version}.tgz`, path]);
  rig.remove('spare');
}

const BIG = 'x'.repeat(5 * 1024 * 1024 + 1);

interface Case {
  /** What happens between the first run and the second. */
  readonly change: (rig: Rig) => unknown;
  /** Outcome of the second run; `any` where only the result matters. */
  readonly second: 'fresh' | 'restored' | 'miss' | 'bypass' | 'any';
  /** Whether Helm fails the second time. */
  readonly fails?: boolean;
  readonly argv?: readonly string[];
}

const AFTER_UPDATE: Record<string, Case> = {
  nothing: { change: () => null, second: 'fresh' },
  'charts/ deleted': { change: (rig) => rig.remove('charts/app/charts'), second: 'restored' },
  'lock deleted': { change: (rig) => rig.remove('charts/app/Chart.lock'), second: 'restored' },
  'a stale archive': { change: (rig) => archive(rig, 'charts/app/charts/old-0.1.0.tgz', 'old'), second: 'restored' },
  'a stale version': { change: (rig) => archive(rig, 'charts/app/charts/lib-0.1.0.tgz', 'lib'), second: 'restored' },
  'other content under the right name': {
    change: (rig) => archive(rig, 'charts/app/charts/lib-1.0.0.tgz', 'lib', '1.0.0'),
    second: 'restored',
  },
  'a stale chart in a directory': { change: (rig) => rig.chart('charts/app/charts/old'), second: 'any' },
  'an archive with an underscore before it': {
    change: (rig) => archive(rig, 'charts/app/charts/_old-0.1.0.tgz', 'old'),
    second: 'any',
  },
  'an archive with a dot before it': {
    change: (rig) => archive(rig, 'charts/app/charts/.old-0.1.0.tgz', 'old'),
    second: 'any',
  },
  'an archive with another ending': {
    change: (rig) => archive(rig, 'charts/app/charts/old-0.1.0.tar.gz', 'old'),
    second: 'bypass',
    fails: true,
  },
  'a stale archive with its signature': {
    change: async (rig) => {
      await archive(rig, 'charts/app/charts/old-0.1.0.tgz', 'old');
      rig.write({ 'charts/app/charts/old-0.1.0.tgz.prov': 'signed\n' });
    },
    second: 'any',
  },
  'an archive that is none': {
    change: (rig) => rig.write({ 'charts/app/charts/bad-1.0.0.tgz': 'no' }),
    second: 'miss',
    fails: true,
  },
  'a damaged archive under the right name': {
    change: (rig) => rig.write({ 'charts/app/charts/lib-1.0.0.tgz': 'no' }),
    second: 'miss',
    fails: true,
  },
  'a text file in charts/': {
    change: (rig) => rig.write({ 'charts/app/charts/notes.txt': 'no' }),
    second: 'miss',
    fails: true,
  },
  'a file of the wrong name that is a chart': {
    change: (rig) => archive(rig, 'charts/app/charts/oddly.tgz', 'old'),
    second: 'restored',
  },
  'left-over tmpcharts': { change: (rig) => rig.write({ 'charts/app/tmpcharts-4242/x': 'x' }), second: 'any' },
  'a touched tree': { change: (rig) => rig.bare(['find', '.', '-exec', 'touch', '{}', '+']), second: 'fresh' },
  'own template edited': {
    change: (rig) => rig.write({ 'charts/app/templates/map.yaml': '{{ never }}' }),
    second: 'fresh',
  },
  'own template added': { change: (rig) => rig.write({ 'charts/app/templates/more.yaml': 'a: b\n' }), second: 'any' },
  'own values edited': {
    change: (rig) => rig.write({ 'charts/app/values.yaml': 'greeting: changed\n' }),
    second: 'any',
  },
  'own schema that is no JSON': { change: (rig) => rig.write({ 'charts/app/values.schema.json': '{' }), second: 'any' },
  'own values deleted': { change: (rig) => rig.remove('charts/app/values.yaml'), second: 'any' },
  'a line of Chart.yaml that decides nothing': {
    change: (rig) => rig.edit('charts/app/Chart.yaml', (text) => `${text}# c\n`),
    second: 'any',
  },
  'own version': {
    change: (rig) => rig.edit('charts/app/Chart.yaml', (text) => text.replace('1.0.0', '1.0.1')),
    second: 'any',
  },
  'template of the dependency edited': {
    change: (rig) => rig.edit('charts/lib/templates/map.yaml', (text) => `${text}# c\n`),
    second: 'miss',
  },
  'ignored file of the dependency': {
    change: (rig) => rig.write({ 'charts/lib/.helmignore': 'notes\n', 'charts/lib/notes': 'x' }),
    second: 'miss',
  },
  'file of the dependency executable': {
    change: (rig) => rig.bare(['chmod', '+x', 'charts/lib/values.yaml']),
    second: 'any',
  },
  'version of the dependency': {
    change: (rig) => rig.edit('charts/lib/Chart.yaml', (text) => text.replace('1.0.0', '1.2.0')),
    second: 'miss',
  },
  'the dependency has one of its own': { change: (rig) => rig.chart('charts/lib/charts/deep'), second: 'miss' },
  'the dependency gone': { change: (rig) => rig.remove('charts/lib'), second: 'miss', fails: true },
  'a template of the dependency as a link': {
    change: (rig) =>
      rig.write({ 'shared.yaml': 'a: b\n' }).link('charts/lib/templates/shared.yaml', '../../../shared.yaml'),
    second: 'miss',
  },
  'values.yaml that is no YAML': {
    change: (rig) => rig.write({ 'charts/app/values.yaml': 'a: [\n' }),
    second: 'miss',
    fails: true,
  },
  'values.yaml that is a list': {
    change: (rig) => rig.write({ 'charts/app/values.yaml': '- a\n' }),
    second: 'miss',
    fails: true,
  },
  'Chart.yaml that is no YAML': {
    change: (rig) => rig.write({ 'charts/app/Chart.yaml': 'a: [\n' }),
    second: 'bypass',
    fails: true,
  },
  'a file over 5 MiB': { change: (rig) => rig.write({ 'charts/app/big': BIG }), second: 'any' },
  'an ignored file over 5 MiB': {
    change: (rig) => rig.write({ 'charts/app/big': BIG, 'charts/app/.helmignore': 'big\n' }),
    second: 'any',
  },
  'a dangling link': { change: (rig) => rig.link('charts/app/link', 'nowhere'), second: 'miss', fails: true },
  'a link to a file': { change: (rig) => rig.link('charts/app/link', 'values.yaml'), second: 'any' },
  '** in .helmignore': {
    change: (rig) => rig.write({ 'charts/app/.helmignore': 'a/**\n' }),
    second: 'miss',
    fails: true,
  },
  'lock of another resolution': {
    change: (rig) => rig.edit('charts/app/Chart.lock', (text) => text.replace(/digest: .*/, 'digest: sha256:00')),
    second: 'restored',
  },
  'lock with the right digest and a wrong list': {
    change: (rig) => rig.edit('charts/app/Chart.lock', (text) => text.replace('version: 1.0.0', 'version: 9.9.9')),
    second: 'fresh',
  },
  'lock that is no YAML': {
    change: (rig) => rig.write({ 'charts/app/Chart.lock': 'a: [\n' }),
    second: 'miss',
    fails: true,
  },
  'lock empty': { change: (rig) => rig.write({ 'charts/app/Chart.lock': '' }), second: 'any' },
  'a condition': {
    change: (rig) =>
      rig.edit('charts/app/Chart.yaml', (text) => text.replace('lib, ', 'lib, condition: lib.enabled, ')),
    second: 'miss',
  },
  'an alias': {
    change: (rig) => rig.edit('charts/app/Chart.yaml', (text) => text.replace('lib, ', 'lib, alias: other, ')),
    second: 'miss',
  },
  'a range that fits': {
    change: (rig) => rig.edit('charts/app/Chart.yaml', (text) => text.replace('"*"', '"^1.0.0"')),
    second: 'miss',
  },
  'a range that does not fit': {
    change: (rig) => rig.edit('charts/app/Chart.yaml', (text) => text.replace('"*"', '"^2.0.0"')),
    second: 'miss',
    fails: true,
  },
  'no dependencies any more': {
    change: (rig) => rig.edit('charts/app/Chart.yaml', (text) => text.replace(LIB, '')),
    second: 'miss',
  },
  'the same by another path': {
    change: () => null,
    second: 'fresh',
    argv: ['helm', 'dep', 'up', './charts/../charts/app/'],
  },
  'the same by its whole path': {
    change: () => null,
    second: 'fresh',
    argv: [...UPDATE.slice(0, 3), '(root)/charts/app'],
  },
  'through a link to the chart': {
    change: (rig) => rig.link('charts/linked', 'app'),
    second: 'any',
    argv: ['helm', 'dep', 'update', 'charts/linked'],
  },
  'an archive is a link': {
    change: (rig) =>
      rig.bare(['sh', '-c', 'cd charts/app/charts && mv lib-1.0.0.tgz ../../kept && ln -s ../../kept lib-1.0.0.tgz']),
    second: 'any',
  },
  'the lock is a link': {
    change: (rig) =>
      rig.bare(['sh', '-c', 'cd charts/app && mkdir ../kept && mv Chart.lock ../kept/ && ln -s ../kept/Chart.lock .']),
    second: 'any',
  },
  'the lock is a link, and out of date': {
    change: (rig) =>
      rig.bare([
        'sh',
        '-c',
        'cd charts/app && mkdir ../kept && echo "digest: x" > ../kept/Chart.lock && rm Chart.lock && ln -s ../kept/Chart.lock Chart.lock',
      ]),
    second: 'any',
  },
  'values.yaml is a link': {
    change: (rig) => rig.bare(['sh', '-c', 'cd charts/app && mv values.yaml ../kept && ln -s ../kept values.yaml']),
    second: 'any',
  },
  'charts/ is a link': {
    change: (rig) =>
      rig.bare(['sh', '-c', 'mv charts/app/charts elsewhere && ln -s ../../elsewhere charts/app/charts']),
    second: 'any',
  },
};

async function second(
  rig: Rig,
  { change, second: wanted, fails = false, argv }: Case,
  command: readonly string[],
): Promise<void> {
  await change(rig);
  const ran = await likeBare(
    rig,
    (argv ?? command).map((word) => word.replace('(root)', rig.root)),
  );
  if (wanted === 'any') return;
  expect(ran.exit).toBe(fails ? 1 : 0);
  expect(ran.outcome).toMatchObject({ outcome: wanted });
}

describe.each([3, 4] as const)('helm %s', (helm) => {
  describe('between two updates', () => {
    let updated: Rig;
    beforeAll(async () => {
      updated = await open(helm);
      expect((await likeBare(updated, UPDATE)).outcome).toMatchObject({ outcome: 'miss', stored: true });
    });
    test.each(Object.keys(AFTER_UPDATE))('%s', async (name) => {
      await second(updated.copy(), AFTER_UPDATE[name]!, UPDATE);
    });
  });

  describe('a chart', () => {
    const charts: Record<string, (rig: Rig) => unknown> = {
      'with two aliases of one dependency': (rig) =>
        rig.chart(
          'charts/app',
          'dependencies:\n- {name: lib, version: "*", repository: "file://../lib", alias: a}\n- {name: lib, version: "*", repository: "file://../lib", alias: b}\n',
        ),
      'with a dependency outside the workspace': (rig) => {
        rig.chart('charts/app', 'dependencies:\n- {name: lib, version: "*", repository: "file://../../../outside"}\n');
        return rig.bare(['cp', '-r', 'charts/lib', join(rig.base, 'outside')]);
      },
      'with a dependency by its whole path': (rig) =>
        rig.chart(
          'charts/app',
          `dependencies:\n- {name: lib, version: "*", repository: "file://${rig.path('charts/lib')}"}\n`,
        ),
      'of apiVersion v1': (rig) =>
        rig
          .write({ 'charts/app/requirements.yaml': LIB })
          .write({ 'charts/app/Chart.yaml': 'apiVersion: v1\nname: app\nversion: 1.0.0\n' }),
      'with an unpacked dependency': (rig) =>
        rig.chart('charts/app', `${LIB}- {name: own, version: "^1", repository: ""}\n`).chart('charts/app/charts/own'),
      'with an unpacked dependency of another version': (rig) =>
        rig.chart('charts/app', `${LIB}- {name: own, version: "^2", repository: ""}\n`).chart('charts/app/charts/own'),
      'with an unpacked dependency that is missing': (rig) =>
        rig.chart('charts/app', `${LIB}- {name: own, version: "^2", repository: ""}\n`),
      'with an unpacked dependency that is packed': (rig) => {
        rig.chart('charts/app', `${LIB}- {name: own, version: "^0.1", repository: ""}\n`);
        return archive(rig, 'charts/app/charts/own-0.1.0.tgz', 'own');
      },
      'whose dependency has another name there': (rig) =>
        rig.chart('charts/app', 'dependencies:\n- {name: library, version: "*", repository: "file://../lib"}\n'),
      'that depends on one that depends on a third': (rig) =>
        rig
          .chart('charts/lib', 'dependencies:\n- {name: low, version: "*", repository: "file://../low"}\n')
          .chart('charts/low'),
      'with condition, tags, import-values and enabled': (rig) =>
        rig.chart(
          'charts/app',
          'dependencies:\n- name: lib\n  version: ">=1.0.0 <2"\n  repository: "file://../lib"\n  condition: lib.on,lib.enabled\n  tags: [a, "<b>"]\n  import-values: [data, {child: x, parent: y}]\n  enabled: true\n',
        ),
      'without dependencies': (rig) => rig.chart('charts/app', ''),
      'with an empty list of dependencies': (rig) => rig.chart('charts/app', 'dependencies: []\n'),
      'without dependencies but with archives in charts/': (rig) => {
        rig.chart('charts/app', '');
        return archive(rig, 'charts/app/charts/old-0.1.0.tgz', 'old');
      },
      'with a name of a repository nobody knows': (rig) =>
        rig.chart('charts/app', `${LIB}- {name: x, version: 1.0.0, repository: "@nobody"}\n`),
      'with a scheme nobody knows': (rig) =>
        rig.chart('charts/app', `${LIB}- {name: x, version: 1.0.0, repository: "s3://bucket"}\n`),
      'with an address nobody answers at': (rig) =>
        rig.chart('charts/app', `${LIB}- {name: x, version: 1.0.0, repository: "http://127.0.0.1:9/x"}\n`),
      'with a registry nobody answers at': (rig) =>
        rig.chart('charts/app', `${LIB}- {name: x, version: 1.0.0, repository: "oci://127.0.0.1:9/x"}\n`),
    };
    test.each(Object.keys(charts))('%s', async (name) => {
      const rig = await open(helm);
      await charts[name]!(rig);
      const first = await likeBare(rig, UPDATE, { anyOrder: true });
      const second = await likeBare(rig, UPDATE, { anyOrder: true });
      if (first.outcome.stored) expect(second.outcome.outcome).toBe('fresh');
      rig.remove('charts/app/charts/lib-1.0.0.tgz', 'charts/app/Chart.lock', 'charts/app/requirements.lock');
      const third = await likeBare(rig, UPDATE, { anyOrder: true });
      if (first.outcome.stored) expect(['fresh', 'restored']).toContain(third.outcome.outcome);
    });
  });

  describe('build', () => {
    const between: Record<string, Case> = {
      nothing: { change: () => null, second: 'fresh' },
      'charts/ deleted': { change: (rig) => rig.remove('charts/app/charts'), second: 'restored' },
      'a stale archive': {
        change: (rig) => archive(rig, 'charts/app/charts/old-0.1.0.tgz', 'old'),
        second: 'restored',
      },
      'Chart.yaml out of sync with the lock': {
        change: (rig) => rig.edit('charts/app/Chart.yaml', (text) => text.replace('"*"', '"^1"')),
        second: 'miss',
        fails: true,
      },
      'lock out of sync with Chart.yaml': {
        change: (rig) => rig.edit('charts/app/Chart.lock', (text) => text.replace(/digest: .*/, 'digest: sha256:00')),
        second: 'miss',
        fails: true,
      },
      'lock with the right digest and a wrong list': {
        change: (rig) => rig.edit('charts/app/Chart.lock', (text) => text.replace('version: 1.0.0', 'version: 9.9.9')),
        second: 'miss',
        fails: true,
      },
      'lock deleted': { change: (rig) => rig.remove('charts/app/Chart.lock'), second: 'miss' },
      'another time in the lock': {
        change: (rig) =>
          rig.edit('charts/app/Chart.lock', (text) =>
            text.replace(/generated: .*/, 'generated: "2026-01-01T00:00:00Z"'),
          ),
        second: 'fresh',
      },
      'dependency moved beyond the lock': {
        change: (rig) => rig.edit('charts/lib/Chart.yaml', (text) => text.replace('1.0.0', '1.2.0')),
        second: 'miss',
        fails: true,
      },
      'dependency edited': {
        change: (rig) => rig.edit('charts/lib/templates/map.yaml', (text) => `${text}# c\n`),
        second: 'miss',
      },
    };
    let built: Rig;
    beforeAll(async () => {
      built = await open(helm);
      await built.bare(UPDATE);
      built.remove('charts/app/charts');
      expect((await likeBare(built, BUILD)).outcome).toMatchObject({ outcome: 'miss', stored: true });
    });
    test.each(Object.keys(between))('%s', async (name) => {
      await second(built.copy(), between[name]!, BUILD);
    });
  });

  test('what an update made is not an input of the next one: from an empty, a full and a stale charts/ one key', async () => {
    const rig = await open(helm);
    const keys = new Set<string | null>();
    keys.add((await rig.wrap(UPDATE)).outcome.key);
    keys.add((await rig.wrap(UPDATE)).outcome.key);
    await archive(rig, 'charts/app/charts/old-0.1.0.tgz', 'old');
    keys.add((await rig.wrap(UPDATE)).outcome.key);
    rmSync(rig.path('charts/app/Chart.lock'));
    writeFileSync(rig.path('charts/app/Chart.lock'), 'dependencies: []\ndigest: sha256:1\n');
    keys.add((await rig.wrap(UPDATE)).outcome.key);
    expect(keys.size).toBe(1);
  });
});
