import { describe, expect, test } from 'vitest';
import { plugin } from '../../plugins/pip-install.ts';
import type { OutputRule } from '../../src/plugin.ts';
import { bypassed, declared, type FakeFile, ROOT, type World } from '../support/context.ts';

const SIX = `six==1.16.0 --hash=sha256:${'a'.repeat(64)}\n`;
const VENV = `${ROOT}/.venv`;
const LIBRARY = `${VENV}/lib/python3.11/site-packages`;
const WHEELS = '--only-binary :all: -r requirements.txt';

function world(line = WHEELS, files: Record<string, FakeFile | string> = {}, more: Partial<World> = {}): World {
  return {
    argv: ['.venv/bin/pip', 'install', ...line.split(' ')],
    programs: { '.venv/bin/pip': `${VENV}/bin/pip` },
    files: {
      [`${VENV}/bin/pip`]: `#!${VENV}/bin/python\nimport pip\n`,
      [`${VENV}/bin/python`]: 'python',
      [`${VENV}/pyvenv.cfg`]: 'home = /usr/bin\nversion = 3.11.7\ncommand = anything\n',
      [`${LIBRARY}/pip/__init__.py`]: '__version__ = "23.2.1"',
      [`${ROOT}/requirements.txt`]: SIX,
      ...files,
    },
    ...more,
  };
}

const installed = (entry: string, more = '') => ({ [`${LIBRARY}/${entry}.dist-info/RECORD`]: `six.py,,\n${more}` });

function packages(outputs: readonly OutputRule[]): Extract<OutputRule, { kind: 'packages' }> {
  const [rule] = outputs;
  return rule?.kind === 'packages' ? rule : expect.fail('no rule for packages');
}

describe('requirements', () => {
  test('count by what they say, with the files they name', async () => {
    const { key } = await declared(plugin, world());
    const same = async (text: string) =>
      (await declared(plugin, world(WHEELS, { [`${ROOT}/requirements.txt`]: text }))).key === key;
    expect(await same(`# words\n${SIX.replace(' --', ' \\\n  --')}\n`)).toBe(true);
    expect(await same(SIX.replace('1.16.0', '1.17.0'))).toBe(false);
    expect(await same(SIX.replace('aaaa', 'aaab'))).toBe(false);
    expect(await same(SIX.replace(' --', ' ; python_version < "4" --'))).toBe(false);
    const nested = async (text: string) =>
      (
        await declared(
          plugin,
          world(WHEELS, { [`${ROOT}/requirements.txt`]: `-c c/more.txt\n${SIX}`, [`${ROOT}/c/more.txt`]: text }),
        )
      ).key;
    expect(await nested('idna<4\n')).not.toBe(await nested('idna<5\n'));
  });

  test.each([
    ['six\n', { code: 'unpinned', what: /six has no version/ }],
    ['six>=1.16.0\n', { code: 'unpinned', what: /six has no version/ }],
    ['six==1.*\n', { code: 'unpinned', what: /six has no version/ }],
    ['six==1.16.0\n', { code: 'unpinned', what: /six has no hash/ }],
    ['./own\n', { code: 'unsupported', what: /\.\/own/ }],
    ['git+https://host/a.git@main\n', { code: 'unsupported', what: /git\+https/ }],
    [`a @ https://u:s3cret@host/a.whl\n`, { code: 'unsupported', what: /^(?!.*s3cret).*host\/a\.whl/ }],
    [SIX.replace(' --', '; platform_release > "6" --'), { code: 'unsupported', what: /kernel/ }],
    ['-e .\n', { code: 'unsupported', what: /editable/ }],
    ['-r https://host/r.txt\n', { code: 'unsupported', what: /no file|requirements from/ }],
    [`--no-binary :all:\n${SIX}`, { code: 'unsupported', what: /no-binary/ }],
  ])('%j: only run', async (text, reason) => {
    const told = await bypassed(plugin, world(WHEELS, { [`${ROOT}/requirements.txt`]: text }));
    expect(told).toMatchObject({ code: reason.code });
    expect('what' in told ? told.what : '').toMatch(reason.what);
  });
});

