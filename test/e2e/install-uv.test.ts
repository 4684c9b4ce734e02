/** `uv pip install`, `uv pip sync` and `uv sync` with the real uv and index: cold, warm, put back, and every edit that changes what is installed. */
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import { expect, test, vi } from 'vitest';
import { madeLikeBare, toldOf } from './install-rig.ts';
import { IDNA, openUvRig, SIX_16, SIX_17 } from './python-rig.ts';
import type { Rig, WrapOptions } from './rig.ts';
import type { Tree } from './trees.ts';

vi.setConfig({ testTimeout: 120_000 }); // a busy machine, and an index that is far away

const DRY = { flags: ['--dry-run'] };
const CHANGED = 'miss changed (not stored: dry-run)';
const INSTALL = ['uv', 'pip', 'install', '--require-hashes', '-r', 'requirements.txt'];
const SYNC_FILE = ['uv', 'pip', 'sync', 'requirements.txt'];
const SYNC = ['uv', 'sync', '--frozen'];

/** A workspace with an empty environment in it. */
async function openPip(requirements: string = SIX_16, env: Readonly<Record<string, string>> = {}): Promise<Rig> {
  return await freshVenv(await openUvRig({ 'requirements.txt': requirements }, env));
}

async function freshVenv(rig: Rig): Promise<Rig> {
  expect((await rig.remove('.venv').bare(['uv', 'venv', '-q'])).exit).toBe(0);
  return rig;
}

/** A project with a lock, and no environment yet. */
async function openProject(): Promise<Rig> {
  return await locked(await openUvRig({}), 'six==1.16.0');
}

async function locked(rig: Rig, six: string): Promise<Rig> {
  rig.write({
    'pyproject.toml': `[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["${six}", "wheel==0.45.1"]\n[dependency-groups]\ndev = ["idna==3.7"]\n`,
  });
  const ran = await rig.bare(['uv', 'lock', '-q']);
  expect(ran.exit, ran.stderr).toBe(0);
  return rig;
}

const told = async (rig: Rig, argv: readonly string[], options?: WrapOptions): Promise<string> =>
  toldOf(await rig.wrap(argv, options));

/** The same, held against uv alone in a copy of the machine: what names its place is another there. */
async function alike(rig: Rig, argv: readonly string[]): Promise<string> {
  return toldOf(await madeLikeBare(rig, argv, { made: '.', pass: comparable }));
}

function comparable(tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).filter(
      ([name]) => !/\.pyc$|__pycache__$|(^|\/)\.lock$|^\.venv\/(bin\/|pyvenv)|wheel-.*RECORD$/.test(name),
    ),
  );
}

/** What lies in the library, without what starts with a dot or an underscore. */
function library(rig: Rig, dir = libraryOf(rig)): string[] {
  return readdirSync(rig.path(dir))
    .filter((name) => /^[a-z]/.test(name))
    .sort();
}

function libraryOf(rig: Rig): string {
  const [version = ''] = readdirSync(rig.path('.venv/lib'));
  return `.venv/lib/${version}/site-packages`;
}

test('requirements: made, fresh, put back file by file', async () => {
  const rig = await openPip();
  expect(await alike(rig, INSTALL)).toBe('miss first');
  expect(await alike(rig, INSTALL)).toBe('fresh');
  await freshVenv(rig);
  expect(await alike(rig, INSTALL)).toBe('restored');
  expect(await told(rig, INSTALL)).toBe('fresh');
  // Of a whole environment one file is missing, and one is another: uv would not look.
  rig.remove(`${libraryOf(rig)}/six.py`).write({ [`${libraryOf(rig)}/six-1.16.0.dist-info/LICENSE`]: 'mine' });
  expect((await rig.wrap(INSTALL)).outcome).toMatchObject({ outcome: 'restored', written: 2 });
  expect((await rig.bare(['.venv/bin/python', '-c', 'import six; print(six.__version__)'])).stdout.toString()).toBe(
    '1.16.0\n',
  );
});

