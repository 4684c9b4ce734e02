/**
 * Everything that happens between two steps. An edit says what it is to a cache: `harmless` ones change no result of any step, so a step
 * that was a hit or was stored must hit again; of the others only the result counts.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Random } from './random.ts';
import type { World } from './world.ts';

type Applied = boolean | void | (() => void);

export interface Edit {
  readonly harmless?: true;
  /** Steps (by id) to which it is not. */
  readonly except?: RegExp;
  /** @returns false: there was nothing to do it to; a function: takes it back after the step, since nothing works as long as it lasts */
  apply(world: World, random: Random): Applied | Promise<Applied>;
}

const CHARTS = ['app', 'mid', 'lib', 'old', 'full'] as const;

/** Regular files of the charts and of what they share. */
function files(world: World, fits: (name: string) => boolean = () => true): string[] {
  const found: string[] = [];
  const walk = (dir: string): void => {
    for (const entry of readdirSync(world.path(dir), { withFileTypes: true })) {
      const name = `${dir}/${entry.name}`;
      if (entry.isDirectory()) walk(name);
      else if (entry.isFile() && fits(name)) found.push(name);
    }
  };
  for (const dir of ['charts', 'shared']) if (existsSync(world.path(dir))) walk(dir);
  return found.sort();
}

const isText = (name: string): boolean => !name.endsWith('.tgz');
const isTemplate = (name: string): boolean => /\/templates\/.*\.yaml$/.test(name);
const read = (world: World, name: string): string => readFileSync(world.path(name), 'utf8');

/** Changes a text, or says there was nothing to change. */
function change(world: World, name: string | undefined, how: (text: string) => string): boolean {
  if (name === undefined || !world.has(name) || !statSync(world.path(name)).isFile()) return false;
  const before = read(world, name);
  const after = how(before);
  if (after === before) return false;
  writeFileSync(world.path(name), after);
  return true;
}

const some = <T>(random: Random, items: readonly T[]): T | undefined =>
  items.length === 0 ? undefined : random.pick(items);

/** A file gets another byte, as long as before, and its old time. */
function sameSize(world: World, name: string | undefined): boolean {
  if (name === undefined) return false;
  const { atime, mtime } = statSync(world.path(name));
  const done = change(world, name, (text) =>
    text.replace(/[b-y](?=[^a-zA-Z]*$)/, (char) => String.fromCharCode(char.charCodeAt(0) + 1)),
  );
  if (done) utimesSync(world.path(name), atime, mtime);
  return done;
}

