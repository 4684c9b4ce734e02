// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of our own source
/** `go install PATH@VERSION…` of small programs. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { toggle } from '../edits/edit.ts';
import type { Around, Edits, Kind, Mutation, Play } from '../kind.ts';
import type { Random } from '../random.ts';
import type { Files } from './_base/archives.ts';
import { briefly, variable } from './_base/edits.ts';
import { startingBuild } from './_base/find.ts';
import { environment, toolBytes } from './_base/mutations.ts';
import { type Spelt, spelt } from './_base/steps.ts';
import { ACCEPTED } from './_base/world.ts';
import { goEdits } from './_go/edits.ts';
import { GoProxy } from './_go/proxy.ts';
import { GoWorld, goTools } from './_go/world.ts';

const MODULES = ['example.test/hello', 'example.test/hello/v2', 'example.test/tools', 'example.test/dep'];

/** Programs print with `println`: nothing but the runtime is linked. */
function make(path: string, version: string, word: string): Files {
  const mod = `module ${path}\n\ngo 1.21\n`;
  if (path === 'example.test/dep')
    return { 'go.mod': mod, 'dep.go': `package dep\n\nconst Word = "${word} ${version}"\n` };
  if (path !== 'example.test/tools')
    return {
      'go.mod': mod,
      'main.go': `package main\n\nvar word = "${word}"\n\nfunc main() { println("${path} ${version}", word) }\n`,
      'extra.go': '//go:build extra\n\npackage main\n\nfunc init() { word += " extra" }\n',
    };
  const program = (name: string): string =>
    `package main\n\nimport "example.test/dep"\n\nfunc main() { println("${name} ${word}", dep.Word) }\n`;
  return {
    'go.mod': `${mod}\nrequire example.test/dep v1.0.0\n`,
    'cmd/one/main.go': program('one'),
    'cmd/two/main.go': program('two'),
  };
}

const FLAGS: readonly Spelt[] = [
  ['', []],
  ['', [], ['-p', '1'], ['-p=2']],
  [' trimpath', ['-trimpath'], ['--trimpath=true']],
  [' small', ['-ldflags=-s -w'], ['-ldflags', '-s -w']],
  [' small trimpath', ['-ldflags=-s -w', '-trimpath'], ['-trimpath', '--ldflags', '-s -w']],
  [' word', ['-ldflags=-X=main.word=other']],
  [' word with space', ["-ldflags=-X 'main.word=two words'"]],
  [' extra', ['-tags', 'extra'], ['--tags=extra']],
  [' verbose', ['-v']],
];

const STEPS: Readonly<Record<string, (random: Random) => Pick<Play, 'id' | 'argv'> & Partial<Play>>> = {
  'a version': (random) => installs(random, [`example.test/hello@v1.${random.int(2)}.0`]),
  'a version, plain': (random) => {
    const target = `example.test/hello@v1.${random.int(2)}.0`;
    return { id: target, argv: ['go', 'install', target] };
  },
  'two programs with a dependency': () => {
    const targets = ['example.test/tools/cmd/one@v1.0.0', 'example.test/tools/cmd/two@v1.0.0'];
    return { id: 'tools', argv: ['go', 'install', ...targets] };
  },
  'one of them, newest': () => ({ id: 'one latest', argv: ['go', 'install', 'example.test/tools/cmd/one@latest'] }),
  'a query': (random) => {
    const target = `example.test/hello@${random.pick(['latest', 'latest', 'v1', 'v1.0', '<v1.3.0', '>=v1.1.0', 'upgrade'])}`;
    return { id: target, argv: ['go', 'install', target] };
  },
  'of another major version': (random) =>
    installs(random, [`example.test/hello/v2@${random.pick(['latest', 'v2.0.0'])}`]),
  'from a module of its own': (random) => ({ ...installs(random, ['example.test/hello@v1.1.0']), cwd: 'inner' }),
  'what nobody knows': () => ({ id: 'none', argv: ['go', 'install', 'example.test/none@latest'] }),
  'a branch': () => ({ id: 'branch', argv: ['go', 'install', 'example.test/hello@main'] }),
};

function installs(random: Random, targets: readonly string[]): Pick<Play, 'id' | 'argv'> {
  const { id, argv } = spelt(random.pick(FLAGS), random, ['go', 'install'], targets);
  return { id: `${targets.join(' ')}${id}`, argv };
}

const BIN = '.wgcache/bin';

