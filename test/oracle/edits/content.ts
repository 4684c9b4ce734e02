/** What files say and are. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { back, CHARTS, change, type Edit, files, isLink, isTemplate, isText, read, sameSize, some } from './edit.ts';

export const CONTENT: Record<string, Edit> = {
  'full: a template added': {
    apply: (world, random) => world.write(`charts/full/templates/${random.word()}.yaml`, `x: ${random.word()}\n`),
  },
  'full: same size, time put back': { apply: (world) => sameSize(world, 'charts/full/templates/map.yaml') },
  'README grows over 5 MiB': {
    apply: (world) => {
      world.write('charts/mid/README.md', 'x'.repeat(5 * 1024 * 1024 + 1));
      return () => world.write('charts/mid/README.md', 'short\n');
    },
  },
  'an output spoilt': {
    apply: (world, random) => {
      const out = existsSync(world.path('out')) ? readdirSync(world.path('out')).sort() : [];
      const name = some(
        random,
        out.filter((file) => file.endsWith('.tgz')),
      );
      if (name === undefined) return false;
      writeFileSync(world.path('out', name), 'spoilt');
    },
  },
  'an output gone': {
    apply: (world, random) => {
      const name = random.pick(['out', 'rendered', 'made']);
      if (!world.has(name)) return false;
      rmSync(world.path(name), { recursive: true });
    },
  },
  'a described input made executable': {
    apply: (world) =>
      chmodSync(world.path('shared/part.yaml'), statSync(world.path('shared/part.yaml')).mode & 0o100 ? 0o644 : 0o755),
  },
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
  'an ignored file': {
    // Not called harmless: nothing is left out for a .helmignore (plugins/_helm/chart.ts), a miss is the price.
    apply: (world, random) => {
      if (!world.has('charts/app/.helmignore') || !read(world, 'charts/app/.helmignore').includes('*.swp'))
        return false;
      world.write(`charts/app/${random.word()}.swp`, 'x');
    },
  },
};