describe('the environment', () => {
  test('what is wanted and there counts by its list, what is replaced does not, the rest by its version', async () => {
    const { key, outputs } = await declared(plugin, world());
    const with_ = async (files: Record<string, string>) => (await declared(plugin, world(WHEELS, files))).key;
    expect(await with_(installed('six-1.16.0'))).not.toBe(key);
    expect(await with_(installed('six-1.16.0'))).not.toBe(await with_(installed('six-1.16.0', 'more.py,,\n')));
    expect(await with_(installed('six-1.15.0'))).toBe(key);
    expect(await with_(installed('idna-3.7'))).not.toBe(key);
    expect(await with_(installed('idna-3.7'))).toBe(await with_(installed('idna-3.7', 'more.py,,\n')));
    const rule = packages(outputs);
    expect(rule).toMatchObject({ path: VENV, library: LIBRARY });
    const claimed = ['six-1.16.0', 'Six-1.16', 'six-1.15.0', 'idna-3.7'].map((name) => `${name}.dist-info`);
    expect(claimed.map((name) => rule.owns(name))).toEqual([true, true, false, false]);
    expect(claimed.map((name) => rule.replaces(name))).toEqual([false, false, true, false]);
  });

  test('what only some platforms want may stay in another version', async () => {
    const text = SIX.replace(' --', ' ; sys_platform == "win32" --');
    const { outputs } = await declared(plugin, world(WHEELS, { [`${ROOT}/requirements.txt`]: text }));
    expect(packages(outputs).replaces('six-1.15.0.dist-info')).toBe(false);
  });

  test('one in which another version may stay or not is only run', async () => {
    const text = SIX.replace(' --', ' ; sys_platform == "win32" --');
    const there = { [`${ROOT}/requirements.txt`]: text, ...installed('six-1.15.0') };
    expect(await bypassed(plugin, world(WHEELS, there))).toMatchObject({
      what: expect.stringContaining('another version'),
    });
  });

  test('Python, pip and their settings count; where the environment was made does not', async () => {
    const { key } = await declared(plugin, world());
    const another = async (files: Record<string, string>, env = {}) =>
      (await declared(plugin, world(WHEELS, files, { env: { HOME: '/home/u', ...env } }))).key;
    expect(await another({})).toBe(key);
    expect(await another({ [`${VENV}/pyvenv.cfg`]: 'home = /usr/bin\nversion = 3.11.7\ncommand = other\n' })).toBe(key);
    expect(await another({ [`${VENV}/bin/python`]: 'other' })).not.toBe(key);
    expect(await another({ [`${LIBRARY}/pip/__init__.py`]: '__version__ = "24"' })).not.toBe(key);
    expect(await another({ '/home/u/.config/pip/pip.conf': '[install]\nno-deps = yes\n' })).not.toBe(key);
    expect(await another({ '/home/u/.config/pip/pip.conf': '[global]\ntimeout = 3\n' })).toBe(key);
    expect(await another({}, { PIP_INDEX_URL: 'https://a.example/simple' })).not.toBe(key);
    expect(await another({}, { PIP_INDEX_URL: 'https://a:b@a.example/simple' })).toBe(
      await another({}, { PIP_INDEX_URL: 'https://a.example/simple' }),
    );
    expect(await another({}, { PIP_NO_CACHE_DIR: '1' })).toBe(key);
    expect(await another({}, { SOURCE_DATE_EPOCH: '1' })).not.toBe(key);
    expect(await another({}, { PYTHONDONTWRITEBYTECODE: '1' })).not.toBe(key);
  });

  test.each([
    ['PIP_USER', 'the pip setting user'],
    ['PIP_NO_BINARY', 'the pip setting no-binary'],
  ])('%s: only run', async (name, what) => {
    expect(await bypassed(plugin, world(WHEELS, {}, { env: { HOME: '/home/u', [name]: '1' } }))).toEqual({
      code: 'unsupported',
      what,
    });
  });

  test('one that holds a package twice is only run: which of them pip sees, nobody knows', async () => {
    const twice = { ...installed('six-1.16.0'), ...installed('six-1.15.0') };
    expect(await bypassed(plugin, world(WHEELS, twice))).toMatchObject({
      code: 'unsupported',
      what: expect.stringContaining('six twice'),
    });
  });

  test('one that sees the packages of the system is only run, and none at all', async () => {
    const system = { [`${VENV}/pyvenv.cfg`]: 'home = /usr/bin\ninclude-system-site-packages = True\n' };
    expect(await bypassed(plugin, world(WHEELS, system))).toMatchObject({ code: 'unsupported' });
    const argv: World['argv'] = ['pip', 'install', ...WHEELS.split(' ')];
    const files = { '/usr/bin/pip': '#!/usr/bin/python3\n', '/usr/bin/python3': 'python' };
    expect(await bypassed(plugin, world(WHEELS, files, { argv, programs: { pip: '/usr/bin/pip' } }))).toMatchObject({
      code: 'output-outside-root',
      set: expect.stringContaining('venv'),
    });
  });

  test('a long path stands in a script of sh', async () => {
    const script = `#!/bin/sh\n'''exec' "${VENV}/bin/python" "$0" "$@"\n' '''\n`;
    const answer = await declared(plugin, world(WHEELS, { [`${VENV}/bin/pip`]: script }));
    expect(packages(answer.outputs).library).toBe(LIBRARY);
  });
});