const EDITS: Edits<GoWorld> = {
  'binaries gone': { apply: (world) => rmSync(world.path(BIN), { recursive: true, force: true }) },
  'a binary gone': {
    apply: (world, random) => rmSync(world.path(BIN, random.pick(['hello', 'one'])), { force: true }),
  },
  'a binary cut off': {
    apply: (world) => {
      const file = world.path(BIN, 'hello');
      if (!existsSync(file)) return false;
      writeFileSync(file, readFileSync(file).subarray(0, 5000));
    },
  },
  'a binary with a byte more': {
    // Go finds its build id, and is content.
    apply: (world) =>
      world.damage(`${BIN}/hello`, (file) =>
        writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('x')])),
      ),
  },
  'a binary that is none': {
    apply: (world) => {
      world.write(`${BIN}/hello`, 'my own\n');
      return () => rmSync(world.path(BIN, 'hello'));
    },
  },
  'a binary nobody may run': {
    apply: (world) => {
      const file = world.path(BIN, 'hello');
      if (!existsSync(file)) return false;
      chmodSync(file, 0o644);
    },
  },
  'a binary that is a link': {
    apply: (world) => {
      const file = world.path(BIN, 'hello');
      if (!existsSync(file)) return false;
      renameSync(file, world.path('hello.kept'));
      symlinkSync(world.path('hello.kept'), file);
    },
  },
  'a directory in its place': {
    apply: (world) => {
      rmSync(world.path(BIN, 'hello'), { recursive: true, force: true });
      mkdirSync(world.path(BIN, 'hello'), { recursive: true });
      return () => rmSync(world.path(BIN, 'hello'), { recursive: true, force: true });
    },
  },
  'go.mod of the directory': {
    harmless: true, // `go install PATH@VERSION` passes over it
    apply: (world, random) =>
      world.write(
        'inner/go.mod',
        `module example.test/${random.word()}\n\ngo 1.${random.int(5) + 18}\n\nrequire example.test/hello v1.0.0\n`,
      ),
  },
  'go.sum of the directory': {
    harmless: true,
    apply: (world, random) => world.write('inner/go.sum', `example.test/hello v1.1.0 h1:${random.word()}=\n`),
  },
  'go.work above': {
    harmless: true,
    apply: (world) => world.write('go.work', 'go 1.21\n\nuse ./inner\n'),
  },
  'GOBIN elsewhere': variable('GOBIN', '(root)/.wgcache/tools'),
  'GOBIN outside': briefly('GOBIN', '(machine)/home/bin'),
  'CGO_ENABLED=1': variable('CGO_ENABLED', '1'),
  CGO_CFLAGS: { apply: (world, random) => toggle(world, 'CGO_CFLAGS', `-O${random.int(3)}`) },
  'GOFLAGS: -ldflags': variable('GOFLAGS', '-modcacherw -ldflags=-w'),
  'another platform': briefly('GOARCH', 'mips'),
  'a C compiler of its own': {
    apply: (world, random) => {
      // A script would be a bypass.
      startingBuild('/usr/bin/gcc', join(world.machine('a'), 'bin/gcc'), { env: ['BUILD', random.word()] });
    },
  },
};

const PLAIN = 'example.test/hello@v1.0.0';

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  flags: {
    file: 'plugins/go-install.ts',
    find: "args: ['install', ...spellFlags(line, INSTALL), ...line.words],",
    replace: "args: ['install', ...line.words],",
    moves: [
      ['nothing', `${PLAIN} small`],
      ['nothing', `${PLAIN} word`],
    ],
  },
  'the version': {
    long: true,
    file: 'plugins/go-install.ts',
    find: "args: ['install', ...spellFlags(line, INSTALL), ...line.words],",
    replace: "args: ['install', ...spellFlags(line, INSTALL)],",
    moves: [
      ['nothing', PLAIN],
      ['nothing', 'example.test/hello@v1.1.0'],
    ],
  },
  "the tool's bytes": toolBytes([
    ['nothing', `${PLAIN} trimpath`],
    ['another go first on PATH', `${PLAIN} trimpath`],
  ]),
  'the environment': environment([
    ['CGO_ENABLED=1', PLAIN],
    ['CGO_CFLAGS', PLAIN],
  ]),
  'what the registry lists': {
    file: 'plugins/_install/go-versions.ts',
    find: 'ctx.note(`versions of ${path}`, lists[i] ?? null);',
    replace: 'void [path, i];',
    moves: [
      ['nothing', 'example.test/hello@latest'],
      ['registry: newer versions', 'example.test/hello@latest'],
    ],
  },
  'which database vouches for it': {
    long: true,
    file: 'plugins/_install/go-settings.ts',
    find: "ctx.note('checksum database', database);",
    replace: '',
    moves: [
      ['nothing', PLAIN],
      ['another checksum database, and all published again for it', PLAIN],
    ],
  },
  'who vouches for the module': {
    long: true,
    file: 'plugins/go-install.ts',
    find: "if (patterns === 'all' || matchesPrefix(patterns, target))",
    replace: "if (patterns === 'none')",
    moves: [
      ['GOSUMDB=off for good', PLAIN],
      ['registry: every version published again, no module cache', PLAIN],
    ],
  },
  'who vouches for what it is made of': {
    long: true,
    file: 'plugins/go-install.ts',
    find: "if (patterns === '') return null;",
    replace: "if (patterns !== 'all') return null;",
    moves: [
      ['GONOSUMDB for good', 'tools'],
      ['registry: dep published again, no module cache', 'tools'],
    ],
  },
};

export async function openGoInstall({ parent }: Around): Promise<Kind<GoWorld>> {
  const proxy = new GoProxy();
  await proxy.listen();
  const tools = goTools(parent);
  return {
    edits: {
      ...goEdits(tools, MODULES, make),
      ...EDITS,
      'GOMODCACHE elsewhere': variable('GOMODCACHE', '(machine)/home/else/mod'),
    },
    steps: Object.keys(STEPS),
    accepted: ACCEPTED,
    mutations: MUTATIONS,
    step: (name, _, random) => ({ cwd: '.', ...STEPS[name]!(random) }),
    open: async (random, plain) => {
      proxy.reset();
      for (const path of MODULES)
        for (const minor of [0, 1]) {
          const version = `v${path.endsWith('/v2') ? 2 : 1}.${minor}.0`;
          proxy.publish(path, version, make(path, version, random.word()));
        }
      const world = new GoWorld(parent, proxy, tools, '(machine)/home/go/pkg/mod');
      world.write('README.md', 'read\n');
      world.write('inner/go.mod', 'module example.test/inner\n\ngo 1.21\n');
      if (!plain && random.chance(0.1)) world.env.GOSUMDB = 'off';
      if (!plain && random.chance(0.1)) world.env.GONOSUMDB = 'example.test/dep';
      return { world, prelude: [] };
    },
    close: () => proxy.close(),
  };
}