test('requirements: another version takes the place of the first; sync takes all else away', async () => {
  const rig = await openPip(SIX_16 + IDNA);
  expect(await told(rig, INSTALL)).toBe('miss first');
  rig.write({ 'requirements.txt': SIX_17, '.venv/mine.txt': 'mine' });
  expect(await alike(rig, INSTALL)).toBe('miss changed');
  expect(library(rig)).toEqual(['idna', 'idna-3.7.dist-info', 'six-1.17.0.dist-info', 'six.py']);
  expect(await alike(rig, SYNC_FILE)).toBe('miss first');
  expect(library(rig)).toEqual(['six-1.17.0.dist-info', 'six.py']);
  expect(await told(rig, SYNC_FILE)).toBe('fresh');
  // The same from another state, run and then put back.
  for (const outcome of ['miss changed', 'restored']) {
    rig.write({ 'requirements.txt': SIX_16 + IDNA });
    await told(rig, INSTALL);
    expect(library(rig)).toEqual(['idna', 'idna-3.7.dist-info', 'six-1.16.0.dist-info', 'six.py']);
    rig.write({ 'requirements.txt': SIX_17 });
    expect(await alike(rig, SYNC_FILE)).toBe(outcome);
    expect(library(rig)).toEqual(['six-1.17.0.dist-info', 'six.py']);
  }
  expect(rig.read('.venv/mine.txt')).toBe('mine');
  (await freshVenv(rig)).write({ 'requirements.txt': SIX_16.replace('8abb', '8abc') });
  expect(await alike(rig, INSTALL)).toBe('miss changed (not stored: failed)');
});

test('requirements: a directory of packages', async () => {
  const rig = await openPip();
  const into = [...INSTALL, '--target', 'lib'];
  expect(await alike(rig, into)).toBe('miss first');
  expect(await told(rig, into)).toBe('fresh');
  rig.remove('lib');
  expect(await alike(rig, into)).toBe('restored');
  rig.write({ 'requirements.txt': SIX_17, 'lib/mine.py': '' });
  expect(await alike(rig, into)).toBe('miss changed');
  expect(library(rig, 'lib')).toEqual(['mine.py', 'six-1.17.0.dist-info', 'six.py']);
  rig.write({ 'requirements.txt': SIX_16 });
  expect(await alike(rig, into)).toBe('restored');
  expect(library(rig, 'lib')).toEqual(['mine.py', 'six-1.16.0.dist-info', 'six.py']);
  // Of any Python, where there is no environment.
  rig.remove('.venv', 'lib');
  expect(await alike(rig, into)).toBe('miss changed');
  rig.remove('lib');
  expect(await alike(rig, into)).toBe('restored');
  await freshVenv(rig);
  // Another checkout has another venv, made of the same Python: the packages are the same.
  const moved = await freshVenv(rig.movedTo('elsewhere'));
  expect(await told(moved.remove('lib'), into)).toBe('restored');
});

test('Python, flags, variables and configuration count; credentials and what only shows do not', async () => {
  const rig = await openPip();
  expect(await told(rig, INSTALL)).toBe('miss first');
  expect(await told(rig, [...INSTALL, '-q', '--no-progress'])).toBe('fresh');
  expect(await told(rig, [...INSTALL, '--no-deps'], DRY)).toBe(CHANGED);
  const elsewhere = { env: { UV_INDEX: 'https://user:s3cret@index.example.com/simple' } };
  expect(await told(rig, INSTALL, { ...DRY, ...elsewhere })).toBe(CHANGED);
  const explained = (await rig.wgcache(['explain', '--', ...INSTALL], elsewhere)).stdout.toString();
  expect(explained).toContain('//index.example.com/simple');
  expect(explained).not.toContain('s3cret');
  rig.write({ 'uv.toml': 'index-strategy = "unsafe-best-match"\n' });
  expect(await told(rig, INSTALL, DRY)).toBe(CHANGED);
  rig.write({ 'uv.toml': '[pip]\nsystem = true\n' });
  expect((await rig.wrap(INSTALL, DRY)).outcome.reason?.text).toMatch(/the uv setting system/);
  rig.remove('uv.toml');
  expect(await told(rig, INSTALL)).toBe('fresh');
  const python = readFileSync(rig.path('.venv/bin/python'));
  rig.remove('.venv/bin/python').write({ '.venv/bin/python': Buffer.concat([python, Buffer.from('\0')]) });
  chmodSync(rig.path('.venv/bin/python'), 0o755);
  expect(await told(rig, INSTALL, DRY)).toBe(CHANGED);
});

test('a lock: the environment is made, fresh, and put back whole', async () => {
  const rig = await openProject();
  expect(await alike(rig, SYNC)).toBe('miss first');
  expect(await alike(rig, SYNC)).toBe('fresh');
  rig.remove('.venv');
  expect(await alike(rig, SYNC)).toBe('restored');
  expect(await told(rig, SYNC)).toBe('fresh');
  expect((await rig.bare(['.venv/bin/wheel', 'version'])).stdout.toString()).toBe('wheel 0.45.1\n');
  rig.remove(`${libraryOf(rig)}/six.py`, '.venv/bin/wheel').write({ '.venv/mine.txt': 'mine' });
  expect((await rig.wrap(SYNC)).outcome).toMatchObject({ outcome: 'restored', written: 2 });
  expect(rig.read('.venv/mine.txt')).toBe('mine');
  // Scripts name their environment.
  expect(await told(rig.movedTo('elsewhere').remove('.venv'), SYNC, DRY)).toBe('miss other-root (not stored: dry-run)');
});

