/** A machine with Python and pip, an index of its own, two environments, and requirements that fit the index. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Tree } from '../../../e2e/trees.ts';
import type { Play, Verdict } from '../../kind.ts';
import type { Env, Side } from '../../machine.ts';
import type { Random } from '../../random.ts';
import type { Files } from '../_base/archives.ts';
import { programOnPath, startingBuild } from '../_base/find.ts';
import { ACCEPTED as ANY, InstallWorld } from '../_base/world.ts';
import type { PackageIndex } from './registry.ts';

export const ACCEPTED: Readonly<Record<string, string>> = {
  'a hit while what is pinned cannot be had': ANY['a hit while what is pinned cannot be had'],
  'damage that the hit repairs': ANY['damage that the hit repairs'],
  'times by which Python trusts what it compiled':
    'sources are put back with the times their compiled files hold; the command alone leaves such files as they are',
  'another file that the hashes name':
    'a requirement with the hashes of several builds takes any of them; only files of that package may differ, and each is as published (looked at each time)',
};

export const VENVS = ['.venv', '.venv2'] as const;

/** Everything the index has. */
export const PACKAGES: readonly (readonly [
  name: string,
  version: string,
  more: { requires?: string[]; scripts?: string[] },
])[] = [
  ['alpha', '1.0.0', { requires: ['beta>=1'] }],
  ['alpha', '1.1.0', { requires: ['beta>=1'] }],
  ['beta', '1.0.0', {}],
  ['beta', '1.1.0', {}],
  ['gamma', '1.0.0', { requires: ['beta'], scripts: ['gamma', 'gamma-more'] }],
  ['delta_dash', '1.0.0', {}],
];

export function make(name: string, version: string, word: string): Files {
  return {
    [`${name}/__init__.py`]: `"""${name} ${version}"""\nword = '${word}'\n\n\ndef main():\n    print(word)\n`,
    [`${name}/deep/__init__.py`]: '',
    [`${name}/deep/more.py`]: `more = '${word}'\n`,
    [`${name}/data.txt`]: `${word}\n`,
    ...(name === 'gamma'
      ? {
          [`gamma-${version}.data/scripts/gamma-run`]: `#!python\nprint('${word}')\n`,
          'gamma_top.py': `top = '${word}'\n`,
        }
      : {}),
  };
}

/** All of {@link PACKAGES}, and a further build of one that is not listed. */
export function publishAll(index: PackageIndex, random: Random): void {
  for (const [name, version, more] of PACKAGES)
    index.publish({ name, version, files: make(name, version, random.word()), ...more });
  const [name, version] = ['alpha', '1.1.0'];
  index.publish({ name, version, files: make(name, version, random.word()), requires: ['beta>=1'], build: '1' });
  index.list(name, `${version}-1`);
}