const content: Record<string, Edit> = {
  'template: a line more': {
    apply: (world, random) =>
      change(world, some(random, files(world, isTemplate)), (text) => `${text}# ${random.word()}\n`),
  },
  'values: another value': {
    apply: (world, random) =>
      change(world, `charts/${random.pick(CHARTS)}/values.yaml`, (text) =>
        text.replace(/^(a|l): .*$/m, `$1: ${random.word()}`),
      ),
  },
  'values file of the command line': {
    apply: (world, random) => change(world, 'more.yaml', () => `a: ${random.word()}\n`),
  },
  'any file: same size, time put back': {
    apply: (world, random) => sameSize(world, some(random, files(world, isText))),
  },
  'any file: renamed': {
    apply: (world, random) => {
      const name = some(
        random,
        files(world, (file) => isTemplate(file) || file.includes('/files/') || file.endsWith('README.md')),
      );
      if (name === undefined) return false;
      renameSync(world.path(name), world.path(name.replace(/([^/]+)$/, `${random.word()}-$1`)));
    },
  },
  'two files swapped': {
    apply: (world, random) => {
      const [one, two] = [some(random, files(world, isTemplate)), some(random, files(world, isTemplate))];
      if (one === undefined || two === undefined || one === two) return false;
      renameSync(world.path(one), world.path('swap'));
      renameSync(world.path(two), world.path(one));
      renameSync(world.path('swap'), world.path(two));
    },
  },
  'a template deleted': {
    apply: (world, random) => {
      const all = files(world, isTemplate);
      const name = some(random, all);
      if (name === undefined || all.length < 6) return false;
      rmSync(world.path(name));
    },
  },
  'a template added': {
    apply: (world, random) =>
      world.write(
        `charts/${random.pick(CHARTS)}/templates/${random.word()}.yaml`,
        `x: {{ .Values.a }} ${random.word()}\n`,
      ),
  },
  'exec bit': {
    apply: (world, random) => {
      const name = some(random, files(world, isText));
      if (name === undefined) return false;
      chmodSync(world.path(name), statSync(world.path(name)).mode & 0o100 ? 0o644 : 0o755);
    },
  },
  'a link: another target': {
    apply: (world, random) => {
      const link = 'charts/full/templates/part.yaml';
      if (!isLink(world, link)) return false;
      const target = random.pick(['../../../shared/part.yaml', '../../../more.yaml', '../../mid/templates/map.yaml']);
      if (readlinkSync(world.path(link)) === target) return false;
      rmSync(world.path(link));
      symlinkSync(target, world.path(link));
    },
  },
  'a link to nowhere': {
    apply: (world) => {
      symlinkSync('nowhere', world.path('charts/full/dangling'));
      return () => rmSync(world.path('charts/full/dangling'), { force: true });
    },
  },
  'a file becomes a link to its content': {
    apply: (world, random) => {
      const name = some(random, files(world, isTemplate));
      if (name === undefined) return false;
      const aside = `shared/${random.word()}.yaml`;
      renameSync(world.path(name), world.path(aside));
      symlinkSync(relative(dirname(world.path(name)), world.path(aside)), world.path(name));
    },
  },
  'a file becomes a directory, or back': {
    apply: (world) => {
      const path = world.path('charts/full/files/data.txt');
      const was = lstatSync(path, { throwIfNoEntry: false });
      rmSync(path, { recursive: true, force: true });
      if (was?.isFile() === true) {
        mkdirSync(path);
        writeFileSync(join(path, 'inner.txt'), 'i\n');
      } else writeFileSync(path, 'data\n');
    },
  },
  'data a template reads': {
    apply: (world, random) => change(world, 'charts/full/files/data.txt', () => `${random.word()}\n`),
  },
  'the schema refuses': {
    apply: (world) =>
      change(world, 'charts/full/values.schema.json', (text) => text.replace('"string"', '"number"')) &&
      back(world, 'charts/full/values.schema.json', (text) => text.replace('"number"', '"string"')),
  },
  'the schema': {
    apply: (world, random) =>
      change(world, 'charts/full/values.schema.json', (text) =>
        text.replace(/"title":"\w+",|^\{/, `{"title":"${random.word()}",`).replace('{{', '{'),
      ),
  },
  '.helmignore': {
    apply: (world, random) =>
      world.write(
        `charts/${random.pick(['app', 'full', 'mid'])}/.helmignore`,
        random.pick(['*.swp\nignored/\n', 'templates/map.yaml\n', 'README.md\n', 'files\n', '# nothing\n']),
      ),
  },
  'a crd': {
    apply: (world, random) => change(world, 'charts/full/crds/crd.yaml', (text) => `${text}# ${random.word()}\n`),
  },
  'values.yaml no YAML': {
    apply: (world, random) => {
      const name = `charts/${random.pick(['mid', 'full', 'old', 'app'])}/values.yaml`;
      return (
        change(world, name, (text) => `[broken\n${text}`) && back(world, name, (text) => text.replace('[broken\n', ''))
      );
    },
  },
  'a file over 5 MiB': {
    apply: (world, random) => {
      const name = `charts/${random.pick(['mid', 'full', 'old', 'app'])}/big.bin`;
      world.write(name, 'x'.repeat(5 * 1024 * 1024 + 1));
      return () => rmSync(world.path(name), { force: true });
    },
  },
};

const chartFiles: Record<string, Edit> = {
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

const upstream: Record<string, Edit> = {
  'index: a new version in range': {
    apply: async ({ upstream: up }, random) => up.publish('one', 'dep-one', `1.${2 + random.int(5)}.${random.int(5)}`),
  },
  'index: a new version out of range': {
    apply: async ({ upstream: up }, random) => up.publish('one', 'dep-one', `${5 + random.int(4)}.0.0`),
  },
  'index: a version published again': {
    apply: async (world, random) => {
      const repository = random.pick(['one', 'two'] as const);
      const { name, version, edition } = random.pick(world.upstream.entries[repository]);
      await world.upstream.publish(repository, name, version, { edition: (edition + 1) % 7 });
      world.accepted.behindIndex = true;
    },
  },
  'index: an entry without digest': {
    apply: async ({ upstream: up }, random) => {
      const { name, version, edition, listedDigest } = random.pick(up.entries.two);
      await up.publish('two', name, version, { edition, digest: !listedDigest });
    },
  },
  'index: other order': {
    apply: ({ upstream: up }, random) => {
      up.entries[random.pick(['one', 'two'] as const)].reverse();
      up.list();
    },
  },
  'a repository lost': {
    apply: ({ upstream: up }, random) => {
      up.lose(random.pick(['one', 'two'] as const));
      return () => up.list();
    },
  },
  'the network down': {
    apply: ({ upstream: up }) => {
      up.down = true;
      return () => {
        up.down = false;
      };
    },
  },
  'an OCI tag moved': { apply: async ({ upstream: up }, random) => up.push('1.0.0', random.int(5)) },
  'a cached index deleted': {
    apply: (world, random) => {
      const file = join(world.machine('a'), `home/helm/cache/repository/${random.pick(['one', 'two'])}-index.yaml`);
      if (!existsSync(file)) return false;
      const before = readFileSync(file);
      rmSync(file);
      return () => (existsSync(file) ? undefined : writeFileSync(file, before));
    },
  },
  'a cached index damaged': {
    apply: (world, random) => {
      const file = join(world.machine('a'), `home/helm/cache/repository/${random.pick(['one', 'two'])}-index.yaml`);
      if (!existsSync(file)) return false;
      const before = readFileSync(file);
      const damaged = Buffer.from(random.pick(['', 'not: [yaml\n', before.toString('utf8').slice(0, 90)]));
      writeFileSync(file, damaged);
      return () => (existsSync(file) && readFileSync(file).equals(damaged) ? writeFileSync(file, before) : undefined);
    },
  },
};

const machine: Record<string, Edit> = {
  'another build of helm': {
    apply: (world) => {
      if (world.builds < 2) return false;
      world.useBuild(world.build + 1);
    },
  },
  'a shim before helm': {
    apply: (world) => {
      const dir = join(world.machine('a'), 'early');
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, 'helm'), '#!/bin/sh\necho shim >&2\nexec "${0%/*}/../bin/helm" "$@"\n');
      chmodSync(join(dir, 'helm'), 0o755);
      return forNow(world, 'PATH', '(machine)/early');
    },
  },
  'another helm first on PATH': {
    apply: (world) => {
      if (world.builds < 2) return false;
      const dir = join(world.machine('a'), 'other');
      mkdirSync(dir, { recursive: true });
      rmSync(join(dir, 'helm'), { force: true });
      symlinkSync(world.helmFile(world.build + 1), join(dir, 'helm'));
      return forNow(world, 'PATH', '(machine)/other');
    },
  },
  HELM_NAMESPACE: { apply: (world, random) => toggle(world, 'HELM_NAMESPACE', random.pick(['here', 'there'])) },
  'a context in the kubeconfig': {
    apply: (world, random) => {
      const ns = random.pick(['blue', 'red', '']);
      writeFileSync(
        join(world.machine('a'), 'home/kubeconfig'),
        `apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- name: c\n  context: {cluster: c, user: u${ns === '' ? '' : `, namespace: ${ns}`}}\nclusters:\n- {name: c, cluster: {server: "https://127.0.0.1:9"}}\nusers:\n- {name: u, user: {}}\n`,
      );
    },
  },
  HELM_DEBUG: { apply: (world) => forNow(world, 'HELM_DEBUG', '1') },
  'HELM_CACHE_HOME elsewhere': { apply: (world) => forNow(world, 'HELM_CACHE_HOME', '(machine)/home/other-cache') },
  'HELM_REPOSITORY_CONFIG elsewhere': {
    apply: (world) => forNow(world, 'HELM_REPOSITORY_CONFIG', '(machine)/home/other.yaml'),
  },
  umask: {
    apply: (world) => {
      world.umask = 0o077;
      return () => {
        world.umask = 0o022;
      };
    },
  },
  SOURCE_DATE_EPOCH: { apply: (world) => toggle(world, 'SOURCE_DATE_EPOCH', '1700000000') },
  'a broken helm plugin': {
    apply: (world) => {
      const dir = join(world.machine('a'), 'home/helm/data/plugins/p');
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, 'plugin.yaml'), 'name: [broken\n');
      return () => rmSync(join(world.machine('a'), 'home/helm/data/plugins'), { recursive: true, force: true });
    },
  },
};

