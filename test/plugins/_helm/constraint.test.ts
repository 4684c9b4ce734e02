import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { candidates, isExactVersion, tagVersions } from '../../../plugins/_helm/constraint.ts';

interface Vectors {
  readonly versions: readonly string[];
  readonly rows: readonly {
    readonly constraint: string;
    readonly v3_3: readonly string[];
    readonly v3_5: readonly string[];
  }[];
}

const vectors = JSON.parse(readFileSync(new URL('./constraint.vectors.json', import.meta.url), 'utf8')) as Vectors;

describe('constraints are read as Masterminds/semver reads them', () => {
  test('there are vectors', () => expect(vectors.rows.length).toBeGreaterThan(60));

  test.each(vectors.rows)('$constraint', async ({ constraint, v3_3, v3_5 }) => {
    const fit: string[] = [];
    for (const version of vectors.versions) if ((await candidates([version], constraint)).length > 0) fit.push(version);
    const either = vectors.versions.filter((version) => v3_3.includes(version) || v3_5.includes(version));
    expect(fit).toEqual(either);
  });
});

test('the highest version that fits is taken, in its own spelling', async () => {
  expect(await candidates(['1.0.0', 'v1.14.5', '1.9.0', '2.0.0'], '^1')).toEqual(['v1.14.5']);
  expect(await candidates(['1.0.0', '2.0.0-rc.1'], '*')).toEqual(['1.0.0']);
});

test('versions equal but for build metadata are all candidates', async () => {
  expect(await candidates(['1.0.0+a', '1.0.0+b', '0.9.0'], '1.x')).toEqual(['1.0.0+a', '1.0.0+b']);
});

test('nothing fits: none', async () => {
  expect(await candidates(['1.0.0'], '^2')).toEqual([]);
  expect(await candidates(['1.0.0'], 'latest')).toEqual([]);
});

test('tags are versions with _ for +; others are passed over', () => {
  expect(tagVersions(['1.0.0_b1', 'v2.0.0', 'latest', '1.2', '3.0.0-rc.1'])).toEqual(['1.0.0+b1', '3.0.0-rc.1']);
});

test('an exact version needs no listing', () => {
  expect(['1.2.3', 'v1.2', '1.19.3-beta+x'].every(isExactVersion)).toBe(true);
  expect(['*', '^1', '1.x', '>=1.0', 'latest', ''].some(isExactVersion)).toBe(false);
});