/** A backend of its own: nothing else is needed to build it. */
export function sources(word: string): Files {
  const record = `epsilon.py,,\nepsilon-1.0.0.dist-info/METADATA,,\nepsilon-1.0.0.dist-info/WHEEL,,\nepsilon-1.0.0.dist-info/RECORD,,\n`;
  return {
    'PKG-INFO': 'Metadata-Version: 2.1\nName: epsilon\nVersion: 1.0.0\n',
    'pyproject.toml': '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    'backend.py': `import os, zipfile
INFO = 'epsilon-1.0.0.dist-info/'
META = {
    INFO + 'METADATA': 'Metadata-Version: 2.1\\nName: epsilon\\nVersion: 1.0.0\\n',
    INFO + 'WHEEL': 'Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
}


def build_wheel(directory, settings=None, metadata=None):
    name = 'epsilon-1.0.0-py3-none-any.whl'
    with zipfile.ZipFile(os.path.join(directory, name), 'w') as made:
        made.writestr('epsilon.py', "word = '${word}'\\n")
        for path, text in META.items():
            made.writestr(path, text)
        made.writestr(INFO + 'RECORD', '''${record}''')
    return name
`,
  };
}

export interface PipTools {
  /** Where `python3` lies. */
  readonly bin: string;
  readonly python: string;
  /** `python3.11` */
  readonly version: string;
  /** The package pip of that Python, and another build of it, which compiles nothing; with the name of the first one's list. */
  readonly pip: string;
  readonly otherPip: string;
  readonly info: string;
  /** A Python by which nothing is compiled. */
  readonly other: string;
}

export function pipTools(dir: string): PipTools {
  const say =
    'import os,sys,pip;print(os.path.realpath(sys.executable));print("python%d.%d"%sys.version_info[:2]);print(os.path.dirname(pip.__file__))';
  const { path } = programOnPath('python3');
  const [python = '', version = '', pip = ''] = execFileSync(path, ['-c', say], { encoding: 'utf8' }).split('\n');
  const otherPip = join(dir, 'pip-other/pip');
  mkdirSync(otherPip, { recursive: true });
  for (const name of readdirSync(pip))
    if (name !== '__init__.py' && name !== '__pycache__') symlinkSync(join(pip, name), join(otherPip, name));
  const init = readFileSync(join(pip, '__init__.py'), 'utf8');
  writeFileSync(join(otherPip, '__init__.py'), `${init}\nimport os\n\nos.environ["PIP_NO_COMPILE"] = "no"\n`);
  const other = startingBuild(python, join(dir, 'python-other/python3'), { env: ['PIP_NO_COMPILE', 'no'] });
  const info = readdirSync(dirname(pip)).find((name) => /^pip-[\d.]+\.dist-info$/.test(name)) ?? 'pip-1.dist-info';
  return { bin: dirname(python), python, version, pip, otherPip, info, other };
}

export class PipWorld extends InstallWorld {
  readonly index: PackageIndex;
  readonly tools: PipTools;
  /** Whether requirements name the hashes of all builds. */
  allBuilds = false;

  constructor(parent: string, index: PackageIndex, tools: PipTools) {
    super(parent);
    this.index = index;
    this.tools = tools;
  }

  protected override own(side: Side): Env {
    return {
      PATH: `${join(this.machine(side), 'bin')}:${this.tools.bin}:/usr/bin:/bin`,
      PIP_INDEX_URL: `${this.index.url}/simple`,
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      PIP_ROOT_USER_ACTION: 'ignore',
      PIP_RETRIES: '0',
    };
  }

  library(venv: string): string {
    return join(venv, 'lib', this.tools.version, 'site-packages');
  }

  /** An environment as `python -m venv` makes it, with links to pip: it takes seconds to copy. */
  makeVenv(venv: string): void {
    const { python, pip, info, version } = this.tools;
    rmSync(this.path(venv), { recursive: true, force: true });
    const library = this.path(this.library(venv));
    mkdirSync(library, { recursive: true });
    mkdirSync(this.path(venv, 'bin'));
    symlinkSync(python, this.path(venv, 'bin', version));
    for (const name of ['python', 'python3']) symlinkSync(version, this.path(venv, 'bin', name));
    this.write(
      join(venv, 'pyvenv.cfg'),
      `home = ${dirname(python)}\ninclude-system-site-packages = false\nversion = ${version.slice('python'.length)}\n`,
    );
    symlinkSync(pip, join(library, 'pip'));
    if (existsSync(join(dirname(pip), info)))
      cpSync(join(dirname(pip), info), join(library, info), { recursive: true });
    this.#nameVenv(venv);
  }

  /** pip's own script names the environment it is in. */
  #nameVenv(venv: string): void {
    this.write(
      join(venv, 'bin/pip'),
      `#!${this.path(venv, 'bin/python')}\nimport sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n`,
    );
  }

  /** As if the environments had been made there: a script whose Python is gone could not even be started. */
  override async move(clone: boolean): Promise<void> {
    await super.move(clone);
    for (const venv of VENVS) this.#nameVenv(venv);
  }

  /** What a compiled file holds of its source's time and size is compared, not its code: of that its name and Python's version say enough. */
  override state(side: Side): Tree {
    return Object.fromEntries(
      Object.entries(super.state(side)).map(([name, what]) =>
        name.endsWith('.pyc') && /^(file|program) /.test(what)
          ? [name, this.#compiled(join(this.root(side), name))]
          : [name, what],
      ),
    );
  }

  #compiled(file: string): string {
    const source = join(dirname(dirname(file)), `${basename(file).split('.')[0]}.py`);
    const head = readFileSync(file).subarray(0, 16);
    if (head.length < 16) return 'no compiled file';
    if (head.readUInt32LE(4) !== 0) return `compiled, for a source of the hash ${head.toString('hex', 8)}`;
    const { mtimeMs, size } = statSync(source, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: 0 };
    const fits = head.readUInt32LE(8) === Math.floor(mtimeMs / 1000) && head.readUInt32LE(12) === size;
    return fits ? 'compiled from its source' : 'compiled from another source';
  }

  /** With a source goes what Python thinks of its compiled file. */
  override damage(name: string, how: (file: string) => void): boolean {
    if (!super.damage(name, how)) return false;
    const cache = join(dirname(name), '__pycache__');
    if (name.endsWith('.py') && this.has(cache))
      for (const file of readdirSync(this.path(cache)))
        if (file.startsWith(`${basename(name, '.py')}.`)) super.damage(join(cache, file), () => {});
    return true;
  }

  /** Progress and warnings of the moment, which a hit repeats as they were. */
  protected override isProgress(line: string): boolean {
    return /^ *(Current thread 0x|Looking in |Collecting |Requirement already |Using cached |Downloading |Obtaining |Installing |Attempting |Found existing |Uninstalling |Successfully |Processing |Preparing |Getting |Building |Created wheel|Stored in |Ignoring |Not uninstalling|WARNING: |Consider |To update, |\[notice\]|Reason for being yanked|$|\S+ .*\d:\d\d:\d\d$)/.test(
      line,
    );
  }

  override heal(): (() => void) | null {
    const { env, index } = this;
    const { PIP_NO_INDEX, PIP_INDEX_URL } = env;
    const ill = index.heal();
    if (ill === null && PIP_NO_INDEX === undefined && PIP_INDEX_URL === undefined) return null;
    delete env.PIP_NO_INDEX;
    delete env.PIP_INDEX_URL;
    return () => {
      ill?.();
      if (PIP_NO_INDEX !== undefined) env.PIP_NO_INDEX = PIP_NO_INDEX;
      if (PIP_INDEX_URL !== undefined) env.PIP_INDEX_URL = PIP_INDEX_URL;
    };
  }

  override accepts(play: Play, verdict: Verdict): string | null {
    const other =
      /\/alpha(-[\d.]+\.dist-info)?\/\S*: the command alone «file ([0-9a-f]{64})», with wgcache «file ([0-9a-f]{64})»$/;
    const isOther = (line: string): boolean => {
      const [, , theirs = '', ours = ''] = other.exec(line) ?? [];
      return this.index.published.has(ours) && this.index.published.has(theirs);
    };
    const compiledToo = /\/alpha\/.*RECORD|\.pyc: /;
    const { differences } = verdict;
    if (
      this.allBuilds &&
      differences.some(isOther) &&
      differences.every((line) => isOther(line) || compiledToo.test(line))
    )
      return 'another file that the hashes name';
    const trusted = /: the command alone «compiled from another source», with wgcache «compiled from its source»$/;
    const left = differences.filter((line) => !trusted.test(line));
    if (left.length === 0) return 'times by which Python trusts what it compiled';
    return super.accepts(play, { ...verdict, differences: left });
  }

  /** One requirement, with its hash. */
  pin(name: string, version: string): string {
    const builds = this.allBuilds
      ? this.index.versions(name).filter((one) => one === version || one.startsWith(`${version}-`))
      : [version];
    return `${name}==${version} ${builds.map((one) => `--hash=${this.index.hash(name, one)}`).join(' ')}\n`;
  }

  /** Requirements that fit each other. */
  choose(alpha: string, beta: string): void {
    this.write('requirements.txt', `# of the application\n${this.pin('alpha', alpha)}${this.pin('beta', beta)}`);
    this.write('dev.txt', `-r requirements.txt\n${this.pin('gamma', '1.0.0')}`);
    this.write('more.txt', this.pin('delta_dash', '1.0.0'));
    this.write('constraints.txt', 'beta<2\n');
    this.write('loose.txt', 'beta\n');
    if (this.index.versions('epsilon').length > 0) this.write('sources.txt', this.pin('epsilon', '1.0.0'));
  }
}