describe('a directory of packages', () => {
  const target = (files: Record<string, string> = {}) => world(`${WHEELS} -t lib`, files);

  test('is an output with its times', async () => {
    const { outputs } = await declared(plugin, target());
    expect(outputs).toEqual([{ kind: 'tree', path: `${ROOT}/lib`, exclusive: false, keepMtime: true }]);
  });

  test('must hold nothing else', async () => {
    const own = {
      [`${ROOT}/lib/six-1.16.0.dist-info/RECORD`]: 'six.py,,\n../../bin/six,,\n',
      [`${ROOT}/lib/six.py`]: '',
      [`${ROOT}/lib/bin/six`]: '',
    };
    await declared(plugin, target(own));
    expect(await bypassed(plugin, target({ ...own, [`${ROOT}/lib/mine.py`]: '' }))).toMatchObject({
      what: expect.stringContaining('lib/mine.py'),
    });
    const other = { [`${ROOT}/lib/six-1.15.0.dist-info/RECORD`]: 'six.py,,\n' };
    expect(await bypassed(plugin, target(other))).toMatchObject({ what: expect.stringContaining('six 1.15.0') });
  });
});

test.each([
  ['-r requirements.txt', 'unsupported', /--only-binary :all:/],
  [`${WHEELS} -c=other.txt`, 'unknown-flag', /-c=/],
  [`${WHEELS} --user`, 'unknown-flag', /--user/],
  [`${WHEELS} -e .`, 'unsupported', /-e/],
  ['--only-binary :all: six==1.16.0', 'unpinned', /on the command line/],
  ['--only-binary :all: ./own', 'unsupported', /own/],
])('pip install %s: only run', async (line, code, text) => {
  const told = await bypassed(plugin, world(line));
  expect(told.code).toBe(code);
  expect(JSON.stringify(told)).toMatch(text);
});

/** Whatever Python a script starts, its own bytes do not say which. */
test.each([
  [{ [`${VENV}/bin/python`]: '#!/bin/sh\nexec python3.12 "$@"\n' }, /a script in the place of Python/],
  [{ [`${ROOT}/setup.cfg`]: '[install]\nprefix = /opt\n' }, /\[install\] in setup\.cfg/],
  [{ '/home/u/.pydistutils.cfg': '[install]\nprefix = /opt\n' }, /\[install\] in .*pydistutils/],
  [{ '/etc/pip.conf': '[DEFAULT]\nno-deps = true\n[global]\n' }, /\[DEFAULT\]/],
])('what stands for others: only run %#', async (files, text) => {
  expect(await bypassed(plugin, world(WHEELS, files))).toMatchObject({
    code: 'unsupported',
    what: expect.stringMatching(text),
  });
});

test('wheels beside the requirements count, and those of an address of a directory', async () => {
  const links = async (place: string, files: Record<string, string> = {}) => {
    const text = `--find-links ${place}\n${SIX}`;
    const world_ = world('--only-binary :all: -r sub/more.txt', { [`${ROOT}/sub/more.txt`]: text, ...files });
    return (await declared(plugin, world_)).key;
  };
  for (const [place, dir] of [
    ['wheels', `${ROOT}/sub/wheels`],
    ['wheels', `${ROOT}/wheels`],
    ['file:///opt/wheels', '/opt/wheels'],
  ] as const)
    expect(await links(place, { [`${dir}/six.whl`]: '' })).not.toBe(await links(place));
});

test('packages on PYTHONPATH are only run: pip takes them for installed', async () => {
  const env = { HOME: '/home/u', PYTHONPATH: `${ROOT}/src:${ROOT}/extra` };
  await declared(plugin, world(WHEELS, { [`${ROOT}/src/app.py`]: '' }, { env }));
  for (const entry of ['six-1.16.0.dist-info/RECORD', 'six.egg-info/PKG-INFO'])
    expect(await bypassed(plugin, world(WHEELS, { [`${ROOT}/extra/${entry}`]: '' }, { env }))).toMatchObject({
      what: expect.stringContaining('PYTHONPATH'),
    });
  const here = world(WHEELS, { [`${ROOT}/six-1.16.0.dist-info/RECORD`]: '' }, { env: { ...env, PYTHONPATH: ':/x' } });
  expect(await bypassed(plugin, here)).toMatchObject({ what: expect.stringContaining('PYTHONPATH') }); // an empty part is the cwd
});

