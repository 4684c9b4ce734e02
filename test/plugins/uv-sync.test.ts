import { describe, expect, test } from 'vitest';
import { plugin } from '../../plugins/uv-sync.ts';
import type { MadeOutput, OutputRule } from '../../src/plugin.ts';
import { bypassed, declared, type FakeFile, ROOT, type World } from '../support/context.ts';

const VENV = `${ROOT}/.venv`;
const LIBRARY = `${VENV}/lib/python3.11/site-packages`;
const PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["six"]\n';

const OWN = '\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n';
const SIX = `
[[package]]
name = "six"
version = "1.16.0"
source = { registry = "https://h/simple" }
wheels = [{ url = "https://h/six-1.16.0-py3-none-any.whl", hash = "sha256:a" }]
`;
const LOCK = `version = 1\n${OWN}${SIX}`;

const VENV_FILES = {
  [`${VENV}/bin/python`]: 'python',
  [`${VENV}/pyvenv.cfg`]: 'home = /usr/bin\nversion_info = 3.11.7\nuv = 0.13.9\n',
  [`${LIBRARY}/_virtualenv.py`]: '',
};
const PYTHONS = {
  '/usr/bin/python3': 'python 3.11',
  '/usr/bin/python2': 'python 2',
  '/usr/lib/libpython3.11.so': 'lib',
};

interface Around {
  readonly line?: string;
  readonly files?: Readonly<Record<string, FakeFile | string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** There is no environment yet. */
  readonly anew?: boolean;
  readonly programs?: Readonly<Record<string, string>>;
}

function world({ line = 'sync --frozen', files = {}, env = {}, anew = false, programs = {} }: Around = {}): World {
  return {
    argv: ['uv', ...line.split(' ')],
    programs: { uv: '/usr/bin/uv', '/usr/bin/python3': '/usr/bin/python3', ...programs },
    env: { HOME: '/home/u', PATH: '/opt/bin:/usr/bin', ...env },
    files: {
      '/usr/bin/uv': 'knows uv_build.json',
      ...PYTHONS,
      ...(anew ? {} : VENV_FILES),
      [`${ROOT}/pyproject.toml`]: PROJECT,
      [`${ROOT}/uv.lock`]: LOCK,
      ...files,
    },
  };
}

const keyOf = async (around: Around = {}) => (await declared(plugin, world(around))).key;
const bypassOf = async (around: Around) => await bypassed(plugin, world(around));

