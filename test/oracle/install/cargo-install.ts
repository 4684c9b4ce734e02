/** `cargo install --locked CRATE@VERSION` of small programs. */
import type { Around, Kind, Mutation, Play } from '../kind.ts';
import type { Random } from '../random.ts';
import { environment, once, toolBytes } from './_base/mutations.ts';
import { type Spelt, spelt } from './_base/steps.ts';
import { cargoEdits } from './_cargo/edits.ts';
import { CrateIndex } from './_cargo/registry.ts';
import { ACCEPTED, CargoWorld, cargoTools, library, program } from './_cargo/world.ts';

const TOOLS = ['--root', 'tools'];
const HELLO: Spelt = [
  'hello',
  ['--locked', 'hello@1.0.0', ...TOOLS],
  ['hello', '--version', '=1.0.0', '--locked', '--root=./tools'],
  ['hello@1.0.0', '--locked', '-j', '1', '--color=never', ...TOOLS],
];

/** Words after `cargo install`. */
const STEPS: Readonly<Record<string, Spelt>> = {
  hello: HELLO,
  'hello, again': ['hello', HELLO[1] ?? []],
  'hello, newer': ['newer', ['--locked', 'hello@1.1.0', ...TOOLS]],
  'with a feature': [
    'extra',
    ['--locked', 'hello@1.0.0', '--features', 'extra', ...TOOLS],
    ['--locked', '-F', 'extra', 'hello@1.0.0', ...TOOLS],
  ],
  'without features': ['no default', ['--locked', 'hello@1.0.0', '--no-default-features', ...TOOLS]],
  'in any case': [
    'force',
    ['--locked', '--force', 'hello@1.0.0', ...TOOLS],
    ['--locked', '-f', 'hello@1.0.0', ...TOOLS],
  ],
  'by another profile': ['profile', ['--locked', '--profile', 'dev', 'hello@1.0.0', ...TOOLS]],
  'into another root': ['more', ['--locked', 'hello@1.0.0', '--root', 'more']],
  'two programs': ['twin', ['--locked', 'twin@1.0.0', ...TOOLS], ['--locked', 'twin@1.0.0', '--bins', ...TOOLS]],
  'one of two programs': ['one', ['--locked', 'twin@1.0.0', '--bin', 'twin-a', ...TOOLS]],
  'with a build script': ['scripted', ['--locked', 'scripted@1.0.0', ...TOOLS]],
  'without a lock in it': ['bare', ['--locked', 'bare@1.0.0', ...TOOLS]],
  'not locked': ['not locked', ['hello@1.0.0', ...TOOLS]],
  'any version': ['any', ['--locked', 'hello@1', ...TOOLS]],
  'what nobody knows': ['none', ['--locked', 'none@1.0.0', ...TOOLS]],
};

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'the version': {
    file: 'plugins/cargo-install.ts',
    find: "args: ['install', crate, version, ",
    replace: "args: ['install', crate, ",
    moves: [...once('hello'), ['root: gone', 'newer']],
  },
  flags: {
    file: 'plugins/cargo-install.ts',
    find: "...spellFlags(line, FLAGS, ['root', 'version', 'vers', 'locked', 'frozen'])],",
    replace: '],',
    moves: [...once('hello'), ['root: gone', 'extra']],
  },
  "the toolchain's bytes": toolBytes([
    ...once('hello'),
    ['another rustc first on PATH', 'none'],
    ['root: gone', 'hello'],
  ]),
  'the environment': environment([...once('hello'), ['RUSTFLAGS', 'none'], ['root: gone', 'hello']]),
  'what is configured': {
    file: 'plugins/_install/rust-toolchain.ts',
    find: "ctx.note('cargo config', configs);",
    replace: '',
    moves: [...once('hello'), ['config: rustflags', 'none'], ['root: gone', 'hello']],
  },
  'configs above': {
    long: true,
    file: 'plugins/_install/rust-toolchain.ts',
    find: 'if (dir === path.dirname(dir)) return files;',
    replace: 'return files;',
    moves: [...once('hello'), ['config above: rustflags', 'none'], ['root: gone', 'hello']],
  },
  'which linker': {
    long: true,
    file: 'plugins/_install/rust-toolchain.ts',
    find: "await countCompiler(ctx, [ctx.env('CC') || 'cc', ctx.env('CXX') || 'c++']);",
    replace: '',
    moves: [...once('hello'), ['a linker of its own', 'none'], ['root: gone', 'hello']],
  },
  'variables a build script knows': {
    long: true,
    file: 'plugins/_install/rust-toolchain.ts',
    find: 'name.startsWith(stem)',
    replace: 'stem.length < 0',
    moves: [...once('scripted'), ['a variable a script knows', 'none'], ['root: gone', 'scripted']],
  },
  'other crates of the root': {
    long: true,
    file: 'plugins/cargo-install.ts',
    find: "ctx.note('other crates', others);",
    replace: '',
    moves: [...once('hello'), ['root: gone', 'twin'], ['nothing', 'hello']],
  },
  'other programs of the root': {
    long: true,
    file: 'plugins/cargo-install.ts',
    find: 'files.map(({ rel }) => rel).filter((bin) => !owners.has(bin)),',
    replace: 'files.length < 0,',
    moves: [...once('hello'), ['root: gone, and a stranger in the place of a program', 'hello']],
  },
  'what is there in the same version': {
    long: true,
    file: 'plugins/cargo-install.ts',
    find: "...programs]) ctx.input(file, 'content');",
    replace: "...programs]) ctx.input(file, 'presence');",
    moves: [...once('hello'), ['root: a program edited', 'hello']],
  },
  'whether there is a lock': {
    long: true,
    file: 'plugins/cargo-install.ts',
    find: 'trouble: /no Cargo\\.lock file published/,',
    replace: '',
    moves: [...once('bare'), ['index: a newer dependency', 'none'], ['root: gone', 'bare']],
  },
};

export async function openCargoInstall({ parent }: Around): Promise<Kind<CargoWorld>> {
  const index = new CrateIndex();
  await index.listen();
  const tools = cargoTools(parent);
  return {
    edits: cargoEdits(tools),
    steps: Object.keys(STEPS),
    accepted: ACCEPTED,
    mutations: MUTATIONS,
    step: (name: string, _: CargoWorld | null, random: Random): Play => ({
      cwd: '.',
      ...spelt(STEPS[name]!, random, ['cargo', 'install']),
    }),
    open: async (random) => {
      index.reset();
      for (const version of ['0.1.0', '0.1.1']) index.publish(library(version, random.word()));
      for (const version of ['1.0.0', '1.1.0']) index.publish(program(index, 'hello', version, random.word()));
      for (const name of ['bare', 'twin', 'scripted']) index.publish(program(index, name, '1.0.0', random.word()));
      const world = new CargoWorld(parent, index, tools);
      world.write('README.md', 'read\n');
      world.configure();
      return { world, prelude: [] };
    },
    close: () => index.close(),
  };
}
