import { describe, expect, test } from 'vitest';
import { plugin } from '../../plugins/uv-pip.ts';
import type { OutputRule } from '../../src/plugin.ts';
import { bypassed, declared, type FakeFile, ROOT, type World } from '../support/context.ts';

const SIX = `six==1.16.0 --hash=sha256:${'a'.repeat(64)}\n`;
const VENV = `${ROOT}/.venv`;
const LIBRARY = `${VENV}/lib/python3.11/site-packages`;
const HASHED = 'pip install --require-hashes -r requirements.txt';

function world(line = HASHED, files: Record<string, FakeFile | string> = {}, env: Record<string, string> = {}): World {
  return {
    argv: ['uv', ...line.split(' ')],
    programs: { uv: '/usr/bin/uv' },
    env: { HOME: '/home/u', ...env },
    files: {
      '/usr/bin/uv': 'knows uv_build.json',
      ...venv(VENV),
      [`${ROOT}/requirements.txt`]: SIX,
      ...files,
    },
  };
}

function venv(dir: string, made = 'uv = 0.13.9\n'): Record<string, string> {
  return {
    [`${dir}/bin/python`]: 'python',
    [`${dir}/pyvenv.cfg`]: `home = /usr/bin\nversion_info = 3.11.7\n${made}`,
    [`${dir}/lib/python3.11/site-packages/_virtualenv.py`]: '',
  };
}

const installed = (entry: string, more = '') => ({ [`${LIBRARY}/${entry}.dist-info/RECORD`]: `six.py,,\n${more}` });

function packages(outputs: readonly OutputRule[]): Extract<OutputRule, { kind: 'packages' }> {
  const [rule] = outputs;
  return rule?.kind === 'packages' ? rule : expect.fail('no rule for packages');
}

const keyOf = async (...args: Parameters<typeof world>) => (await declared(plugin, world(...args))).key;

describe('requirements', () => {
  test('count by what they say', async () => {
    const key = await keyOf();
    expect(await keyOf(HASHED, { [`${ROOT}/requirements.txt`]: `# words\n${SIX}` })).toBe(key);
    expect(await keyOf(HASHED, { [`${ROOT}/requirements.txt`]: SIX.replace('aaaa', 'aaab') })).not.toBe(key);
    expect(await keyOf('pip install --require-hashes --requirement=requirements.txt -q --no-progress')).toBe(key);
    expect(await keyOf('pip install --no-deps -r requirements.txt')).not.toBe(key);
  });

  test.each([
    ['six\n', 'unpinned', /six has no version/],
    ['six==1.16.0\n', 'unpinned', /six has no hash/],
    ['-e .\n', 'unsupported', /editable/],
    [`a @ https://u:s3cret@host/a.whl\n`, 'unsupported', /^(?!.*s3cret).*host\/a\.whl/],
  ])('%j: only run', async (text, code, what) => {
    const told = await bypassed(plugin, world(HASHED, { [`${ROOT}/requirements.txt`]: text }));
    expect(told.code).toBe(code);
    expect('what' in told ? told.what : '').toMatch(what);
  });
});

