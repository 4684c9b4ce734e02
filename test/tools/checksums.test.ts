import { expect, test } from 'vitest';
import { rhashSumsIn, sumsIn } from '../../src/tools/checksums.ts';

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
  ['of stdin', `${B}  -\n`],
  ['twice the same', `${B}  file.tgz\n${B.toUpperCase()} *./file.tgz\r\n`],
  ['in several directories', `${A}  darwin/file.tgz\n${B}  linux/file.tgz\n${A}  other/linux/file.tgz\n`],
  ['here and in other directories', `${A}  darwin/file.tgz\n${B}  file.tgz\n`],
])('%s', (_, text) => expect(sumsIn(text, '/dist/linux/file.tgz')).toEqual([B]));

test.each([
  ['another name', `${B}  file.tgz.asc\n${B}  my-file.tgz\n`],
  ['another hash', `${'b'.repeat(128)}  file.tgz\n`],
  ['a bare sum beside those of other files', `${B}\n${A}  other.tgz\n`],
  ['a page', '<html>file.tgz</html>'],
  ['nothing', ''],
  ['MD5 in BSD form', `MD5 (file.tgz) = ${'b'.repeat(32)}\n`],
])('%s is none', (_, text) => expect(sumsIn(text, '/file.tgz')).toEqual([]));

test.each([
  ['two bare sums', `${A}\n${B}\n`],
  ['one name with two', `${A}  file.tgz\n${B}  file.tgz\n`],
  ['two directories that are not those of the address', `${A}  a/file.tgz\n${B}  b/file.tgz\n`],
])('%s: nobody can tell', (_, text) => expect(sumsIn(text, '/dist/file.tgz')).toEqual([A, B]));

test('rhash: the column of SHA-256', () => {
  const order = 'CRC32\nSHA-512\nSHA-256\n';
  const text = `yq_other  11111111  ${'c'.repeat(128)}  ${A}\nyq  22222222  ${'c'.repeat(128)}  ${B}\n`;
  expect(rhashSumsIn(text, order, '/x/yq')).toEqual([B]);
  expect(rhashSumsIn(text, order, '/x/yq_')).toEqual([]);
  expect(rhashSumsIn(text, 'CRC32\nSHA-512\n', '/x/yq')).toEqual([]);
  expect(rhashSumsIn(text, 'SHA-256\nCRC32\n', '/x/yq')).toEqual([]); // the column says something else: no sum is guessed
});
