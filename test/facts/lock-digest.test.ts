import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type LockedDependency, lockDigest } from '../../src/facts/lock-digest.ts';

interface Vector {
  readonly name: string;
  readonly requested: readonly LockedDependency[];
  readonly locked: readonly LockedDependency[];
  readonly digest: string;
}
const { cases } = JSON.parse(readFileSync('cache-spec/vectors/lock-digest.json', 'utf8')) as { cases: Vector[] };

test.each(cases)('vector: $name', ({ requested, locked, digest }) => {
  expect(lockDigest(requested, locked)).toBe(digest);
});
