import { expect, test } from 'vitest';
import { rhashSumIn, sumIn } from '../../src/tools/checksums.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

test.each([
  ['a list', `${A}  other.tgz\n${B}  file.tgz\n`],
  ['binary mode', `${B} *file.tgz\n`],
  ['with a path', `${A}  ./other\n${B}  ./dist/file.tgz\n`],
  ['Windows lines, upper case', `${B.toUpperCase()}  file.tgz\r\n`],
  ['BSD', `SHA256 (other) = ${A}\nSHA256 (file.tgz) = ${B}\n`],
  ['a bare sum', `${B}\n`],
  ['a bare sum without an end', B],
  ['a mark at the start', `\uFEFF${B}  file.tgz\n`],
])('%s', (_, text) => expect(sumIn(text, 'file.tgz')).toBe(B));

test.each([
  ['another name', `${B}  file.tgz.asc\n${B}  my-file.tgz\n`],
  ['another hash', `${'b'.repeat(128)}  file.tgz\n`],
  ['two bare sums', `${A}\n${B}\n`],
  ['a page', '<html>file.tgz</html>'],
  ['nothing', ''],
  ['MD5 in BSD form', `MD5 (file.tgz) = ${'b'.repeat(32)}\n`],
])('%s is none', (_, text) => expect(sumIn(text, 'file.tgz')).toBeNull());

test('rhash: the column of SHA-256', () => {
  const order = 'CRC32\nSHA-512\nSHA-256\n';
  const text = `yq_other  11111111  ${'c'.repeat(128)}  ${A}\nyq  22222222  ${'c'.repeat(128)}  ${B}\n`;
  expect(rhashSumIn(text, order, 'yq')).toBe(B);
  expect(rhashSumIn(text, order, 'yq_')).toBeNull();
  expect(rhashSumIn(text, 'CRC32\nSHA-512\n', 'yq')).toBeNull();
  expect(rhashSumIn(text, 'SHA-256\nCRC32\n', 'yq')).toBeNull(); // the column says something else: no sum is guessed
});