const harmless: Record<string, Edit> = {
  nothing: { harmless: true, apply: () => undefined },
  'touch of everything': {
    harmless: true,
    apply: (world) => {
      const now = new Date();
      for (const name of files(world)) utimesSync(world.path(name), now, now);
    },
  },
  'the clock moved back': {
    harmless: true,
    apply: (world) => {
      const then = new Date('2021-01-01T00:00:00Z');
      for (const name of files(world)) utimesSync(world.path(name), then, then);
    },
  },
  'every file written anew': {
    harmless: true,
    apply: (world) => {
      for (const name of files(world)) {
        const { mode } = statSync(world.path(name));
        const bytes = readFileSync(world.path(name));
        rmSync(world.path(name));
        writeFileSync(world.path(name), bytes, { mode });
        chmodSync(world.path(name), mode);
      }
    },
  },
  'cloned anew elsewhere': { harmless: true, apply: (world) => world.move(true) },
  'moved elsewhere': { harmless: true, apply: (world) => world.move(false) },
  TZ: { harmless: true, apply: (world) => toggle(world, 'TZ', 'Asia/Tokyo') },
  locale: { harmless: true, apply: (world) => toggle(world, 'LANG', 'de_DE.UTF-8') },
  'a variable of nobody': { harmless: true, apply: (world, random) => toggle(world, 'NOBODY', random.word()) },
  'PATH: an empty directory first': {
    harmless: true,
    apply: (world) => {
      mkdirSync(join(world.machine('a'), 'empty'), { recursive: true });
      return toggle(world, 'PATH', '(machine)/empty');
    },
  },
  'a file beside the charts': { harmless: true, apply: (world, random) => world.write(`${random.word()}.txt`, 'x') },
  'index: unrelated churn': {
    harmless: true,
    except: /^repo update/, // its outputs are the indexes themselves
    apply: ({ upstream: up }) => {
      up.churn++;
      up.list();
    },
  },
  'an ignored file': {
    harmless: true,
    apply: (world, random) => {
      if (!world.has('charts/app/.helmignore') || !read(world, 'charts/app/.helmignore').includes('*.swp'))
        return false;
      world.write(`charts/app/${random.word()}.swp`, 'x');
    },
  },
};

function toggle(world: World, name: string, value: string): boolean {
  if (world.env[name] === undefined) world.env[name] = value;
  else delete world.env[name];
  return true;
}

/** For one step. */
function forNow(world: World, name: string, value: string): Applied {
  const before = world.env[name];
  world.env[name] = value;
  return () => {
    if (before === undefined) delete world.env[name];
    else world.env[name] = before;
  };
}

function back(world: World, name: string, how: (text: string) => string): Applied {
  return () => void change(world, name, how);
}

function isLink(world: World, name: string): boolean {
  return lstatSync(world.path(name), { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

export const EDITS: Readonly<Record<string, Edit>> = {
  ...content,
  ...chartFiles,
  ...upstream,
  ...machine,
  ...harmless,
};
