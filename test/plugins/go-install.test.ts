/** Which of its caches `go install` lets be seeded. */
import { expect, test } from 'vitest';
import { plugin } from '../../plugins/go-install.ts';
import { bypassed, declared, ROOT, type World } from '../support/context.ts';

const world = (env: Record<string, string>, programs: Record<string, string> = {}): World => ({
  argv: ['go', 'install', 'example.com/a@v1.0.0'],
  env: { HOME: '/home/u', GOBIN: `${ROOT}/bin`, ...env },
  files: {},
  programs: { go: '/usr/local/go/bin/go', ...programs },
});

async function seeds(env: Record<string, string>, programs?: Record<string, string>): Promise<string[]> {
  const { seeds = [] } = await declared(plugin, world(env, programs));
  return seeds.map(({ name, dir }) => `${name} ${dir}`);
}

test('another checksum database may vouch for other modules, wherever it is read', async () => {
  const key = async (env: Record<string, string>): Promise<string> => (await declared(plugin, world(env))).key;
  const [plain, other] = [await key({}), await key({ GOSUMDB: 'sum.example.com+0+key' })];
  expect(other).not.toBe(plain);
  expect(await key({ GOSUMDB: 'sum.example.com+0+key2' })).not.toBe(other);
  expect(await key({ GOSUMDB: 'sum.example.com+0+key https://mirror.example.com/db' })).toBe(other);
  for (const same of ['sum.golang.org', 'sum.golang.google.cn', 'sum.golang.org https://mirror.example.com/db'])
    expect(await key({ GOSUMDB: same })).toBe(plain);
});

test('modules always, compiled packages where no C compiler has a part in them', async () => {
  const modules = 'go-mod /home/u/go/pkg/mod/cache/download';
  expect(await seeds({})).toEqual(['go-build /home/u/.cache/go-build', modules]); // no compiler on PATH
  expect(await seeds({}, { gcc: '/usr/bin/gcc' })).toEqual([modules]);
  expect(await seeds({ CGO_ENABLED: '0' }, { gcc: '/usr/bin/gcc' })).toHaveLength(2);
  expect(await seeds({}, { clang: '/usr/bin/clang' })).toEqual([modules]);
  expect(await seeds({ CGO_ENABLED: '1' })).toEqual([modules]);
  expect(await seeds({ XDG_CACHE_HOME: '/x', GOMODCACHE: '/m' })).toEqual([
    'go-build /x/go-build',
    'go-mod /m/cache/download',
  ]);
  expect(await seeds({ GOCACHE: '/c' })).toEqual(['go-build /c', modules]);
  expect(await seeds({ GOCACHEPROG: 'prog' })).toEqual([modules]);
  expect(await seeds({ GOPRIVATE: 'corp.example.com' })).toEqual(['go-build /home/u/.cache/go-build']);
});

test('a compiler that starts another one: only run, unless none is used', async () => {
  const told = {
    code: 'unsupported',
    what: expect.stringMatching(/gcc.*starts another compiler|ccache.*starts another compiler/),
  };
  const launcher = { gcc: '/usr/bin/ccache' };
  expect(await bypassed(plugin, world({}, launcher))).toMatchObject(told);
  const script = { ...world({}, { gcc: '/opt/gcc' }), files: { '/opt/gcc': '#!/bin/sh\nexec /usr/bin/gcc "$@"\n' } };
  expect(await bypassed(plugin, script)).toMatchObject(told);
  expect(await seeds({ CGO_ENABLED: '0' }, launcher)).toHaveLength(2);
});

const withFiles = (files: World['files'], env: Record<string, string> = {}): World => ({ ...world(env), files });
const keyOf = async (files: World['files'], env: Record<string, string> = {}): Promise<string> =>
  (await declared(plugin, withFiles(files, env))).key;