describe('the lock and the project', () => {
  test('count by what they say', async () => {
    const key = await keyOf();
    const lock = async (text: string) => await keyOf({ files: { [`${ROOT}/uv.lock`]: text } });
    const project = async (text: string) => await keyOf({ files: { [`${ROOT}/pyproject.toml`]: text } });
    expect(await lock(`# by uv\n${LOCK}`)).toBe(key);
    expect(await lock(LOCK.replace('sha256:a', 'sha256:b'))).not.toBe(key);
    expect(await project(`${PROJECT}[tool.ruff]\nline-length = 100\n`)).toBe(key);
    expect(await project(`${PROJECT}[tool.uv]\ndefault-groups = []\n`)).not.toBe(key);
    expect(await keyOf({ line: 'sync --frozen -q --exact' })).toBe(key);
    for (const line of ['sync --locked', 'sync --frozen --no-dev', 'sync --frozen --extra a'])
      expect(await keyOf({ line })).not.toBe(key);
    expect(await keyOf({ line: 'sync', env: { UV_FROZEN: '1' } })).not.toBe(key);
    expect(await keyOf({ files: { [`${ROOT}/.python-version`]: '3.12\n' } })).not.toBe(key);
  });

  test.each<[string, Around, string, RegExp]>([
    [
      'a marker of the kernel',
      {
        files: {
          [`${ROOT}/uv.lock`]: LOCK.replace('virtual = "." }', 'virtual = "." }\nmarker = "platform_release > \'6\'"'),
        },
      },
      'unsupported',
      /the kernel/,
    ],
    ['a uv that does not tell what it built', { files: { '/usr/bin/uv': 'uv 0.8.9' } }, 'unsupported', /--no-build/],
    ['a lock that may change', { line: 'sync' }, 'unpinned', /--locked or --frozen/],
    [
      'a project that its build completes',
      {
        line: 'sync --locked',
        files: { [`${ROOT}/pyproject.toml`]: PROJECT.replace('version = "1"', 'dynamic = ["version"]') },
      },
      'unsupported',
      /--frozen does not/,
    ],
    ['no lock', { files: { [`${ROOT}/uv.lock`]: { type: 'dir' } } }, 'unsupported', /no uv\.lock/],
    ['another version', { files: { [`${ROOT}/uv.lock`]: 'version = 2\n' } }, 'unsupported', /another version/],
    [
      'the project itself',
      { files: { [`${ROOT}/uv.lock`]: LOCK.replace('virtual', 'editable') } },
      'unsupported',
      /--no-install-project/,
    ],
    [
      'a directory',
      { files: { [`${ROOT}/uv.lock`]: `${LOCK}[[package]]\nname = "own"\nsource = { directory = "own" }\n` } },
      'unsupported',
      /own, which comes from own \(directory\)/,
    ],
    [
      'a repository',
      {
        files: {
          [`${ROOT}/uv.lock`]: `${LOCK}[[package]]\nname = "own"\nsource = { git = "https://u:s3cret@h/own" }\n`,
        },
      },
      'unsupported',
      /^(?!.*s3cret).*h\/own \(git\)/,
    ],
    [
      'a directory of wheels',
      { files: { [`${ROOT}/uv.lock`]: LOCK.replace('https://h/simple', 'wheels') } },
      'unsupported',
      /wheels \(registry\)/,
    ],
    [
      'no hash',
      { files: { [`${ROOT}/uv.lock`]: LOCK.replace(', hash = "sha256:a"', '') } },
      'unpinned',
      /six has no hash/,
    ],
    [
      'a workspace',
      { files: { '/work/pyproject.toml': '[tool.uv.workspace]\nmembers = []\n' } },
      'unsupported',
      /workspaces/,
    ],
    ['another project', { line: 'sync --frozen --project x' }, 'unsupported', /--project/],
    ['what is there stays', { line: 'sync --frozen --inexact' }, 'unsupported', /--inexact/],
    ['the active one', { line: 'sync --frozen --active' }, 'unsupported', /--active/],
    ['elsewhere', { env: { UV_PROJECT_ENVIRONMENT: '/opt/venv' } }, 'output-outside-root', /\/opt\/venv/],
    ['no environment', { anew: true, files: { [`${VENV}/mine`]: '' } }, 'unsupported', /no Python/],
    ['a broken setting', { files: { '/home/u/.config/uv/uv.toml': 'a =' } }, 'unsupported', /no TOML/],
  ])('%s: only run', async (_, around, code, text) => {
    const told = await bypassOf(around);
    expect(told.code).toBe(code);
    expect('what' in told ? told.what : 'path' in told ? told.path : '').toMatch(text);
  });

  test('a project that is left out may be one to build', async () => {
    const files = { [`${ROOT}/uv.lock`]: LOCK.replace('virtual', 'editable') };
    await declared(plugin, world({ line: 'sync --frozen --no-install-project', files }));
    await declared(plugin, world({ files, env: { UV_NO_INSTALL_PROJECT: '1' } }));
  });
});

describe('an environment that is there', () => {
  const installed = (entry: string, more = '') => ({ [`${LIBRARY}/${entry}.dist-info/RECORD`]: `six.py,,\n${more}` });

  test('counts by what uv leaves of it; all else goes', async () => {
    const { outputs, key, settles, makes } = await declared(plugin, world());
    expect({ settles, makes }).toEqual({ settles: true, makes: undefined });
    expect(await keyOf({ files: installed('six-1.16.0') })).not.toBe(key);
    expect(await keyOf({ files: installed('six-1.15.0') })).toBe(key);
    expect(await keyOf({ files: installed('idna-3.7') })).toBe(key);
    expect(await keyOf({ files: { [`${VENV}/bin/python`]: 'other' } })).not.toBe(key);
    expect(await keyOf({ files: { '/usr/bin/python3': 'other' } })).toBe(key);
    const rule = outputs[0] as Extract<OutputRule, { kind: 'packages' }>;
    expect(rule).toMatchObject({ kind: 'packages', path: VENV, library: LIBRARY });
    const claimed = ['six-1.16.0', 'six-1.15.0', 'idna-3.7'].map((name) => `${name}.dist-info`);
    expect(claimed.map((name) => rule.owns(name))).toEqual([true, false, false]);
    // Also what is in the lock: it may be of a group that is not wanted. What the record has stays.
    expect(claimed.map((name) => rule.replaces(name))).toEqual([true, true, true]);
  });
});

