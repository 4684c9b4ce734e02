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
