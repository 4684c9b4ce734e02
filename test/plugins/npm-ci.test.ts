// biome-ignore-all lint/suspicious/noTemplateCurlyInString: npm's own way to name a variable
/** Where `npm ci` takes its settings from, and what of them counts. */
import { expect, test } from 'vitest';
import { libcOf } from '../../plugins/_install/npm-confirm.ts';
import { plugin } from '../../plugins/npm-ci.ts';
import { bypassed, declared, ROOT, type World } from '../support/context.ts';

const LOCK = { lockfileVersion: 3, packages: { '': {} } };

const world = (
  files: Record<string, string> = {},
  env: Record<string, string> = {},
  argv: World['argv'] = ['npm', 'ci'],
): World => ({
  argv,
  env: { HOME: '/home/u', ...env },
  files: { [`${ROOT}/package.json`]: '{}', [`${ROOT}/package-lock.json`]: JSON.stringify(LOCK), ...files },
  programs: { npm: '/usr/lib/npm/bin/npm-cli.js', node: '/usr/bin/node' },
});

const key = async (...about: Parameters<typeof world>): Promise<string> =>
  (await declared(plugin, world(...about))).key;

test.each([
  ['the default', '/usr/etc/npmrc', {}, {}],
  ['with DESTDIR', '/dest/usr/etc/npmrc', {}, { DESTDIR: '/dest' }],
  ['PREFIX', '/p/etc/npmrc', {}, { PREFIX: '/p', DESTDIR: '/dest' }],
  ['a variable', '/home/u/.global/etc/npmrc', { '/home/u/.npmrc': 'prefix=${HOME}/.global\n' }, {}],
  ['the home', '/home/u/.global/etc/npmrc', { '/home/u/.npmrc': 'prefix = ~/.global ; mine\n' }, {}],
  ['of the environment', '/home/u/g/etc/npmrc', {}, { npm_config_prefix: '${HOME}/g' }],
  ["of npm's own file", '/opt/etc/npmrc', { '/usr/lib/npm/npmrc': 'prefix = /opt\n' }, {}],
  ['another file', '/home/u/g', { [`${ROOT}/.npmrc`]: 'globalconfig=~/g\n' }, { PREFIX: '/p' }],
])('the global npmrc lies below the prefix: %s', async (_, file, files, env) => {
  const before = await key(files, env);
  expect(await key({ ...files, [file]: 'omit=dev\n' }, env)).not.toBe(before);
  expect(await key({ ...files, [file]: 'fund=false\n' }, env)).toBe(before);
});

test("the project's npmrc, npm's own and the environment say where the user's lies", async () => {
  const own = { [`${ROOT}/.npmrc`]: 'userconfig=./ci.npmrc\n' };
  expect(await key({ ...own, [`${ROOT}/ci.npmrc`]: 'omit=dev\n' })).not.toBe(await key(own));
  expect(await key({ ...own, '/home/u/.npmrc': 'omit=dev\n' })).toBe(await key(own));
  const builtin = { '/usr/lib/npm/npmrc': 'userconfig=/etc/npmrc\n' };
  expect(await key({ ...builtin, '/etc/npmrc': 'omit=dev\n' })).not.toBe(await key(builtin));
  const env = { npm_config_userconfig: '~/ci.npmrc' };
  expect(await key({ '/home/u/ci.npmrc': 'omit=dev\n' }, env)).not.toBe(await key({}, env));
});

test('variables of settings that count, and no others: another home is another place only', async () => {
  const quiet = (home: string): Promise<string> =>
    key(
      { [`${home}/.npmrc`]: 'prefix=${HOME}/.global\n//r.example/:_authToken=${TOKEN}\n' },
      { HOME: home, TOKEN: home },
    );
  expect(await quiet('/home/a')).toBe(await quiet('/home/b'));
  const counted = (kind: string): Promise<string> => key({ [`${ROOT}/.npmrc`]: 'omit=${KIND}\n' }, { KIND: kind });
  expect(await counted('dev')).not.toBe(await counted('peer'));
});

