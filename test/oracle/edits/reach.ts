/** What lies further away: outside the workspace, behind links, in other homes, in ranges of tags; and charts of odder shapes. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';
import { back, change, type Edit, files, isLink, read, some, toggle } from './edit.ts';

const outside = (world: World, ...names: string[]): string => join(world.machine('a'), 'outside', ...names);
const archive = (world: World, random: Random): string | undefined =>
  some(
    random,
    files(world, (file) => /\/charts\/[^/]+\.tgz$/.test(file)),
  );

function changeAt(path: string, how: (text: string) => string): boolean {
  if (!existsSync(path)) return false;
  const before = readFileSync(path, 'utf8');
  const after = how(before);
  if (after !== before) writeFileSync(path, after);
  return after !== before;
}

export const REACH: Record<string, Edit> = {
  'outside: a template edited, same version': {
    apply: (world, random) =>
      changeAt(outside(world, 'ext/templates/map.yaml'), (text) => text.replace(/# .*/, `# ${random.word()}`)),
  },
  'outside: version': {
    apply: (world, random) =>
      changeAt(outside(world, 'ext/Chart.yaml'), (text) =>
        text.replace(/version: .*/, `version: 7.${random.int(9)}.0`),
      ),
  },
  'outside: its own charts/': {
    apply: (world, random) => {
      const dir = outside(world, 'ext/charts/deep');
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, 'Chart.yaml'), `apiVersion: v2\nname: deep\nversion: 0.0.${random.int(9)}\n`);
    },
  },
  'outside: gone': {
    apply: (world) => {
      renameSync(outside(world, 'ext'), outside(world, 'away'));
      return () => renameSync(outside(world, 'away'), outside(world, 'ext'));
    },
  },
  'outside: reached through a link': {
    apply: (world) => {
      const path = outside(world, 'ext');
      if (lstatSync(path).isSymbolicLink()) {
        rmSync(path);
        renameSync(outside(world, 'real'), path);
      } else {
        renameSync(path, outside(world, 'real'));
        symlinkSync('real', path);
      }
    },
  },
  'an OCI tag more in range': { apply: async ({ upstream: up }, random) => up.push(`1.0.${1 + random.int(2)}`, 0) },
  'an OCI tag moved that a range takes': {
    apply: async ({ upstream: up }, random) => up.push(`1.0.${1 + random.int(2)}`, 1 + random.int(3)),
  },
  'a repository has moved': {
    apply: (world) =>
      changeAt(join(world.machine('a'), 'home/helm/config/repositories.yaml'), (text) =>
        text.includes('//localhost')
          ? text.replace('//localhost', '//127.0.0.1')
          : text.replace('//127.0.0.1', '//localhost'),
      ),
  },
  'a repository forgotten': {
    apply: (world) => {
      const file = join(world.machine('a'), 'home/helm/config/repositories.yaml');
      if (!existsSync(file)) return false;
      const before = readFileSync(file);
      rmSync(file);
      return () => writeFileSync(file, before);
    },
  },
  'an unrelated repository without index': {
    apply: (world) => {
      const file = join(world.machine('a'), 'home/helm/config/repositories.yaml');
      const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
      if (!before.includes('repositories:\n')) return false;
      writeFileSync(
        file,
        before.replace('repositories:\n', 'repositories:\n- {name: third, url: "http://127.0.0.1:9/x"}\n'),
      );
      return () => writeFileSync(file, before);
    },
  },
  'HOME elsewhere': { harmless: true, apply: (world) => toggle(world, 'HOME', '(machine)/nobody') },
  XDG_CACHE_HOME: { harmless: true, apply: (world) => toggle(world, 'XDG_CACHE_HOME', '(machine)/xdg') },
  XDG_CONFIG_HOME: { harmless: true, apply: (world) => toggle(world, 'XDG_CONFIG_HOME', '(machine)/xdg') },
  XDG_DATA_HOME: { harmless: true, apply: (world) => toggle(world, 'XDG_DATA_HOME', '(machine)/xdg') },
  'HELM_REPOSITORY_CACHE, where it is anyway': {
    harmless: true,
    apply: (world) => toggle(world, 'HELM_REPOSITORY_CACHE', '(machine)/home/helm/cache/repository'),
  },
  'a comment in the kubeconfig': {
    harmless: true,
    apply: (world, random) =>
      changeAt(join(world.machine('a'), 'home/kubeconfig'), (text) => `${text}# ${random.word()}\n`),
  },
  'HELM_KUBECONTEXT of a context that is not there': {
    apply: (world) => toggle(world, 'HELM_KUBECONTEXT', 'nowhere'),
  },
  'charts/: an archive unpacked beside itself': {
    apply: (world, random) => {
      const name = archive(world, random);
      if (name === undefined || !unpack(world, name)) return false;
    },
  },
  'charts/: an archive unpacked in its place': {
    apply: (world, random) => {
      const name = archive(world, random);
      if (name === undefined || !unpack(world, name)) return false;
      rmSync(world.path(name));
    },
  },
  'charts/: a chart unpacked removed': {
    apply: (world, random) => {
      const dirs = ['app', 'mid', 'old', 'reach'].flatMap((chart) =>
        world.has(`charts/${chart}/charts`)
          ? readdirSync(world.path(`charts/${chart}/charts`), { withFileTypes: true })
              .filter((entry) => entry.isDirectory() && entry.name !== 'inside')
              .map((entry) => `charts/${chart}/charts/${entry.name}`)
          : [],
      );
      const dir = some(random, dirs);
      if (dir === undefined) return false;
      rmSync(world.path(dir), { recursive: true });
    },
  },
  'charts/: an older archive put back': { apply: (world, random) => keepOrPutBack(world, archive(world, random)) },
  'Chart.lock: an older one put back': {
    apply: (world, random) => keepOrPutBack(world, `charts/${random.pick(['app', 'reach', 'mid'])}/Chart.lock`),
  },
  'a template asks for the time': {
    apply: (world, random) => {
      const name = `charts/${random.pick(['full', 'reach'])}/templates/${random.word()}-t.yaml`;
      world.write(name, 'x: {{ now | date "2006" | quote }}\n');
      world.volatile = name.split('/')[1]!;
      return () => {
        rmSync(world.path(name), { force: true });
        world.volatile = null;
      };
    },
  },
  'a value asks for the time': {
    apply: (world) => {
      if (
        !change(world, 'charts/reach/values.yaml', (text) =>
          text.replace('text: plain', `text: '{{ now | date "2006" }}'`),
        )
      )
        return false;
      world.volatile = 'reach';
      return () => {
        change(world, 'charts/reach/values.yaml', (text) => text.replace(/text: .*/, 'text: plain'));
        world.volatile = null;
      };
    },
  },
  'a condition switched': {
    apply: (world) =>
      change(world, 'charts/reach/values.yaml', (text) =>
        text.includes('enabled: true')
          ? text.replace('enabled: true', 'enabled: false')
          : text.replace('enabled: false', 'enabled: true'),
      ),
  },
  'a library, or not': {
    apply: (world) =>
      changeAt(outside(world, 'ext/Chart.yaml'), (text) =>
        text.includes('type: library') ? text.replace('type: library\n', '') : `${text}type: library\n`,
      ),
  },
  'kubeVersion that nothing fits': {
    apply: (world) =>
      change(world, 'charts/full/Chart.yaml', (text) => `${text}kubeVersion: ">=9.0.0"\n`) &&
      back(world, 'charts/full/Chart.yaml', (text) => text.replace('kubeVersion: ">=9.0.0"\n', '')),
  },
  'Chart.yaml: a comment': {
    apply: (world, random) =>
      change(
        world,
        `charts/${random.pick(['full', 'reach', 'mid'])}/Chart.yaml`,
        (text) => `${text}# ${random.word()}\n`,
      ),
  },
  'Chart.yaml is a link': {
    apply: (world) => {
      const name = 'charts/full/Chart.yaml';
      if (isLink(world, name)) return false;
      renameSync(world.path(name), world.path('shared/full-chart.yaml'));
      symlinkSync('../../shared/full-chart.yaml', world.path(name));
      return () => {
        rmSync(world.path(name));
        renameSync(world.path('shared/full-chart.yaml'), world.path(name));
      };
    },
  },
  'a chart is a link': {
    apply: (world, random) => {
      const name = `charts/${random.pick(['full', 'mid'])}`;
      const aside = `shared/${name.replace('/', '-')}`;
      if (isLink(world, name)) return false;
      renameSync(world.path(name), world.path(aside));
      symlinkSync(`../${aside}`, world.path(name));
      return () => {
        rmSync(world.path(name));
        renameSync(world.path(aside), world.path(name));
      };
    },
  },
  'a link to a directory of templates': {
    apply: (world) => {
      const name = 'charts/full/templates/more';
      if (isLink(world, name)) return false;
      world.write('shared/more/extra.yaml', 'extra: {{ .Values.n }}\n');
      symlinkSync('../../../shared/more', world.path(name));
    },
  },
  'a file behind a link': {
    apply: (world, random) =>
      world.has('shared/more/extra.yaml')
        ? world.write('shared/more/extra.yaml', `extra: {{ .Values.n }} ${random.word()}\n`)
        : change(world, 'shared/part.yaml', (text) => `${text}# ${random.word()}\n`),
  },
  'a template whose name begins with a dot': {
    apply: (world, random) => world.write('charts/full/templates/.hidden.yaml', `x: ${random.word()}\n`),
  },
  '.helmignore that leaves all others out': {
    apply: (world) => {
      const before = world.has('charts/full/.helmignore') ? read(world, 'charts/full/.helmignore') : '';
      world.write('charts/full/.helmignore', '!values.yaml\n');
      return () => world.write('charts/full/.helmignore', before);
    },
  },
  'a tmpcharts of nobody': {
    apply: (world) => {
      world.write('charts/mid/tmpcharts-77/x.txt', 'x\n');
      return () => rmSync(world.path('charts/mid/tmpcharts-77'), { recursive: true, force: true });
    },
  },
  'a sub-chart with a schema that refuses': {
    apply: (world) => {
      world.write('charts/app/charts/inside/values.schema.json', '{"required":["missing"]}\n');
      return () => rmSync(world.path('charts/app/charts/inside/values.schema.json'), { force: true });
    },
  },
  'values with a byte order mark': {
    apply: (world) =>
      change(world, 'charts/full/values.yaml', (text) => (text.startsWith('\ufeff') ? text.slice(1) : `\ufeff${text}`)),
  },
  'values.yaml in other words': {
    apply: (world) => change(world, 'charts/mid/values.yaml', (text) => text.replace(/^a: (\w+)$/m, 'a:   "$1"')),
  },
  'requirements.yaml in a chart of apiVersion v2': {
    apply: (world) => {
      world.write('charts/mid/requirements.yaml', 'dependencies: []\n');
      return () => rmSync(world.path('charts/mid/requirements.yaml'), { force: true });
    },
  },
};

/** The archive as a directory in charts/. */
function unpack(world: World, name: string): boolean {
  try {
    execFileSync('tar', ['-xzf', world.path(name), '-C', dirname(world.path(name))], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // damaged
  }
}

/** The first time a file is kept aside, the next time what was kept takes its place. */
function keepOrPutBack(world: World, name: string | undefined): boolean {
  if (name === undefined || !world.has(name)) return false;
  const aside = join(world.machine('a'), 'kept', name.replaceAll('/', '+'));
  if (!existsSync(aside)) {
    mkdirSync(dirname(aside), { recursive: true });
    writeFileSync(aside, readFileSync(world.path(name)));
    return false;
  }
  const bytes = readFileSync(aside);
  if (bytes.equals(readFileSync(world.path(name)))) return false;
  writeFileSync(world.path(name), bytes);
  rmSync(aside);
  return true;
}
