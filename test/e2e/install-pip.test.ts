/** `pip install` with the real pip and index: cold, warm, put back, and every edit that changes what is installed. */
import { chmodSync, cpSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { madeLikeBare, openInstallRig, toldOf } from './install-rig.ts';
import { IDNA, SIX_16, SIX_17, WHEEL } from './python-rig.ts';
import type { Rig, WrapOptions } from './rig.ts';
import { bytesOf, type Tree } from './trees.ts';

const WHEELS = ['--only-binary', ':all:'];
const LIBRARY = /^lib\/python[^/]+\/site-packages\//;

vi.setConfig({ testTimeout: 240_000 }); // pip takes a second to start, and many on a busy machine

/** A workspace with an empty environment in it. */
async function open(files: Record<string, string> = { 'requirements.txt': SIX_16 }): Promise<Rig> {
  const rig = await openInstallRig({
    PIP_CACHE_DIR: join(homedir(), '.cache/pip'),
    PIP_NO_INPUT: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
  });
  return freshVenv(rig.write(files));
}

/** An environment takes seconds to make: one is made for all tests, and copied, with links to its pip, which has over a thousand files. */
let template = '';
beforeAll(async () => {
  const rig = await openInstallRig();
  expect((await rig.bare(['python3', '-m', 'venv', '.venv'])).exit).toBe(0);
  template = rig.path('.venv');
  const [version = ''] = readdirSync(join(template, 'lib'));
  const library = join(template, 'lib', version, 'site-packages');
  for (const name of ['setuptools', 'pkg_resources', '_distutils_hack'])
    rmSync(join(library, name), { recursive: true, force: true });
  renameSync(join(library, 'pip'), rig.path('pip'));
  symlinkSync(rig.path('pip'), join(library, 'pip'));
}, 240_000);

function freshVenv(rig: Rig): Rig {
  rig.remove('.venv');
  cpSync(template, rig.path('.venv'), { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  return rig.edit('.venv/bin/pip', (text) => text.replace(template, rig.path('.venv')));
}

/** Through Python: pip's own script names the place it was made in, and the twin has another. */
const PIP = ['.venv/bin/python', '-m', 'pip', 'install', ...WHEELS];
const REQUIRED = ['-r', 'requirements.txt'];
const DRY = { flags: ['--dry-run'] };
const CHANGED = 'miss changed (not stored: dry-run)';

/** What wgcache tells. */
async function install(rig: Rig, args: readonly string[] = REQUIRED, options: WrapOptions = {}): Promise<string> {
  return toldOf(await rig.wrap([...PIP, ...args], options));
}

/** The same, held against pip alone in a copy of the machine: all but compiled files must be the same. */
async function alike(rig: Rig, args: readonly string[] = REQUIRED, command: readonly string[] = PIP): Promise<string> {
  return toldOf(await madeLikeBare(rig, [...command, ...args], { made: '.', pass: comparable }));
}

/** Compiled files hold the time of their sources; the rest of the environment is Python's own. */
function comparable(tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).filter(([name]) => !/\.pyc$|__pycache__$|^\.venv\/(bin\/|pyvenv)/.test(name)),
  );
}

const library = (rig: Rig): string[] =>
  Object.keys(bytesOf(rig.path('.venv')))
    .filter((name) => LIBRARY.test(name) && /^(six|idna|wheel)[^/]*$/.test(name.replace(LIBRARY, '')))
    .map((name) => name.replace(LIBRARY, ''));

test('made, fresh, put back file by file, and Python trusts its compiled files', async () => {
  const rig = await open();
  expect(await alike(rig)).toBe('miss first');
  expect(await alike(rig)).toBe('fresh');
  freshVenv(rig);
  expect(await alike(rig)).toBe('restored');
  expect(await install(rig)).toBe('fresh');
  const loaded = await rig.bare(['.venv/bin/python', '-v', '-c', 'import six']);
  expect(loaded.stderr).toMatch(/# \S*six\.cpython-\d+\.pyc matches \S*six\.py/);
  // Of a whole environment one file is put back, which pip would not notice.
  const [lib = ''] = Object.keys(bytesOf(rig.path('.venv'))).filter((name) => name.endsWith('/site-packages/six.py'));
  rig.remove(`.venv/${lib}`);
  expect((await rig.wrap([...PIP, ...REQUIRED])).outcome).toMatchObject({ outcome: 'restored', written: 1 });
  // The same bytes with another time: compiled files would be distrusted.
  rig.write({ [`.venv/${lib}`]: readFileSync(rig.path('.venv', lib)) });
  expect((await rig.wrap([...PIP, ...REQUIRED])).outcome).toMatchObject({ outcome: 'restored', written: 1 });
  expect((await rig.bare(['.venv/bin/python', '-v', '-c', 'import six'])).stderr).toMatch(
    /six\.cpython-\d+\.pyc matches/,
  );
});

test('requirements count with the files they name; another version takes the place of the first', async () => {
  const rig = await open({ 'requirements.txt': `-c more.txt\n${SIX_16}`, 'more.txt': 'idna<4\n' });
  expect(await install(rig)).toBe('miss first');
  rig.edit('requirements.txt', (text) => `# for all\n${text}`);
  expect(await install(rig)).toBe('fresh');
  rig.write({ 'requirements.txt': SIX_17 });
  expect(await alike(rig)).toBe('miss changed');
  expect(library(rig)).toEqual(['six-1.17.0.dist-info', 'six.py']);
  rig.write({ 'requirements.txt': SIX_16 });
  expect(await install(rig)).toBe('miss changed'); // without the constraints it never was
  rig.write({ 'requirements.txt': SIX_17 });
  expect(await alike(rig)).toBe('restored');
  expect(library(rig)).toEqual(['six-1.17.0.dist-info', 'six.py']);
  rig.write({ 'requirements.txt': SIX_16 });
  expect(await install(rig)).toBe('restored');
  // What six was installed with before does not vouch for it: pip looks at no hash of what is there, and none is there now.
  freshVenv(rig).write({ 'requirements.txt': SIX_16.replace('8abb', '8abc') });
  expect(await alike(rig)).toBe('miss changed (not stored: failed)');
});

test('two steps in one environment: each leaves what pip would, and nothing of the other', async () => {
  const rig = await open({ 'requirements.txt': SIX_16, 'dev.txt': `-r requirements.txt\n${IDNA}` });
  const both = async () => [await install(rig), await install(rig, ['-r', 'dev.txt'])];
  expect(await both()).toEqual(['miss first', 'miss first']);
  expect(await both()).toEqual(['miss changed', 'fresh']); // idna may be needed by what six is to be
  freshVenv(rig);
  expect([await install(rig), await alike(rig, ['-r', 'dev.txt'])]).toEqual(['restored', 'restored']);
  rig.write({ '.venv/mine.txt': 'mine', 'requirements.txt': SIX_17, 'dev.txt': `${SIX_17}${IDNA}` });
  expect([await alike(rig), await install(rig, ['-r', 'dev.txt'])]).toEqual(['miss changed', 'miss changed']);
  expect(rig.read('.venv/mine.txt')).toBe('mine');
});

test('programs name their environment: fresh here, another checkout has its own', async () => {
  const rig = await open({ 'requirements.txt': WHEEL });
  const pip = ['.venv/bin/pip', 'install', ...WHEELS, ...REQUIRED];
  expect(toldOf(await rig.wrap(pip))).toBe('miss first');
  expect(toldOf(await rig.wrap(pip))).toBe('fresh');
  freshVenv(rig);
  expect(toldOf(await rig.wrap(pip))).toBe('restored');
  expect((await rig.bare(['.venv/bin/wheel', 'version'])).stdout.toString()).toBe('wheel 0.45.1\n');
  freshVenv(rig);
  expect(await install(rig)).toBe('miss changed'); // pip's script counted
  const moved = freshVenv(rig.movedTo('elsewhere'));
  expect(toldOf(await moved.wrap(pip, DRY))).toBe('miss first (not stored: dry-run)'); // the script names its environment
  expect(await install(moved)).toBe('miss other-root');
  expect((await moved.bare(['.venv/bin/wheel', 'version'])).stdout.toString()).toBe('wheel 0.45.1\n');
});

test('a directory of packages', async () => {
  const rig = await open();
  // Behind a shim of pyenv, which is asked in vain in a home without one: a script in the place of Python is only run.
  const say = 'import os,sys; print(os.path.realpath(sys.executable))';
  const python = (await rig.bare(['python3', '-c', say])).stdout.toString().trim();
  const command = [python, '-m', 'pip', 'install', ...WHEELS];
  const target = [...REQUIRED, '--target', 'lib'];
  const into = async (options?: WrapOptions) => await rig.wrap([...command, ...target], options);
  expect(await alike(rig, target, command)).toBe('miss first');
  expect(toldOf(await into())).toBe('fresh');
  rig.remove('lib');
  expect(await alike(rig, target, command)).toBe('restored');
  const moved = rig.movedTo('elsewhere').remove('lib');
  expect(toldOf(await moved.wrap([...command, ...target]))).toBe('restored');
  const verified = await moved.remove('lib').wgcache(['wrap', '--verify-hits', '100', '--', ...command, ...target]);
  expect(verified.said.join('\n')).toMatch(/^verified: .*makes the same$/);
  // What pip would leave there, beside or instead of what is asked for.
  rig.write({ 'requirements.txt': SIX_17 });
  expect((await into(DRY)).outcome.reason?.text).toMatch(/lib holds six 1\.16\.0, which pip would leave/);
  rig.write({ 'requirements.txt': SIX_16, 'lib/mine.py': '' });
  expect((await into(DRY)).outcome.reason?.text).toMatch(/lib\/mine\.py is not of these packages/);
});

test('Python, flags, variables and configuration count; credentials and what only shows do not', async () => {
  const rig = await open();
  expect(await install(rig)).toBe('miss first');
  expect(toldOf(await rig.wrap([...PIP, '-q', ...REQUIRED]))).toBe('fresh');
  expect(await install(rig, [...REQUIRED, '--no-deps'], DRY)).toBe(CHANGED);
  const url = 'https://user:s3cret@index.example.com/simple';
  const elsewhere = { env: { PIP_EXTRA_INDEX_URL: url } };
  expect(await install(rig, REQUIRED, { ...DRY, ...elsewhere })).toBe(CHANGED);
  const explained = await rig.wgcache(['explain', '--', ...PIP, ...REQUIRED], elsewhere);
  expect(explained.stdout.toString()).toContain('//index.example.com/simple');
  expect(explained.stdout.toString()).not.toContain('s3cret');
  rig.write({ '.venv/pip.conf': '[install]\nno-deps = true\n' });
  expect(await install(rig, REQUIRED, DRY)).toBe(CHANGED);
  rig.write({ '.venv/pip.conf': '[global]\nuser = true\n' });
  expect((await rig.wrap([...PIP, ...REQUIRED], DRY)).outcome.reason?.text).toMatch(/the pip setting user/);
  rig.remove('.venv/pip.conf');
  expect(await install(rig)).toBe('fresh');
  const real = (await rig.bare(['.venv/bin/python', '-c', 'import os,sys; print(os.path.realpath(sys.executable))']))
    .stdout;
  rig
    .remove('.venv/bin/python')
    .write({ '.venv/bin/python': Buffer.concat([readFileSync(real.toString().trim()), Buffer.from('\0')]) });
  chmodSync(rig.path('.venv/bin/python'), 0o755);
  expect((await rig.wrap([...PIP, ...REQUIRED], DRY)).outcome.reason?.code).toBe('changed');
});

test('what cannot be known is only run', async () => {
  const rig = await open({
    'requirements.txt': SIX_16,
    'loose.txt': 'six\n',
    'plain.txt': 'six==1.16.0\n',
    'tree.txt': './own\n',
  });
  const because = async (args: readonly string[], pip: readonly string[] = PIP) => {
    const { reason } = (await rig.wrap([...pip, ...args], { flags: ['--dry-run'] })).outcome;
    return `${reason?.code}: ${reason?.text}`;
  };
  expect(await because(['-r', 'loose.txt'])).toMatch(/^unpinned: .*six has no version by ==/);
  expect(await because(['-r', 'plain.txt'])).toMatch(/^unpinned: .*six has no hash; .*generate-hashes/);
  expect(await because(['six==1.16.0'])).toMatch(/^unpinned: .*on the command line/);
  expect(await because(['-r', 'tree.txt'])).toMatch(/^unsupported: .*\.\/own/);
  expect(await because(['-e', './own'])).toMatch(/^unsupported: .*-e/);
  expect(await because(REQUIRED, PIP.slice(0, 4))).toMatch(/^unsupported: .*--only-binary :all:/);
  expect(await because(['--dry-run', ...REQUIRED])).toMatch(/^unknown-flag/);
  expect(await because([...REQUIRED, '--target', join(rig.env.HOME ?? '', 'lib')])).toMatch(/^output-outside-root/);
});
