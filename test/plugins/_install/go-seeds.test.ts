/** Of Go's own caches only what Go checks. */
import { expect, test } from 'vitest';
import { buildSeed, moduleSeed } from '../../../plugins/_install/go-seeds.ts';
import type { GoSettings } from '../../../plugins/_install/go-settings.ts';

const settings = (
  values: Readonly<Record<string, string>> = {},
  cache: string | null = '/c',
  database = 'sum.golang.org',
): GoSettings => ({
  get: (name) => values[name] ?? '',
  goroot: '/go',
  gopath: '/home/u/go',
  database,
  modcache: '/home/u/go/pkg/mod',
  cache,
});
const A = 'a'.repeat(64);

test('compiled packages: what is named by a digest', () => {
  const [seed] = buildSeed(settings());
  expect(seed).toMatchObject({ name: 'go-build', dir: '/c', sameTool: true });
  const counts = (path: string) => seed?.files.exec(path)?.groups?.sha256 ?? seed?.files.test(path);
  expect([`aa/${A}-a`, `aa/${A}-d`].map(counts)).toEqual([true, A]);
  for (const path of [
    'README',
    'trim.txt',
    'testexpire.txt',
    `aa/${A}-d/tool`,
    `aa/${A}-d.tmp`,
    `${A}-a`,
    `fuzz/x/${A}-a`,
  ])
    expect(counts(path), path).toBe(false);
  expect(buildSeed(settings({}, null))).toEqual([]);
});

test('modules: archives and go.mod files, no proof of their own, and only where all have one', () => {
  const [seed] = moduleSeed(settings());
  expect(seed).toMatchObject({ name: 'go-mod', dir: '/home/u/go/pkg/mod/cache/download' });
  const files = (names: readonly string[], from = 'github.com/!x/y/@v/v1.0.0') =>
    names.filter((name) => seed?.files.test(`${from}${name}`));
  expect(files(['.zip', '.mod', '.ziphash', '.info', '.lock', '.zip123.tmp'])).toEqual(['.zip', '.mod']);
  for (const path of ['github.com/x/@v/list', 'sumdb/x/lookup/y/@v/1.mod', 'sumdb/x/@v/a.zip', 'x.zip'])
    expect(seed?.files.test(path), path).toBe(false);
  for (const name of ['GONOSUMDB', 'GOPRIVATE']) expect(moduleSeed(settings({ [name]: 'example.com' }))).toEqual([]);
  expect(moduleSeed(settings({ GOSUMDB: 'off' }))).toEqual([]);
  const [other] = moduleSeed(settings({}, '/c', 'sum.example.com+0+key'));
  expect(other).toMatchObject({ name: 'go-mod sum.example.com+0+key', dir: seed?.dir }); // it may call this one's modules wrong
});