test('what is required must be where it was to be installed, or nothing is stored', async () => {
  const { confirm, ctx } = await declared(plugin, world());
  const made = (entry: string) => [{ path: `${LIBRARY}/${entry}.dist-info/RECORD`, digest: 'a', size: 1 }];
  expect(await confirm?.(made('six-1.16.0'), ctx)).toBeNull();
  for (const entry of ['idna-3.7', 'six-1.16.0+local'])
    expect(await confirm?.(made(entry), ctx)).toMatchObject({ text: 'six 1.16.0 is not where it was to be installed' });
  const some = world(WHEELS, { [`${ROOT}/requirements.txt`]: SIX.replace(' --', ' ; sys_platform == "win32" --') });
  const marked = await declared(plugin, some);
  expect(await marked.confirm?.([], marked.ctx)).toBeNull();
});

test('variables count in any case; what is for install goes over what is global', async () => {
  expect(await bypassed(plugin, world(WHEELS, {}, { env: { HOME: '/home/u', PIP_prefix: '/opt' } }))).toMatchObject({
    what: expect.stringContaining('the pip setting prefix'),
  });
  const keys = ['global', 'install'].map(async (section) => {
    const other = section === 'global' ? 'install' : 'global';
    const files = {
      '/home/u/.config/pip/pip.conf': `[${section}]\nno-deps = yes\n`,
      [`${VENV}/pip.conf`]: `[${other}]\nno-deps = no\n`,
    };
    return (await declared(plugin, world(WHEELS, files))).key;
  });
  expect(await keys[0]).not.toBe(await keys[1]);
});

test('what is stored lies where it was installed', async () => {
  const into = async (dir: string) => (await declared(plugin, world(`${WHEELS} --target ${dir}`))).key;
  expect(await into('lib')).not.toBe(await into('more'));
  expect(await into('lib')).toBe(await into('./lib/'));
});

describe('seeds', () => {
  const seeds = async (line = WHEELS, more: Partial<World> = {}) =>
    (await declared(plugin, world(line, {}, { env: { HOME: '/home/u' }, ...more }))).seeds;

  test('what pip downloaded, as far as the requirements have its SHA-256', async () => {
    const [seed, ...others] = (await seeds()) ?? [];
    expect(others).toEqual([]);
    expect(seed).toMatchObject({ name: 'pip', dir: '/home/u/.cache/pip/http-v2' });
    expect(seed?.answers).toMatchObject({ suffix: '.body', sha256: ['a'.repeat(64)] });
    const name = `b/a/7/8/5/ba785${'9'.repeat(51)}`;
    expect([name, `${name}.body`, `${name}.tmp`, 'selfcheck/x'].map((path) => seed?.files.test(path))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const refused = (head: string) => seed?.answers?.without.test(head);
    expect(refused('cc=4,..response..ETag."w".Cache-Control.max-age=365000000, immutable, public')).toBe(false);
    for (const head of ['Set-Cookie', 'vary..authorization.Basic dTpw', 'x-api-key', 'X-Amz-Security-Token'])
      expect(refused(head), head).toBe(true);
  });

  test('where pip keeps them', async () => {
    const dirs = async (line?: string, more?: Partial<World>) => (await seeds(line, more))?.map(({ dir }) => dir);
    expect(await dirs(`${WHEELS} --cache-dir /c`)).toEqual(['/c/http-v2']);
    expect(await dirs(WHEELS, { env: { HOME: '/home/u', PIP_CACHE_DIR: '~/c' } })).toEqual(['/home/u/c/http-v2']);
    expect(await dirs(WHEELS, { env: { HOME: '/home/u', XDG_CACHE_HOME: '/x' } })).toEqual(['/x/pip/http-v2']);
    for (const PIP_NO_CACHE_DIR of ['1', 'off']) expect(await dirs(WHEELS, { env: { PIP_NO_CACHE_DIR } })).toEqual([]);
    expect(await dirs(`${WHEELS} --no-cache-dir`)).toEqual([]);
  });
});
