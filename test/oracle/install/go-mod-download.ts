// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of our own source
/** `go mod download` of small modules into a module cache in the workspace. */
import { rmSync, writeFileSync } from 'node:fs';
import { change } from '../edits/edit.ts';
import type { Around, Edit, Edits, Kind, Mutation, Play } from '../kind.ts';
import type { Random } from '../random.ts';
import type { Files } from './_base/archives.ts';
import { once, toolBytes } from './_base/mutations.ts';
import { ACCEPTED } from './_base/world.ts';
import { goEdits } from './_go/edits.ts';
import { GoProxy } from './_go/proxy.ts';
import { GoWorld, goTools } from './_go/world.ts';

const MODULES = ['example.test/dep', 'example.test/lib', 'example.test/lib/v2'];

function make(path: string, version: string, word: string): Files {
  const mod = `module ${path}\n\ngo 1.21\n`;
  return path === 'example.test/dep'
    ? { 'go.mod': mod, 'dep.go': `package dep\n\nconst Word = "${word} ${version}"\n` }
    : {
        'go.mod': `${mod}\nrequire example.test/dep v1.0.0\n`,
        'lib.go': `package lib\n\nimport "example.test/dep"\n\nconst Word = "${word}" + dep.Word\n`,
        'sub/more.txt': `${word}\n`,
      };
}

const GO = ['go', 'mod', 'download'] as const;

const STEPS: Readonly<Record<string, (random: Random) => Pick<Play, 'id' | 'argv'> & Partial<Play>>> = {
  all: () => ({ id: 'all', argv: GO }),
  'all, again': () => ({ id: 'all', argv: GO }),
  json: () => ({ id: 'json', argv: [...GO, '-json'] }),
  'below go.mod': () => ({ id: 'below', argv: GO, cwd: 'app/inner' }),
  'a module': (random) => {
    const path = random.pick(MODULES);
    return { id: path, argv: [...GO, path] };
  },
  'a version': (random) => {
    const target = `example.test/dep@v1.${random.int(2)}.0`;
    return random.chance(0.5)
      ? { id: target, argv: [...GO, target] }
      : { id: `${target} json`, argv: [...GO, '-json', target] };
  },
  'a query': (random) => {
    const target = `${random.pick(MODULES)}@${random.pick(['latest', 'latest', 'v1', '<v1.1.0'])}`;
    return { id: target, argv: [...GO, target] };
  },
  'a query, json': () => ({ id: 'json latest', argv: [...GO, '-json', 'example.test/dep@latest'] }),
  'without a module': () => ({ id: 'apart', argv: [...GO, 'example.test/lib@v1.0.0'], cwd: 'apart' }),
  'without a module, others': (random) => {
    const target = random.pick(['example.test/dep@v1.0.0', 'example.test/lib@v1.1.0']);
    return { id: `${target} apart`, argv: [...GO, target], cwd: 'apart' };
  },
  'another module, which replaces': () => ({ id: 'replaces', argv: GO, cwd: 'other' }),
};

const MOD = '.wgcache/mod';

/** Go does not look into what it unpacked. */
const damage = (what: string, how: (file: string) => void): Edit<GoWorld> => ({
  apply: (world) => world.damage(`${MOD}/${what}`, how),
});

const edit = (file: string, how: (text: string, random: Random) => string): Edit<GoWorld> => ({
  apply: (world, random) => change(world, file, (text) => how(text, random)),
});

const turned = (text: string, one: string, other: string): string =>
  text.includes(one) ? text.replace(one, other) : text.replace(other, one);