describe('no environment', () => {
  const anew = async (around: Omit<Around, 'anew'> = {}) => await declared(plugin, world({ ...around, anew: true }));

  test('is made whole, of a Python that is found', async () => {
    const { outputs, makes, settles, key } = await anew();
    expect({ makes, settles }).toEqual({ makes: VENV, settles: undefined });
    expect(outputs).toEqual([{ kind: 'tree', path: VENV, exclusive: false, keepMtime: true }]);
    const other = async (around: Omit<Around, 'anew'>) => (await anew(around)).key;
    expect(await other({ files: { '/usr/bin/python3': 'other' } })).not.toBe(key);
    expect(await other({ files: { '/usr/lib/libpython3.11.so': 'other' } })).not.toBe(key);
    expect(await other({ files: { '/usr/bin/python2': 'other' } })).toBe(key);
    const more = { '/opt/bin/python3.12': 'python 3.12' };
    expect(await other({ files: more, programs: { '/opt/bin/python3.12': '/opt/bin/python3.12' } })).not.toBe(key);
    const fetched = { '/home/u/.local/share/uv/python/cpython-3.13.1-linux/bin/python3.13': 'python 3.13' };
    const at = Object.fromEntries(Object.keys(fetched).map((file) => [file, file]));
    expect(await other({ files: fetched, programs: at })).not.toBe(key);
    expect(await other({ env: { UV_PYTHON: '3.12' } })).not.toBe(key);
    expect(await other({ line: 'sync --frozen -p 3.12' })).not.toBe(key);
  });

  const home = async (answer: Awaited<ReturnType<typeof anew>>, dir: string) => {
    const made: MadeOutput[] = [];
    const after = { ...answer.ctx, derive: async () => ({ settings: [['', 'home', dir]] }) };
    return await answer.confirm?.(made, after as never);
  };

  test('is kept when its Python is one of those that were looked at', async () => {
    const answer = await anew();
    expect(await home(answer, '/usr/bin')).toBeNull();
    expect(await home(answer, '/root/fetched/bin')).toEqual({
      code: 'plugin',
      text: 'uv took a Python from /root/fetched/bin',
    });
  });

  test('a version manager is asked for python3; after one with a number nothing was looked at', async () => {
    const script = '#!/bin/sh\nexec pyenv exec "$0" "$@"\n';
    const shims = { '/p/shims/python3': script, '/p/shims/python3.10': script };
    const env = { PATH: '/p/shims:/usr/bin' };
    const programs = { python3: '/p/versions/3.11/bin/python3', 'python3.10': '/p/shims/python3.10' };
    const range = await anew({ files: shims, env, programs });
    expect(await home(range, '/p/versions/3.11/bin')).toBeNull();
    expect(await home(range, '/usr/bin')).not.toBeNull();
    // One version asked for: each script is asked.
    const one = await anew({ files: { ...shims, [`${ROOT}/.python-version`]: '3.11' }, env, programs });
    expect(await home(one, '/usr/bin')).toBeNull();
  });

  test('a script that runs nobody knows what: only run', async () => {
    const files = { '/opt/bin/python3': '#!/bin/sh\nexec whatever\n' };
    const told = await bypassOf({ anew: true, files, programs: { python3: '/opt/bin/python3' } });
    expect(told).toMatchObject({ what: expect.stringContaining('/opt/bin/python3') });
  });
});