test('what npm run sets for its own is no other step; another node-gyp is', async () => {
  const gyp = (npm_config_node_gyp: string) => key({}, { npm_config_node_gyp, npm_config_call: 'npm ci' });
  expect(await gyp('/usr/lib/npm/node_modules/node-gyp/bin/node-gyp.js')).toBe(await key());
  expect(await gyp('/opt/node-gyp.js')).not.toBe(await key());
});

test('the command line goes over what files say of scripts', async () => {
  const files = {
    [`${ROOT}/package.json`]: '{"scripts":{"prepare":"true"}}',
    [`${ROOT}/.npmrc`]: 'ignore-scripts=true\n',
  };
  expect((await declared(plugin, world(files))).args).toEqual(['ci']);
  const told = { code: 'unsupported', what: expect.stringContaining('its own script prepare') };
  expect(await bypassed(plugin, world(files, {}, ['npm', 'ci', '--ignore-scripts=false']))).toMatchObject(told);
  const inSection = { ...files, [`${ROOT}/.npmrc`]: '[other]\nignore-scripts=true\n' };
  expect(await bypassed(plugin, world(inSection))).toMatchObject(told);
});

test.each(['preinstall', 'install', 'prepublish', 'prepare', 'predependencies', 'dependencies', 'postdependencies'])(
  'the project has a script %s',
  async (name) => {
    const files = { [`${ROOT}/package.json`]: JSON.stringify({ scripts: { [name]: 'true' } }) };
    expect(await bypassed(plugin, world(files))).toMatchObject({
      what: expect.stringContaining(`its own script ${name};`),
    });
    expect((await declared(plugin, world(files, {}, ['npm', 'ci', '--ignore-scripts']))).args).toHaveLength(2);
  },
);

test.each([
  [
    'a node that is a script',
    { '/usr/bin/node': '#!/bin/sh\nexec /opt/node "$@"\n' },
    {},
    /a script: it starts another/,
  ],
  ['hooks', {}, { NODE_OPTIONS: '--max-old-space-size=500 --require ./hook.js' }, /NODE_OPTIONS that name code/],
  [
    'hooks by a setting',
    { [`${ROOT}/.npmrc`]: 'node-options=--import=./hook.mjs\n' },
    {},
    /NODE_OPTIONS that name code/,
  ],
  ['a setting without a value', { [`${ROOT}/.npmrc`]: 'dry-run =\n' }, {}, /the npm setting dry-run=/],
  ['no home', {}, { HOME: '' }, /HOME is not set/],
  ['help instead of an install', {}, { npm_config_usage: 'true' }, /the npm setting usage=true/],
])('only run: %s', async (_, files, env, what) => {
  expect(await bypassed(plugin, world(files, env))).toMatchObject({
    code: 'unsupported',
    what: expect.stringMatching(what),
  });
});

test.each(['cypress', '@prisma/client', 'nx', 'lefthook'])(
  'the script of %s works outside node_modules',
  async (name) => {
    const packages = { [`node_modules/${name}`]: { integrity: 'sha512-a', hasInstallScript: true } };
    const files = { [`${ROOT}/package-lock.json`]: JSON.stringify({ lockfileVersion: 3, packages }) };
    expect(await bypassed(plugin, world(files))).toMatchObject({
      what: expect.stringContaining(`the script of ${name} works`),
    });
    expect((await declared(plugin, world(files, {}, ['npm', 'ci', '--ignore-scripts']))).args).toHaveLength(2);
  },
);

test('an ordinary NODE_OPTIONS counts', async () => {
  expect(await key({}, { NODE_OPTIONS: '--max-old-space-size=500' })).not.toBe(await key());
});