const EDITS: Edits<GoWorld> = {
  'module cache: unpacked modules gone': {
    apply: (world) => rmSync(world.path(MOD, 'example.test'), { recursive: true, force: true }),
  },
  'module cache: a zip gone': damage('cache/download/example.test/dep/@v/v1.0.0.zip', rmSync),
  'module cache: a hash gone': damage('cache/download/example.test/dep/@v/v1.0.0.ziphash', rmSync),
  'module cache: a hash damaged': damage('cache/download/example.test/dep/@v/v1.0.0.ziphash', (file) =>
    writeFileSync(file, 'h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='),
  ),
  'module cache: an unpacked file damaged': damage('example.test/dep@v1.0.0/dep.go', (file) =>
    writeFileSync(file, 'package dep // damaged\n'),
  ),
  'module cache: an unpacked file gone': damage('example.test/dep@v1.0.0/dep.go', rmSync),
  'module cache: a stranger': { apply: (world, random) => world.write(`${MOD}/strange/${random.word()}`, 'x') },
  'go.mod: another version': edit('app/go.mod', (text) => turned(text, 'dep v1.0.0', 'dep v1.1.0')),
  'go.mod: a module gone or back': edit('app/go.mod', (text) =>
    turned(text, 'require example.test/lib/v2 v2.0.0\n', '// require example.test/lib/v2 v2.0.0\n'),
  ),
  'go.mod: replaced by a directory, or not': edit('app/go.mod', (text) =>
    turned(text, '// replace example.test/lib =>', 'replace example.test/lib =>'),
  ),
  'go.mod: replaced by a version, or not': edit('app/go.mod', (text) =>
    turned(text, '// replace example.test/dep =>', 'replace example.test/dep =>'),
  ),
  'go.mod: a word for readers': edit('app/go.mod', (text, random) => `${text}// ${random.word()}\n`),
  'go.mod: another go': edit('app/go.mod', (text) => turned(text, 'go 1.21', 'go 1.16')),
  'go.mod: broken': {
    apply: (world) => {
      const text = 'requires nonsense (\n';
      change(world, 'app/go.mod', (before) => text + before);
      return () => void change(world, 'app/go.mod', (after) => after.replace(text, ''));
    },
  },
  'go.mod: excluded': edit('app/go.mod', (text) =>
    text.includes('exclude') ? text.replace(/exclude.*\n/, '') : `${text}exclude example.test/dep v1.0.0\n`,
  ),
  'go.sum: a hash changed': {
    apply: (world, random) => {
      const path = random.pick([
        'example.test/dep v1.0.0 ',
        'example.test/lib v1.0.0 ',
        'example.test/dep v1.0.0/go.mod ',
      ]);
      let before = '';
      const done = change(world, 'app/go.sum', (text) => {
        before = text;
        return text.replace(new RegExp(`^(${path}h1:)...`, 'm'), '$1AAA');
      });
      return done ? () => world.write('app/go.sum', before) : false;
    },
  },
  'go.sum: a line gone': edit('app/go.sum', (text, random) => {
    const lines = text.split('\n');
    return lines.toSpliced(random.int(lines.length), 1).join('\n');
  }),
  'go.sum: gone': {
    apply: (world) => {
      if (!world.has('app/go.sum')) return false;
      rmSync(world.path('app/go.sum'));
    },
  },
  'go.sum: whole again': { apply: (world) => world.write('app/go.sum', sumsOf(world.proxy)) },
  'go.sum: other order': edit('app/go.sum', (text) => text.split('\n').reverse().join('\n').trim().concat('\n')),
  'go.sum: broken': {
    apply: (world) => {
      const broken = change(world, 'app/go.sum', (text) => `${text}one two\n`);
      return broken ? () => void change(world, 'app/go.sum', (text) => text.replace('one two\n', '')) : false;
    },
  },
  'go.work, or none': {
    apply: (world) => {
      if (world.has('go.work')) rmSync(world.path('go.work'));
      else world.write('go.work', 'go 1.21\n\nuse ./app\nuse ./other\n');
    },
  },
  'the module in a directory': {
    apply: (world, random) =>
      world.write(
        'local/go.mod',
        `module example.test/lib\n\ngo 1.21\n\nrequire example.test/dep v1.${random.int(2)}.0\n`,
      ),
  },
  'the other go.mod': edit('other/go.mod', (text) => turned(text, 'dep v1.0.0', 'dep v1.1.0')),
};

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'what go.sum says': {
    file: 'plugins/go-mod-download.ts',
    find: "ctx.input(sum, 'content', ",
    replace: "ctx.input(sum, 'presence', ",
    moves: [...once('all'), ['go.sum: a hash changed', 'all']],
  },
  'what go.mod says': {
    file: 'plugins/go-mod-download.ts',
    find: "ctx.input(file, 'content', ",
    replace: "ctx.input(file, 'presence', ",
    moves: [...once('all'), ['go.mod: broken', 'all']],
  },
  flags: {
    file: 'plugins/go-mod-download.ts',
    find: '...spellFlags(line, DOWNLOAD), ',
    replace: '',
    moves: [...once('all'), ['nothing', 'json']],
  },
  'the modules named': {
    long: true,
    file: 'plugins/go-mod-download.ts',
    find: '...spellFlags(line, DOWNLOAD), ...line.words]',
    replace: '...spellFlags(line, DOWNLOAD)]',
    moves: [...once('example.test/dep@v1.0.0'), ['nothing', 'example.test/dep@v1.1.0']],
  },
  "the tool's bytes": toolBytes([...once('json'), ['another go first on PATH', 'json']]),
  'what the registry lists': {
    file: 'plugins/_install/go-versions.ts',
    find: 'ctx.note(`versions of ${path}`, lists[i] ?? null);',
    replace: 'void [path, i];',
    moves: [...once('json latest'), ['registry: newer versions', 'json latest']],
  },
  'which database vouches for it': {
    long: true,
    file: 'plugins/_install/go-settings.ts',
    find: "ctx.note('checksum database', database);",
    replace: '',
    moves: [
      ['nothing', 'apart'],
      ['another checksum database, and all published again for it', 'apart'],
    ],
  },
  'who vouches for what go.sum lacks': {
    long: true,
    file: 'plugins/go-mod-download.ts',
    find: 'if (loose !== undefined) unpinned(',
    replace: 'if (loose === null) unpinned(',
    also: [
      {
        file: 'plugins/_install/go-modcache.ts',
        find: 'if (loose && !pinned.has(module))',
        replace: 'if (loose && pinned.size < 0)',
      },
    ],
    moves: [
      ['GOSUMDB=off for good', 'all'],
      ['go.sum: gone', 'all'],
      ['nothing', 'all'],
      ['go.sum: gone', 'all'],
      ['registry: every version published again, no module cache', 'all'],
    ],
  },
  'whether what was unpacked is as it came': {
    long: true,
    file: 'plugins/_install/go-modcache.ts',
    find: 'if (hashes.get(module) !== ',
    replace: "if ('' === ",
    moves: [...once('all'), ['module cache: an unpacked file damaged', 'json'], ['module cache gone', 'json']],
  },
  'who vouches for what others fetched': {
    long: true,
    file: 'plugins/_install/go-modcache.ts',
    find: 'if (loose && !pinned.has(module))',
    replace: 'if (loose && pinned.size < 0)',
    moves: [
      ['GONOSUMDB for good', 'example.test/dep@v1.0.0 apart'],
      ['nothing', 'example.test/lib@v1.1.0 apart'],
      ['registry: every version published again, no module cache', 'example.test/dep@v1.0.0 apart'],
      ['registry: versions as first published', 'example.test/lib@v1.1.0 apart'],
    ],
  },
  'who vouches for what is named': {
    long: true,
    file: 'plugins/go-mod-download.ts',
    find: "if (!(version === undefined && pinned) && (patterns === 'all' || matchesPrefix(patterns, target)))",
    replace: "if (patterns === 'none')",
    also: [
      {
        file: 'plugins/_install/go-modcache.ts',
        find: 'if (loose && !pinned.has(module))',
        replace: 'if (loose && pinned.size < 0)',
      },
    ],
    moves: [
      ['GOSUMDB=off for good', 'apart'],
      ['registry: every version published again, no module cache', 'apart'],
    ],
  },
};

