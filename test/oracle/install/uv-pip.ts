/** `uv pip install` of small packages into environments and directories: the machine, the index and the edits of pip. */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Around, Edit, Edits, Kind, Mutation, Play } from '../kind.ts';
import type { Env, Side } from '../machine.ts';
import type { Random } from '../random.ts';
import { briefly, variable } from './_base/edits.ts';
import { programOnPath } from './_base/find.ts';
import { once } from './_base/mutations.ts';
import { type Spelt, spelt } from './_base/steps.ts';
import { pipEdits } from './_pip/edits.ts';
import { PackageIndex } from './_pip/registry.ts';
import { ACCEPTED, make, PACKAGES, PipWorld, pipTools, VENVS } from './_pip/world.ts';

const INSTALL = ['uv', 'pip', 'install'];

const STEPS: Readonly<Record<string, Spelt>> = {
  required: [
    'required',
    [...INSTALL, '--no-deps', '-r', 'requirements.txt'],
    [...INSTALL, '-r', './requirements.txt', '--no-deps', '--no-progress'],
    [...INSTALL, '--requirements', 'requirements.txt', '--no-deps', '--color', 'never'],
  ],
  'by hashes': ['hashes', [...INSTALL, '--require-hashes', '-r', 'requirements.txt']],
  'more of them': ['dev', [...INSTALL, '--no-deps', '-r', 'dev.txt']],
  'wheels alone': ['wheels', [...INSTALL, '--no-deps', '--no-build', '-r', 'requirements.txt']],
  'another environment': [
    'second',
    [...INSTALL, '--no-deps', '--python', '.venv2/bin/python', '-r', 'requirements.txt'],
  ],
  'into a directory': ['target', [...INSTALL, '--no-deps', '-r', 'requirements.txt', '--target', 'lib']],
  'into a directory below': ['target sub', [...INSTALL, '--no-deps', '-r', 'requirements.txt', '--target', 'lib/sub']],
  'without a version': ['loose', [...INSTALL, '-r', 'loose.txt']],
};

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'what requirements say': {
    file: 'plugins/_install/requirements.ts',
    find: "ctx.note('requirements', texts);",
    replace: '',
    moves: [...once('required'), ['environment: made anew, for other versions', 'required']],
  },
  'what is there already': {
    file: 'plugins/_install/python-packages.ts',
    find: "part(found) === 'wanted') ctx.input(path.join(file, 'RECORD'), 'content');",
    replace: "part(found) === 'wanted') ctx.input(path.join(file, 'RECORD'), 'presence');",
    moves: [...once('required'), ['packages: a list edited', 'required']],
  },
  'where it is installed': {
    file: 'plugins/uv-pip.ts',
    find: "ctx.note('place', ctx.nameOf(place));",
    replace: '',
    moves: [...once('target sub'), ...once('target')],
  },
};

/** Without pip, which uv would take away where it is not asked for: here it is a link to that of the system. */
class UvWorld extends PipWorld {
  readonly #uv = process.env.WGCACHE_TEST_UV ?? programOnPath('uv').path;

  protected override own(side: Side): Env {
    const { PATH = '' } = super.own(side);
    return {
      PATH: PATH.replace(':', `:${dirname(this.#uv)}:`),
      UV_DEFAULT_INDEX: `${this.index.url}/simple`,
      UV_PYTHON_DOWNLOADS: 'never',
      UV_HTTP_RETRIES: '0',
    };
  }

  /** Its lock of an environment. */
  protected override isNoise(name: string): boolean {
    return /^\.venv2?\/\.lock$/.test(name) || super.isNoise(name);
  }

  override makeVenv(venv: string): void {
    super.makeVenv(venv);
    const library = this.path(this.library(venv));
    for (const name of ['pip', this.tools.info]) rmSync(join(library, name), { recursive: true, force: true });
    rmSync(this.path(venv, 'bin/pip'), { force: true });
  }

  /** uv tells each time how long it took, and of several downloads that fail the one that failed first; causes and advice are set in. */
  protected override isProgress(line: string): boolean {
    return (
      super.isProgress(line) ||
      /^(Resolved|Prepared|Installed|Uninstalled|Audited|Checked|Using|Bytecode) |^ [-+~] |^warning: |^ (Downloading|Downloaded|Building|Built) |^error: Failed to download |^ {2,}|^ *$/.test(
        line,
      )
    );
  }
}

/** What is pip's alone, or names its variables and files. */
const OF_PIP =
  /^(pip\.conf|PIP_|pip's|environment: made anew, (with|by|and)|another (pip|Python|python3)|a python3|a shim|PYTHON)/;

function uvEdits(edits: Edits<PipWorld>): Edits<UvWorld> {
  const kept = Object.entries(edits).filter(([name]) => !OF_PIP.test(name));
  const noCache: Edit<UvWorld> = {
    harmless: true,
    apply: (world) => rmSync(join(world.machine('a'), 'home/.cache/uv'), { recursive: true, force: true }),
  };
  return {
    ...Object.fromEntries(kept),
    VIRTUAL_ENV: variable('VIRTUAL_ENV', '(root)/.venv'), // with it uv does not look for an environment
    "uv's cache gone": noCache,
    UV_NO_CACHE: variable('UV_NO_CACHE', '1'),
    UV_LINK_MODE: variable('UV_LINK_MODE', 'copy'),
    UV_OFFLINE: briefly('UV_OFFLINE', '1'),
    UV_REQUIRE_HASHES: variable('UV_REQUIRE_HASHES', '1'),
    UV_COMPILE_BYTECODE: briefly('UV_COMPILE_BYTECODE', '1'),
    'uv.toml: nothing in it': {
      apply: (world) => (world.has('uv.toml') ? rmSync(world.path('uv.toml')) : world.write('uv.toml', '')),
    },
  };
}

export async function openUvPip({ parent }: Around): Promise<Kind<UvWorld>> {
  const index = new PackageIndex();
  await index.listen();
  const tools = pipTools(parent);
  return {
    edits: uvEdits(pipEdits(tools)),
    steps: Object.keys(STEPS),
    accepted: ACCEPTED,
    mutations: MUTATIONS,
    step: (name: string, _: UvWorld | null, random: Random): Play => ({ cwd: '.', ...spelt(STEPS[name]!, random) }),
    open: async (random) => {
      index.reset();
      for (const [name, version, more] of PACKAGES)
        index.publish({ name, version, files: make(name, version, random.word()), ...more });
      index.publish({
        name: 'alpha',
        version: '1.1.0',
        files: make('alpha', '1.1.0', random.word()),
        requires: ['beta>=1'],
        build: '1',
      });
      index.list('alpha', '1.1.0-1');
      const world = new UvWorld(parent, index, tools);
      world.write('README.md', 'read\n');
      for (const venv of VENVS) world.makeVenv(venv);
      world.choose('1.0.0', '1.0.0');
      return { world, prelude: [] };
    },
    close: () => index.close(),
  };
}