test('what npm left, against the lock', async () => {
  const confirmed = async (made: string[], list: object, packages: object = {}, argv?: World['argv']) => {
    const lock = JSON.stringify({
      lockfileVersion: 3,
      packages: { '': { optionalDependencies: { c: '1' } }, ...packages },
    });
    const files = {
      [`${ROOT}/package-lock.json`]: lock,
      [`${ROOT}/node_modules/.package-lock.json`]: JSON.stringify({ lockfileVersion: 3, packages: list }),
      '/usr/bin/node': '\x7fELF/ld-linux-x.so',
    };
    const { confirm, ctx } = await declared(plugin, world(files, {}, argv));
    const reason = await confirm?.(
      made.map((name) => ({ path: `${ROOT}/node_modules/${name}`, digest: 'a', size: 1 })),
      ctx,
    );
    return reason === null ? null : (reason as { readonly text: string }).text;
  };
  const a = { integrity: 'sha512-a' };
  expect(await confirmed(['a/package.json'], { 'node_modules/a': a })).toBeNull();
  expect(await confirmed([], { 'node_modules/a': { inBundle: true } })).toBe('the lock has no hash of node_modules/a');
  expect(await confirmed([], { 'node_modules/a': a, 'node_modules/a/node_modules/b': { inBundle: true } })).toBeNull();
  // Compiled, or with a lock of its own.
  const built = ['b/binding.gyp', '@s/a/binding.gyp', '@s/a/build/config.gypi'];
  const unknown = /^@s\/a runs scripts, which the lock does not tell$/;
  const scripted = { 'node_modules/@s/a': { ...a, hasInstallScript: true } };
  expect(await confirmed(built, {})).toMatch(unknown);
  expect(await confirmed([], scripted)).toMatch(unknown);
  expect(await confirmed(built, scripted, scripted)).toBeNull();
  expect(await confirmed(built, {}, {}, ['npm', 'ci', '--ignore-scripts'])).toBeNull();
  const optional = { 'node_modules/c': { ...a, optional: true, libc: ['glibc'] } };
  const lost = 'npm went on without node_modules/c, which is optional';
  expect(await confirmed([], {}, optional)).toBe(process.platform === 'linux' ? lost : null);
  expect(await confirmed(['c/package.json'], {}, optional)).toBeNull();
  expect(await confirmed([], {}, optional, ['npm', 'ci', '--omit=optional'])).toBeNull();
});

test('the libc of a program', async () => {
  const read = (text: string) => libcOf.compute(Buffer.from(text, 'latin1'), null);
  expect(await read('\x7fELF\x02\x01\0\0/lib64/ld-linux-x86-64.so.2\0')).toBe('glibc');
  expect(await read('\x7fELF\x02\x01\0\0/lib/ld-musl-aarch64.so.1\0')).toBe('musl');
  expect(await read('\x7fELF static')).toBeNull();
  expect(await read('#!/lib/ld-musl-x.so')).toBeNull();
});

test('the cache that is seeded', async () => {
  const dir = async (...about: Parameters<typeof world>) => (await declared(plugin, world(...about))).seeds?.[0]?.dir;
  expect(await dir()).toBe('/home/u/.npm/_cacache/content-v2');
  expect(await dir({}, { npm_config_cache: '${HOME}/c' })).toBe('/home/u/c/_cacache/content-v2');
  expect(await dir({ [`${ROOT}/.npmrc`]: 'cache=~/c\n' })).toBe('/home/u/c/_cacache/content-v2');
  expect(await dir({}, {}, ['npm', 'ci', '--cache', '.npm'])).toBe(`${ROOT}/.npm/_cacache/content-v2`);
});

test('who asks is no part of it, also where a script reads variables called after its package', async () => {
  const packages = { 'node_modules/node-thing': { integrity: 'sha512-a', hasInstallScript: true } };
  const files = { [`${ROOT}/package-lock.json`]: JSON.stringify({ lockfileVersion: 3, packages }) };
  const ofToken = (token: string): Promise<string> =>
    key(files, { NODE_AUTH_TOKEN: token, npm_config_password: token, 'npm_config_//r.example/:_authToken': token });
  expect(await ofToken('a')).toBe(await ofToken('b'));
  expect(await key(files, { NODE_THING_MIRROR: 'a' })).not.toBe(await key(files, { NODE_THING_MIRROR: 'b' }));
});