/** Everything this world's go.mod files may name. */
function sumsOf(proxy: GoProxy): string {
  return [
    ...['v1.0.0', 'v1.1.0'].flatMap((version) => [
      proxy.sums('example.test/dep', version),
      proxy.sums('example.test/lib', version),
    ]),
    proxy.sums('example.test/lib/v2', 'v2.0.0'),
  ].join('');
}

export async function openGoModDownload({ parent }: Around): Promise<Kind<GoWorld>> {
  const proxy = new GoProxy();
  await proxy.listen();
  const tools = goTools(parent);
  const all = goEdits(tools, MODULES, make);
  /** Its JSON names the checkout. */
  const rooted = Object.fromEntries(
    ['moved elsewhere', 'cloned anew elsewhere'].map((name) => [name, { ...all[name]!, except: /json/ }]),
  );
  return {
    edits: {
      ...all,
      ...rooted,
      ...EDITS,
      'the module in a directory broken': {
        apply: (world) => {
          world.write('local/go.mod', 'nonsense\n');
          return () => world.write('local/go.mod', 'module example.test/lib\n\ngo 1.21\n');
        },
      },
    },
    steps: Object.keys(STEPS),
    accepted: ACCEPTED,
    mutations: MUTATIONS,
    step: (name, _, random) => ({ cwd: 'app', ...STEPS[name]!(random) }),
    open: async (random, plain) => {
      proxy.reset();
      for (const path of MODULES)
        for (const minor of [0, 1]) {
          const version = `v${path.endsWith('/v2') ? 2 : 1}.${minor}.0`;
          proxy.publish(path, version, make(path, version, random.word()));
        }
      const world = new GoWorld(parent, proxy, tools, `(root)/${MOD}`);
      world.write('README.md', 'read\n');
      world.write(
        'app/go.mod',
        `module example.test/main\n\ngo 1.21\n\nrequire example.test/dep v1.0.0\n\nrequire example.test/lib v1.0.0\n\nrequire example.test/lib/v2 v2.0.0\n\n// replace example.test/lib => ../local\n// replace example.test/dep => example.test/dep v1.1.0\n`,
      );
      world.write('app/go.sum', sumsOf(proxy));
      world.write('app/inner/inner.go', 'package inner\n');
      world.write('local/go.mod', 'module example.test/lib\n\ngo 1.21\n\nrequire example.test/dep v1.0.0\n');
      world.write(
        'other/go.mod',
        'module example.test/other\n\ngo 1.21\n\nrequire (\n\texample.test/dep v1.0.0\n\texample.test/lib v1.0.0\n)\n\nreplace example.test/lib => ../local\n',
      );
      world.write('other/go.sum', sumsOf(proxy));
      world.write('apart/README.md', 'no module here\n');
      if (!plain && random.chance(0.15)) world.env.GOSUMDB = 'off';
      if (!plain && random.chance(0.1)) world.env.GONOSUMDB = 'example.test/dep';
      return { world, prelude: [] };
    },
    close: () => proxy.close(),
  };
}
