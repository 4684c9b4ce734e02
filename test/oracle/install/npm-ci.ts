/** `npm ci` of small packages, with a lock made on the spot. */
import type { Around, Kind, Mutation, Play } from '../kind.ts';
import type { Random } from '../random.ts';
import { environment, toolBytes } from './_base/mutations.ts';
import { type Spelt, spelt } from './_base/steps.ts';
import { ACCEPTED } from './_base/world.ts';
import { npmEdits } from './_npm/edits.ts';
import { NpmRegistry } from './_npm/registry.ts';
import { make, NpmWorld, npmTools, PACKAGES } from './_npm/world.ts';

const CI: readonly Spelt[] = [
  ['ci', ['ci'], ['ci', '--no-audit', '--no-fund'], ['ci', '--loglevel=error'], ['--no-fund', 'ci']],
  ['ci', ['ci']],
  ['ci omit', ['ci', '--omit=dev'], ['ci', '--omit', 'dev'], ['--omit=dev', 'ci']],
  ['ci omit two', ['ci', '--omit=dev', '--omit=optional']],
  ['ci include', ['ci', '--include=dev']],
  ['ci no scripts', ['ci', '--ignore-scripts'], ['ci', '--ignore-scripts=true']],
  ['ci no links', ['ci', '--no-bin-links'], ['ci', '--bin-links=false']],
  ['ci nested', ['ci', '--install-strategy=nested']],
  ['ci production', ['ci', '--production']],
  ['ci foreground', ['ci', '--foreground-scripts']],
  ['ci dry', ['ci', '--dry-run']],
];

const STEPS: Readonly<Record<string, (random: Random) => Pick<Play, 'id' | 'argv'>>> = {
  ci: (random) => spelt(random.pick(CI.slice(0, 2)), random, ['npm']),
  'ci with flags': (random) => spelt(random.pick(CI), random, ['npm']),
};

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'what the lock says': {
    file: 'plugins/npm-ci.ts',
    find: "filter((name) => ctx.input(name, 'content') === 'file')",
    replace: "filter((name) => ctx.input(name, 'presence') === 'file')",
    moves: [
      ['nothing', 'ci'],
      ['lock: a hash changed', 'ci'],
    ],
  },
  'what package.json says': {
    long: true,
    file: 'plugins/npm-ci.ts',
    find: "ctx.note('package.json', manifest.meaning);",
    replace: '',
    moves: [
      ['nothing', 'ci'],
      ['package.json: another range', 'ci'],
    ],
  },
  flags: {
    file: 'plugins/npm-ci.ts',
    find: "args: ['ci', ...spellFlags(line, FLAGS)],",
    replace: "args: ['ci'],",
    moves: [
      ['nothing', 'ci'],
      ['nothing', 'ci omit'],
    ],
  },
  "the tool's bytes": toolBytes([
    ['nothing', 'ci'],
    ['another npm first on PATH', 'ci'],
  ]),
  'the environment': environment([
    ['nothing', 'ci'],
    ['NODE_ENV=production', 'ci'],
  ]),
  'variables a script reads': {
    long: true,
    file: 'plugins/npm-ci.ts',
    find: 'if (stems.some((stem) => name.toUpperCase().startsWith(stem)))',
    replace: 'if (stems.length < 0)',
    moves: [
      ['a variable a script reads', 'ci'],
      ['a variable a script reads', 'ci'],
    ],
  },
  'npmrc files': {
    long: true,
    file: 'plugins/_install/npm-config.ts',
    find: 'if (counted.length > 0) ctx.note(role, counted);',
    replace: '',
    moves: [
      ['nothing', 'ci'],
      ['.npmrc: omit=dev', 'ci'],
    ],
  },
  'whether all have a hash': {
    long: true,
    file: 'plugins/_install/npm-confirm.ts',
    find: 'if (loose !== undefined) return',
    replace: 'if (loose === null) return',
    moves: [
      ['lock: a hash gone for good', 'ci'],
      ['registry: beta published again, no npm cache', 'ci'],
    ],
  },
  'whose node_modules it is': {
    long: true,
    file: 'plugins/npm-ci.ts',
    find: "outputs: [{ kind: 'tree', path: ctx.resolve('node_modules'), exclusive: true }],",
    replace: "outputs: [{ kind: 'tree', path: ctx.resolve('node_modules'), exclusive: false }],",
    moves: [
      ['nothing', 'ci'],
      ['node_modules: a stranger', 'ci'],
    ],
  },
};

export async function openNpmCi({ parent }: Around): Promise<Kind<NpmWorld>> {
  const registry = new NpmRegistry();
  await registry.listen();
  const tools = npmTools(parent);
  return {
    edits: npmEdits(tools),
    steps: Object.keys(STEPS),
    accepted: ACCEPTED,
    mutations: MUTATIONS,
    step: (name, _, random) => ({ cwd: '.', ...STEPS[name]!(random) }),
    open: async (random) => {
      registry.reset();
      for (const [name, version, more] of PACKAGES)
        registry.publish(name, version, make(name, version, more, random.word()));
      const world = new NpmWorld(parent, registry, tools);
      world.write('README.md', 'read\n');
      world.choose({ alpha: '1.0.0', beta: '1.0.0' });
      return { world, prelude: [] };
    },
    close: () => registry.close(),
  };
}
