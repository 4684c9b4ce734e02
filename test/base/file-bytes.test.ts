import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { haveSameBytes, includesBytes } from '../../src/base/file-bytes.ts';

const MIB = 1 << 20;

function file(bytes: Uint8Array | string): string {
  const dir = mkdtempSync(join(tmpdir(), 'wgcache-bytes-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'file');
  writeFileSync(path, bytes);
  return path;
}

const needle = Buffer.from('/home/me/app');
const around = (at: number, size: number): Buffer => {
  const bytes = Buffer.alloc(size, '/home/me/ap');
  needle.copy(bytes, at);
  return bytes;
};

test.each([
  ['at the start', around(0, 100), true],
  ['at the end', around(88, 100), true],
  ['across a seam', around(MIB - 5, 2 * MIB), true],
  ['across a later seam', around(2 * MIB - 1, 3 * MIB), true],
  ['at the very end of large ones', around(3 * MIB - 12, 3 * MIB), true],
  ['nowhere', Buffer.alloc(3 * MIB, '/home/me/ap'), false],
  ['cut off', needle.subarray(0, 11), false],
  ['empty', Buffer.alloc(0), false],
  ['the whole', needle, true],
])('bytes are found %s', (_, bytes, found) => {
  expect(includesBytes(file(bytes), needle)).toBe(found);
});

const large = Buffer.alloc(2 * MIB + 3, 'abc');
const changed = (at: number): Buffer => {
  const bytes = Buffer.from(large);
  bytes[at] = 0;
  return bytes;
};

test.each([
  ['the same', large, Buffer.from(large), true],
  ['empty both', '', '', true],
  ['one empty', '', 'a', false],
  ['the other empty', 'a', '', false],
  ['one byte longer', large, Buffer.concat([large, Buffer.from('a')]), false],
  ['one byte shorter', large, large.subarray(1), false],
  ['a whole piece longer', large.subarray(0, MIB), large.subarray(0, 2 * MIB), false],
  ['whole pieces', large.subarray(0, MIB), Buffer.from(large.subarray(0, MIB)), true],
  ['another last byte', large, changed(large.length - 1), false],
  ['another byte at a seam', large, changed(MIB), false],
] as const)('two files: %s', (_, one, other, same) => {
  expect(haveSameBytes(file(one), file(other))).toBe(same);
});