describe('the environment', () => {
  test('is the active one, or the nearest; a path on the line goes before both', async () => {
    const other = venv(`${ROOT}/other`);
    expect(packages((await declared(plugin, world())).outputs).path).toBe(VENV);
    const active = world(HASHED, other, { VIRTUAL_ENV: `${ROOT}/other` });
    expect(packages((await declared(plugin, active)).outputs).path).toBe(`${ROOT}/other`);
    for (const place of ['other', 'other/bin/python', `${ROOT}/other`]) {
      const line = world(`${HASHED} --python ./${place}`.replace('.//', '/'), other, { VIRTUAL_ENV: VENV });
      expect(packages((await declared(plugin, line)).outputs).path).toBe(`${ROOT}/other`);
    }
    const variable = world(HASHED, other, { UV_PYTHON: './other' });
    expect(packages((await declared(plugin, variable)).outputs).path).toBe(`${ROOT}/other`);
    const below = { ...world(), cwd: `${ROOT}/sub`, argv: ['uv', 'pip', 'sync', '../requirements.txt'] } as const;
    expect(packages((await declared(plugin, below)).outputs).path).toBe(VENV);
  });

  test('what is wanted and there counts by its list, the rest by its version', async () => {
    const key = await keyOf();
    expect(await keyOf(HASHED, installed('six-1.16.0'))).not.toBe(key);
    expect(await keyOf(HASHED, installed('six-1.16.0', 'more'))).not.toBe(await keyOf(HASHED, installed('six-1.16.0')));
    expect(await keyOf(HASHED, installed('six-1.15.0'))).toBe(key);
    expect(await keyOf(HASHED, installed('idna-3.7'))).not.toBe(key);
  });

  test('sync takes away all else; of an environment that uv did not make, not pip and the like', async () => {
    const gone = async (made?: string) => {
      const { outputs } = await declared(plugin, world('pip sync requirements.txt', venv(VENV, made)));
      const names = ['six-1.15.0', 'idna-3.7', 'pip-24.0', 'setuptools-70.0'];
      return names.filter((name) => packages(outputs).replaces(`${name}.dist-info`));
    };
    expect(await gone()).toEqual(['six-1.15.0', 'idna-3.7', 'pip-24.0', 'setuptools-70.0']);
    expect(await gone('uv = 0.13.9\nseed = true\n')).toEqual(['six-1.15.0', 'idna-3.7']);
    expect(await gone('')).toEqual(['six-1.15.0', 'idna-3.7']);
    const { outputs } = await declared(plugin, world());
    expect(packages(outputs).replaces('idna-3.7.dist-info')).toBe(false);
    expect(await keyOf(`${HASHED} --exact`)).not.toBe(await keyOf());
  });

  test.each(['~ip-24.0', '-ip-24.0', 'foo-bar-1.0', 'six-', 'six-latest'])(
    'one with %s.dist-info is only run: what its list names is not its own',
    async (entry) => {
      for (const line of [HASHED, 'pip sync requirements.txt'])
        expect(await bypassed(plugin, world(line, installed(entry)))).toMatchObject({
          what: expect.stringContaining('by no name'),
        });
    },
  );

  test('a Python of the workspace that is none is only run: nobody would know where its packages lie', async () => {
    const files = { [`${ROOT}/python/bin/python3`]: 'python', [`${ROOT}/python/lib/python3.11/os.py`]: '' };
    expect(await bypassed(plugin, world(`${HASHED} --python ./python/bin/python3`, files))).toMatchObject({
      what: expect.stringContaining('no environment'),
    });
  });

  test('one in which another version may stay or not is only run', async () => {
    const text = SIX.replace(' --', ' ; sys_platform == "win32" --');
    const there = { [`${ROOT}/requirements.txt`]: text, ...installed('six-1.15.0') };
    expect(await bypassed(plugin, world(HASHED, there))).toMatchObject({
      what: expect.stringContaining('another version'),
    });
  });

  test('Python and settings count; credentials, and how things are fetched, do not', async () => {
    const key = await keyOf();
    expect(await keyOf(HASHED, { [`${VENV}/bin/python`]: 'other' })).not.toBe(key);
    expect(await keyOf(HASHED, { [`${ROOT}/uv.toml`]: 'index-url = "https://h/s"\n' })).not.toBe(key);
    expect(await keyOf(HASHED, { '/work/pyproject.toml': '[tool.uv]\nindex-url = "https://h/s"\n' })).not.toBe(key);
    expect(await keyOf(HASHED, { '/home/u/.config/uv/uv.toml': '[pip]\nno-deps = true\n' })).not.toBe(key);
    expect(await keyOf(HASHED, { '/etc/xdg/uv/uv.toml': 'no-index = true\n' })).not.toBe(key);
    expect(await keyOf(HASHED, { '/home/u/.config/uv/uv.toml': 'cache-dir = "/c"\n' })).toBe(key);
    const url = async (text: string) => await keyOf(HASHED, {}, { UV_INDEX_URL: text });
    expect(await url('https://h/s')).not.toBe(key);
    expect(await url('https://u:p@h/s')).toBe(await url('https://h/s'));
    const quiet = { UV_CACHE_DIR: '/c', UV_LINK_MODE: 'copy', UV_NO_PROGRESS: '1', UV_INDEX_OWN_PASSWORD: 'p' };
    expect(await keyOf(HASHED, {}, quiet)).toBe(key);
    expect(await keyOf(HASHED, { [`${VENV}/pyvenv.cfg`]: 'home = /opt/bin\nuv = 1\n' })).not.toBe(key);
  });

  test('a file of settings hides those above it, also with nothing in it', async () => {
    const line = 'pip install -r requirements.txt';
    const deps = '[pip]\nno-deps = true\n';
    const own = { [`${ROOT}/uv.toml`]: deps };
    await declared(plugin, world(line, own));
    const notSure: Parameters<typeof world>[] = [
      [line, { '/work/uv.toml': deps }],
      [line, { '/work/uv.toml': deps, [`${ROOT}/uv.toml`]: '' }],
      [line, { [`${ROOT}/pyproject.toml`]: '[tool.uv.pip]\nno-deps = true\n', [`${ROOT}/uv.toml`]: '' }],
      [line, { ...own, '/work/pyproject.toml': '[project]\nname = "a"\n' }],
      [line, own, { UV_NO_CONFIG: '1' }],
      [line, own, { UV_NO_DEPS: '0' }],
      [`${line} --no-config`, own],
    ];
    for (const args of notSure) expect((await bypassed(plugin, world(...args))).code).toBe('unpinned');
    const strategy = { '/work/uv.toml': 'index-strategy = "unsafe-best-match"\n' };
    const keys = [
      await keyOf(HASHED, strategy),
      await keyOf(HASHED, { [`${ROOT}/uv.toml`]: strategy['/work/uv.toml'] }),
      await keyOf(HASHED, { ...strategy, [`${ROOT}/uv.toml`]: '' }),
      await keyOf(HASHED, { ...strategy, [`${ROOT}/pyproject.toml`]: '' }),
      await keyOf(HASHED, { ...strategy, [`${ROOT}/pyproject.toml`]: '[tool.uv]\n' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test.each([
    [{ UV_LINK_MODE: 'symlink' }, /link-mode/],
    [{ UV_SYSTEM_PYTHON: '1' }, /system-python/],
    [{ UV_NO_VERIFY_HASHES: '1' }, /no-verify-hashes/],
    [{ UV_COMPILE_BYTECODE: '1' }, /compile-bytecode/],
    [{ UV_FIND_LINKS: './wheels' }, /find-links with a directory/],
    [{ UV_NO_INSTALLER_METADATA: '1' }, /no-installer-metadata/],
    [{ UV_OVERRIDE: 'over.txt' }, /override/],
    [{ CONDA_PREFIX: '/conda' }, /conda/],
    [{ UV_PYTHON: '3.12' }, /--python 3\.12/],
  ])('%j: only run', async (env, what) => {
    const { files, ...rest } = world(HASHED, {}, env as Record<string, string>);
    const none = 'CONDA_PREFIX' in env ? { '/usr/bin/uv': 'uv_build.json', [`${ROOT}/requirements.txt`]: SIX } : files;
    expect(await bypassed(plugin, { ...rest, files: none })).toMatchObject({
      code: 'unsupported',
      what: expect.stringMatching(what),
    });
  });

  test('told by a .venv that is a file is only run: uv goes where it says, and not further up', async () => {
    const below = { [`${ROOT}/sub/.venv`]: '../other', [`${ROOT}/sub/requirements.txt`]: SIX };
    expect(await bypassed(plugin, { ...world(HASHED, below), cwd: `${ROOT}/sub` })).toMatchObject({
      what: expect.stringContaining('sub/.venv, which is no directory'),
    });
  });

  test('none: uv would look for a Python', async () => {
    const { files: _, ...rest } = world();
    expect(
      await bypassed(plugin, { ...rest, files: { '/usr/bin/uv': 'uv_build.json', [`${ROOT}/requirements.txt`]: SIX } }),
    ).toMatchObject({
      what: expect.stringContaining('uv venv'),
    });
  });
});

test('a directory, where there is no environment: of any Python', async () => {
  const pythons = { '/usr/bin/uv': 'uv_build.json', '/usr/bin/python3': 'python', [`${ROOT}/requirements.txt`]: SIX };
  const around = (files: Record<string, string>) => ({
    ...world(`${HASHED} -t lib`, {}, { PATH: '/opt/bin:/usr/bin' }),
    programs: {
      uv: '/usr/bin/uv',
      '/usr/bin/python3': '/usr/bin/python3',
      '/opt/bin/python3.12': '/opt/bin/python3.12',
    },
    files: { ...pythons, ...files },
  });
  const { key, outputs } = await declared(plugin, around({}));
  expect(packages(outputs)).toMatchObject({ path: `${ROOT}/lib`, library: `${ROOT}/lib` });
  expect((await declared(plugin, around({ '/usr/bin/python3': 'other' }))).key).not.toBe(key);
  expect((await declared(plugin, around({ '/opt/bin/python3.12': 'python' }))).key).not.toBe(key);
});

test('a directory is an environment of its own', async () => {
  const keys = await Promise.all(['lib', 'lib/sub', 'lib2'].map((dir) => keyOf(`${HASHED} -t ${dir}`)));
  expect(new Set(keys).size).toBe(3);
  const { outputs } = await declared(plugin, world(`${HASHED} -t lib`));
  expect(packages(outputs)).toMatchObject({ path: `${ROOT}/lib`, library: `${ROOT}/lib` });
  const outside = await bypassed(plugin, world(`${HASHED} --target /opt/lib`));
  expect(outside).toMatchObject({ code: 'output-outside-root', path: '/opt/lib' });
});

describe('after the run', () => {
  const list = `${LIBRARY}/six-1.16.0.dist-info/RECORD`;
  const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  const file = (path: string, digest: string) => ({ path, digest, size: 0 });
  const confirm = async (...made: { path: string; digest: string; size: number }[]) => {
    const record = { [list]: 'six.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n' };
    const answer = await declared(plugin, world(HASHED, record));
    return await answer.confirm?.([file(list, 'b'), ...made], answer.ctx);
  };

  test('what was installed must be what the wheel lists', async () => {
    expect(await confirm(file(`${LIBRARY}/six.py`, EMPTY))).toBeNull();
    const told = { code: 'plugin', text: '.venv/lib/python3.11/site-packages/six.py is not what six 1.16.0 came with' };
    expect(await confirm(file(`${LIBRARY}/six.py`, 'a'.repeat(64)))).toEqual(told);
    expect(await confirm()).toEqual(told);
  });

  test('of a uv that does not tell what it built: wheels alone', async () => {
    const old = { '/usr/bin/uv': 'uv 0.8.9' };
    expect(await bypassed(plugin, world(HASHED, old))).toMatchObject({ what: expect.stringContaining('--no-build') });
    for (const flag of ['--no-build', '--only-binary :all:']) await declared(plugin, world(`${HASHED} ${flag}`, old));
  });

  test('what is required must be where it was to be installed', async () => {
    const answer = await declared(plugin, world());
    expect(await answer.confirm?.([], answer.ctx)).toMatchObject({
      text: expect.stringContaining('six 1.16.0 is not where'),
    });
  });

  test('what was built is not stored', async () => {
    const mark = file(`${LIBRARY}/six-1.16.0.dist-info/uv_build.json`, 'c');
    expect(await confirm(file(`${LIBRARY}/six.py`, EMPTY), mark)).toMatchObject({
      text: expect.stringContaining('built'),
    });
  });
});

test.each([
  ['pip install -r requirements.txt', 'unpinned', /--require-hashes/],
  ['pip install six==1.16.0', 'unpinned', /on the command line/],
  ['pip install ./own', 'unsupported', /own/],
  ['pip install -e .', 'unsupported', /-e/],
  ['pip install -r pyproject.toml', 'unsupported', /pyproject/],
  [`${HASHED} --system`, 'unknown-flag', /--system/],
  [`${HASHED} --reinstall`, 'unsupported', /--reinstall/],
  [`${HASHED} --compile-bytecode`, 'unsupported', /--compile-bytecode/],
  [`${HASHED} --link-mode=symlink`, 'unsupported', /symlink/],
  [`${HASHED} --index ./wheels`, 'unsupported', /the index/],
  [`${HASHED} --python 3.12`, 'unsupported', /a path says which/],
])('uv %s: only run', async (line, code, text) => {
  const told = await bypassed(plugin, world(line));
  expect(told.code).toBe(code);
  expect(JSON.stringify(told)).toMatch(text);
});