test('a go.mod that asks for a newer Go counts, where Go may take one', async () => {
  const mod = (line: string) => ({ '/work/go.mod': `module m\n${line}\n` });
  const auto = { GOTOOLCHAIN: 'go1.22.0+auto' };
  expect(await keyOf(mod('go 1.99'), auto)).not.toBe(await keyOf(mod('go 1.22'), auto));
  expect(await keyOf(mod('toolchain go1.99.0'), auto)).not.toBe(await keyOf(mod(''), auto));
  expect(await keyOf(mod('require a.example/b v1.0.0'), auto)).toBe(await keyOf(mod(''), auto));
  expect(await keyOf(mod('go 1.99'), { GOTOOLCHAIN: 'local' })).toBe(await keyOf(mod(''), { GOTOOLCHAIN: 'local' }));
  // As the go.env of a toolchain has it, and by a workspace.
  const filed = { '/usr/local/go/go.env': 'GOTOOLCHAIN=auto\n' };
  expect(await keyOf({ ...filed, ...mod('go 1.99') })).not.toBe(await keyOf({ ...filed, ...mod('go 1.22') }));
  const work = { ...filed, ...mod('go 1.22'), [`${ROOT}/go.work`]: 'go 1.99\n' };
  for (const env of [{}, { GOWORK: 'auto' }])
    expect(await keyOf(work, env)).not.toBe(await keyOf({ ...work, [`${ROOT}/go.work`]: '' }, env));
  expect(await keyOf(work, { GOWORK: 'off' })).toBe(
    await keyOf({ ...work, [`${ROOT}/go.work`]: '' }, { GOWORK: 'off' }),
  );
});

test('go env -w: the last line of a name counts, and an empty one goes over GOROOT/go.env; GOROOT too', async () => {
  const own = (text: string) => ({ '/home/u/.config/go/env': text, '/usr/local/go/go.env': 'GOEXPERIMENT=a\n' });
  expect(await keyOf(own('GO386=\nGO386=softfloat\n'))).not.toBe(await keyOf(own('GO386=\nGO386=\n')));
  expect(await keyOf(own('GO386=x\nGO386=softfloat\n'))).toBe(await keyOf(own('GO386=softfloat\n')));
  expect(await keyOf(own('GOEXPERIMENT=\n'))).not.toBe(await keyOf(own('')));
  const other = { '/opt/go/VERSION': 'go1.99' };
  expect(await keyOf({ ...own('GOROOT=/opt/go\n'), ...other })).not.toBe(await keyOf(own('GOROOT=/opt/go\n')));
});

test.each([
  ['GOBIN=bin', withFiles({}, { GOBIN: 'bin' })],
  ['GOCACHE=off', withFiles({}, { GOCACHE: 'off' })],
  ['GOPATH=~/go', withFiles({}, { GOPATH: '/go:~/go' })],
  ['GOMODCACHE=mod', withFiles({ '/home/u/.config/go/env': 'GOMODCACHE=mod\n' })],
  ['HOME is not set', withFiles({}, { HOME: '' })],
  [
    'bin/a is a link',
    withFiles({ [`${ROOT}/bin/a`]: { link: true, facts: { 'go-build-info': { object: true, modules: [] } } } }),
  ],
])('%s: only run', async (what, given) => {
  expect(await bypassed(plugin, given)).toMatchObject({ code: 'unsupported', what: expect.stringContaining(what) });
});

test('a launcher in CC', async () => {
  const given = world({ CC: 'env CCACHE=1 gcc' }, { env: '/usr/bin/env', gcc: '/usr/bin/gcc' });
  expect(await bypassed(plugin, given)).toMatchObject({ what: expect.stringContaining('starts another compiler') });
});

test('where programs go is part of the step', async () => {
  const [a, b] = [await declared(plugin, world({})), await declared(plugin, world({ GOBIN: `${ROOT}/b` }))];
  expect(a.key).not.toBe(b.key);
});

test('with cgo, programs that variables name', async () => {
  const of = async (programs: Record<string, string>) =>
    (await declared(plugin, world({ PKG_CONFIG: 'pkgconf' }, { gcc: '/usr/bin/gcc', ...programs }))).key;
  expect(await of({ pkgconf: '/usr/bin/pkgconf' })).not.toBe(await of({}));
});
