import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/base/sha256.ts';

const theirs = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test.each([0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 8192])('%i bytes, around every edge of a block', (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
  expect(sha256(bytes)).toBe(theirs(bytes));
});

test('any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => sha256(bytes) === theirs(bytes)),
    { numRuns: 2000 },
  );
});
