/** Which optional packages npm has no reason to pass over. */
import { expect, test } from 'vitest';
import { fact } from '../../src/facts/npm-optional.ts';

const LOCK = {
  '': {
    dependencies: { tool: '1' },
    devDependencies: { wasm: '1' },
    optionalDependencies: { watcher: '1', needy: '1' },
  },
  'node_modules/tool': {
    optionalDependencies: { '@t/linux': '1', '@t/musl': '1', '@t/darwin': '1', '@t/not-win': '1' },
  },
  'node_modules/@t/linux': {
    optional: true,
    os: ['linux'],
    cpu: ['x64'],
    libc: ['glibc'],
    dependencies: { helper: '1' },
  },
  'node_modules/@t/musl': { optional: true, os: ['linux'], cpu: ['x64'], libc: 'musl' },
  'node_modules/@t/darwin': { optional: true, os: ['darwin'] },
  'node_modules/@t/not-win': { optional: true, os: ['!win32'], peerDependencies: { absent: '1' } },
  'node_modules/helper': { optional: true },
  'node_modules/watcher': { optional: true, dependencies: { inner: '1' } },
  'node_modules/watcher/node_modules/inner': { optional: true, cpu: ['wasm32'] },
  'node_modules/inner': { optional: true },
  'node_modules/needy': { optional: true, dependencies: { watcher: '1', alone: '1' } },
  'node_modules/alone': { optional: true },
  'node_modules/wasm': { dev: true, optionalDependencies: { '@w/any': '1', '@w/wasm': '1' } },
  'node_modules/@w/any': { dev: true, optional: true, os: 'any' },
  'node_modules/@w/wasm': { dev: true, optional: true, cpu: ['wasm32'], dependencies: { runtime: '1' } },
  'node_modules/@w/wasm/node_modules/runtime': { dev: true, optional: true },
  'node_modules/extraneous': { optional: true },
};

async function wanted(
  target: { readonly libc?: string | null; readonly omit?: string[] } = {},
): Promise<readonly string[]> {
  const bytes = Buffer.from(JSON.stringify({ lockfileVersion: 3, packages: LOCK }));
  const { libc = 'glibc', omit = [] } = target;
  const { wanted: places } = await fact.compute(bytes, { os: 'linux', cpu: 'x64', libc, omit });
  return places.map((place) => place.replace(/^node_modules\//, '')).sort();
}

test('those for this platform, with all they need; not what needs another one, nor what nobody needs', async () => {
  expect(await wanted()).toEqual(['@t/linux', '@t/not-win', '@w/any', 'helper']);
  expect(await wanted({ libc: 'musl' })).toEqual(['@t/musl', '@t/not-win', '@w/any']);
  expect(await wanted({ libc: null })).toEqual(['@t/not-win', '@w/any']);
});

test('kinds that are left out', async () => {
  expect(await wanted({ omit: ['dev'] })).toEqual(['@t/linux', '@t/not-win', 'helper']);
  expect(await wanted({ omit: ['optional'] })).toEqual([]);
});

test('bytes that are no lock', async () => {
  for (const text of ['', 'null', '{"packages":[]}', '{"packages":{"a":1}}'])
    expect(await fact.compute(Buffer.from(text), { os: 'linux', cpu: 'x64', libc: null, omit: [] })).toEqual({
      wanted: [],
    });
});
