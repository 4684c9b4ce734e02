/** Chart.yaml, Chart.lock, charts/ and the targets of file://. */
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { CHARTS, change, type Edit, files, read, some } from './edit.ts';

export const CHART: Record<string, Edit> = {
  'Chart.lock: made executable': {
    apply: (world, random) => {
      const lock = `charts/${random.pick(['app', 'mid'])}/Chart.lock`;
      if (!world.has(lock)) return false;
      chmodSync(world.path(lock), 0o755);
    },
  },
  'Chart.lock of mid: no YAML': {
    apply: (world) => {
      world.write('charts/mid/Chart.lock', '[no: yaml\n');
      return () => rmSync(world.path('charts/mid/Chart.lock'), { force: true });
    },
  },
  'Chart.yaml: version': {
    apply: (world, random) =>
      change(world, `charts/${random.pick(CHARTS)}/Chart.yaml`, (text) =>
        text.replace(/^version: .*$/m, `version: ${1 + random.int(3)}.${random.int(5)}.0`),
      ),
  },
  'Chart.yaml: range': {
    apply: (world, random) =>
      change(world, 'charts/app/Chart.yaml', (text) =>
        text.replace(
          /(name: dep-one, version: )"[^"]*"/,
          `$1"${random.pick(['^1.0.0', '>=1.0.0', '1.0.0', '~1.1.0', '*'])}"`,
        ),
      ),
  },
  'Chart.yaml: exact version': {
    apply: (world, random) =>
      change(world, 'charts/app/Chart.yaml', (text) =>
        text.replace(/(name: dep-two, version: )[\d.]+/, `$1${random.pick(['1.0.0', '1.1.0', '2.0.0'])}`),
      ),
  },
  'Chart.yaml: alias': {
    apply: (world, random) =>
      change(world, 'charts/app/Chart.yaml', (text) =>
        text.replace(/alias: \w+/, `alias: ${random.pick(['far', 'away', 'out'])}`),
      ),
  },
  'Chart.yaml: order of dependencies': {
    apply: (world) =>
      change(world, 'charts/app/Chart.yaml', (text) =>
        text
          .replace(/^(- \{name: mid.*\n)(- \{name: outer.*\n)/m, '$2$1')
          .replace(/^(- \{name: outer.*\n)(- \{name: dep-one.*\n)/m, '$1$2'),
      ),
  },
  'Chart.yaml: a dependency gone or back': {
    apply: (world) =>
      change(world, 'charts/app/Chart.yaml', (text) =>
        text.includes('#- {name: dep-two')
          ? text.replace('#- {name: dep-two', '- {name: dep-two')
          : text.replace('- {name: dep-two', '#- {name: dep-two'),
      ),
  },
  'Chart.lock: deleted': {
    apply: (world, random) => {
      const lock = `charts/${random.pick(['app', 'mid'])}/Chart.lock`;
      if (!world.has(lock)) return false;
      rmSync(world.path(lock));
    },
  },
  'Chart.lock: another digest': {
    apply: (world, random) =>
      change(world, `charts/${random.pick(['app', 'mid'])}/Chart.lock`, (text) =>
        text.replace(/digest: sha256:\w{8}/, `digest: sha256:${random.int(89_999_999) + 10_000_000}`),
      ),
  },
  'Chart.lock: no YAML': {
    apply: (world, random) => {
      const lock = `charts/${random.pick(['app', 'mid'])}/Chart.lock`;
      if (!world.has(lock)) return false;
      const before = read(world, lock);
      world.write(lock, '[no: yaml\n');
      return () => {
        if (world.has(lock) && read(world, lock) === '[no: yaml\n') world.write(lock, before);
      };
    },
  },
  'Chart.lock: another version in it': {
    apply: (world) =>
      change(world, 'charts/app/Chart.lock', (text) => text.replace(/version: 1\.1\.0/, 'version: 1.0.0')),
  },
  'charts/: an archive gone': {
    apply: (world, random) => {
      const name = some(
        random,
        files(world, (file) => file.endsWith('.tgz')),
      );
      if (name === undefined) return false;
      rmSync(world.path(name));
    },
  },
  'charts/: all gone': {
    apply: (world, random) => {
      const dir = `charts/${random.pick(['mid', 'old'])}/charts`;
      if (!world.has(dir)) return false;
      rmSync(world.path(dir), { recursive: true });
    },
  },
  'charts/: a damaged archive': {
    apply: (world, random) => {
      const name = some(
        random,
        files(world, (file) => file.endsWith('.tgz')),
      );
      if (name === undefined) return false;
      const before = readFileSync(world.path(name));
      const damaged = random.pick([Buffer.from(''), Buffer.from('no archive'), before.subarray(0, 50)]);
      writeFileSync(world.path(name), damaged);
      world.accepted.damaged = true;
      return () => {
        world.accepted.damaged = false;
        if (world.has(name) && readFileSync(world.path(name)).equals(damaged)) writeFileSync(world.path(name), before);
      };
    },
  },
  'charts/: an archive under another name': {
    apply: (world, random) => {
      const name = some(
        random,
        files(world, (file) => file.endsWith('.tgz')),
      );
      if (name === undefined) return false;
      writeFileSync(
        world.path(name.replace(/[^/]+$/, `stale-${random.int(9)}.0.0.tgz`)),
        readFileSync(world.path(name)),
      );
    },
  },
  'charts/: a strange file': {
    apply: (world, random) => {
      const name = `charts/${random.pick(['app', 'mid'])}/charts/${random.pick(['notes.txt', '_hidden', '.dot'])}`;
      world.write(name, 'x\n');
      return () => rmSync(world.path(name), { force: true });
    },
  },
  'charts/: an unpacked chart edited': {
    apply: (world, random) => change(world, 'charts/app/charts/inside/values.yaml', () => `a: ${random.word()}\n`),
  },
  'file:// target: template edited, same version': {
    apply: (world, random) => change(world, 'shared/outer/templates/map.yaml', (text) => `${text}# ${random.word()}\n`),
  },
  'file:// target: version': {
    apply: (world, random) =>
      change(world, 'shared/outer/Chart.yaml', (text) =>
        text.replace(/version: .*/, `version: 3.${random.int(9)}.${random.int(9)}`),
      ),
  },
  'file:// target: its own charts/': {
    apply: (world, random) =>
      world.write('shared/outer/charts/sub/Chart.yaml', `apiVersion: v2\nname: sub\nversion: 0.0.${random.int(9)}\n`),
  },
  'file:// target of a target': {
    apply: (world, random) =>
      change(world, 'charts/lib/templates/_help.tpl', (text) => text.replace(/w\w+/, random.word())),
  },
};