test('a lock: its edits, groups, and the versions asked for', async () => {
  const rig = await openProject();
  expect(await told(rig, SYNC)).toBe('miss first');
  rig.edit('pyproject.toml', (text) => `${text}[tool.ruff]\nline-length = 100\n`);
  expect(await told(rig, SYNC)).toBe('fresh');
  for (const outcome of ['miss changed', 'restored']) {
    for (const version of ['1.17.0', '1.16.0']) {
      await locked(rig, `six==${version}`);
      expect(await alike(rig, SYNC)).toBe(outcome);
      expect(library(rig).filter((name) => name.startsWith('six-'))).toEqual([`six-${version}.dist-info`]);
    }
  }
  // What a group had goes with the run, and with a hit; a run that takes away what may have been wanted is not stored.
  const without = [...SYNC, '--no-dev'];
  expect(await alike(rig, without)).toBe('miss changed (not stored: inputs-changed)');
  expect(await alike(rig, without)).toBe('miss changed');
  expect(await told(rig, without)).toBe('fresh');
  expect(library(rig)).not.toContain('idna');
  rig.remove('.venv').write({ '.python-version': '3\n' });
  expect(await told(rig, SYNC, DRY)).toBe(CHANGED);
  rig.remove('.python-version');
  expect(await told(rig, SYNC, DRY)).toBe('restored');
  expect(await told(rig, SYNC, { ...DRY, env: { UV_PYTHON_PREFERENCE: 'system' } })).toBe(CHANGED);
  const python = join(rig.base, 'pythons');
  rig.write({ '../pythons/python3': '\x7fELF another' });
  chmodSync(join(python, 'python3'), 0o755);
  expect(await told(rig, SYNC, { ...DRY, env: { PATH: `${python}:${rig.env.PATH}` } })).toBe(CHANGED);
  expect((await rig.wrap(['uv', 'sync'], DRY)).outcome.reason?.text).toMatch(/--locked or --frozen/);
});

test('a file that somebody wrote into uv’s cache, through a link in another environment, is not stored', async () => {
  const rig = await openPip(SIX_16, { UV_LINK_MODE: 'hardlink' });
  const cache = { env: { UV_CACHE_DIR: join(rig.base, 'uv-cache') } };
  expect((await rig.bare(INSTALL, cache)).exit).toBe(0);
  appendFileSync(rig.path(libraryOf(rig), 'six.py'), '\n# debugging\n');
  await freshVenv(rig);
  const { outcome } = await rig.wrap(INSTALL, cache);
  expect(rig.read(`${libraryOf(rig)}/six.py`)).toContain('# debugging'); // uv believes it
  expect(outcome).toMatchObject({ outcome: 'miss', stored: false });
  expect(outcome.notStored?.text).toMatch(/six\.py is not what six 1\.16\.0 came with/);
});

test('what is built from sources is not stored', async () => {
  const rig = await openPip();
  const sum = await sdist(rig);
  rig.write({ 'requirements.txt': `own==1.0 --hash=sha256:${sum}\n` });
  const build = [...INSTALL, '--no-index', '--find-links', 'dist'];
  const { outcome } = await rig.wrap(build);
  expect(outcome).toMatchObject({ outcome: 'miss', stored: false, exit: 0 });
  expect(outcome.notStored?.text).toMatch(/own 1\.0 was built from sources/);
  expect(existsSync(rig.path(libraryOf(rig), 'own.py'))).toBe(true);
  // Also when uv has it from an earlier build.
  await freshVenv(rig);
  expect((await rig.wrap(build)).outcome.notStored?.text).toMatch(/own 1\.0 was built from sources/);
});

/** A source distribution that needs nothing to be built. @returns its SHA-256 */
async function sdist(rig: Rig): Promise<string> {
  const backend = `import zipfile
def build_wheel(directory, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(directory + "/own-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("own.py", "")
        wheel.writestr("own-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: own\\nVersion: 1.0\\n")
        wheel.writestr("own-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("own-1.0.dist-info/RECORD", "own.py,,\\n")
    return "own-1.0-py3-none-any.whl"
`;
  rig.write({
    'src/own-1.0/PKG-INFO': 'Metadata-Version: 2.1\nName: own\nVersion: 1.0\n',
    'src/own-1.0/pyproject.toml': '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
    'src/own-1.0/backend.py': backend,
    'dist/readme': '',
  });
  const file = rig.path('dist/own-1.0.tar.gz');
  await create({ gzip: true, file, cwd: rig.path('src') }, ['own-1.0']);
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
