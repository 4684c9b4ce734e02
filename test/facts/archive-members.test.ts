/** What is taken for the members of an archive, and which archives nobody here would speak of. Real archives: test/e2e/install-unpack.test.ts. */
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { fact } from '../../src/facts/tar-members.ts';
import type { ArchiveMembers } from '../../src/facts/values.ts';
import { fact as zipFact } from '../../src/facts/zip-members.ts';
import { type Part, tgz } from './_tgz.ts';

const read = async (parts: readonly Part[]): Promise<ArchiveMembers> => await fact.compute(tgz(parts), null);
const whyNot = async (parts: readonly Part[]): Promise<string> => {
  const members = await read(parts);
  return members.ok ? `ok: ${members.names.join(' ')}` : members.why;
};

test('files, directories and links, gzipped or not', async () => {
  const parts: Part[] = [
    { path: './', type: '5' },
    { path: './a/', type: '5' },
    { path: 'a/b', mode: 0o755, data: 'x' },
    { path: 'a/l', type: '2', link: 'b' },
  ];
  const members = { ok: true, names: ['./', './a/', 'a/b', 'a/l'], links: ['a/l'] };
  expect(await read(parts)).toEqual(members);
  expect(await fact.compute(gunzipSync(tgz(parts)), null)).toEqual(members);
});

test.each<[string, Part[]]>([
  ['an absolute name', [{ path: '/etc/x' }]],
  ['a name with . or ..', [{ path: 'a/../../x' }]],
  ['a name with . or ..', [{ path: 'a//x' }]],
  ['an odd name', [{ path: 'a\\b' }]],
  ['an odd name', [{ path: 'a\nb' }]],
  ['two members', [{ path: 'a' }, { path: './a' }]],
  ['two members', [{ path: 'a/', type: '5' }, { path: 'a' }]],
  ['a member below a link', [{ path: 'a', type: '2', link: 'b' }, { path: 'a/x' }]],
  ['a member below a file', [{ path: 'a/b/x' }, { path: 'a' }]],
  ['a member of the kind Link', [{ path: 'a' }, { path: 'b', type: '1', link: 'a' }]],
  ['a member of the kind CharacterDevice', [{ path: 'a', type: '3' }]],
  ['a member of the kind FIFO', [{ path: 'a', type: '6' }]],
  ['a member of the kind SparseFile', [{ path: 'a' }, { path: 'b', type: 'S' }]],
  ['a member of the kind ContinuationFile', [{ path: 'a' }, { path: 'b', type: 'M' }]],
  ['a member of the kind', [{ path: 'a' }, { path: 'b', type: 'Q' }]],
  ['a member with set-id', [{ path: 'a', mode: 0o4755 }]],
])('%s is told', async (why, parts) => {
  expect(await whyNot(parts)).toContain(why);
});

test('what is damaged, cut off, or packed in another way', async () => {
  const bytes = tgz([{ path: 'a', data: 'x'.repeat(5000) }]);
  expect(await fact.compute(bytes.subarray(0, 60), null)).toMatchObject({ ok: false });
  const tar = gunzipSync(bytes);
  expect(await fact.compute(tar.subarray(0, 2000), null)).toMatchObject({ ok: false });
  tar[0] = 0x62;
  expect(await fact.compute(tar, null)).toMatchObject({ ok: false });
  for (const [name, magic] of [
    ['xz', 'fd377a585a00'],
    ['zstd', '28b52ffd'],
    ['bzip2', '425a6839'],
  ] as const)
    expect(await fact.compute(Buffer.from(magic, 'hex'), null)).toEqual({
      ok: false,
      why: `a compression that is not read here (${name})`,
    });
  for (const text of ['', 'PK', 'PK\x05\x06'])
    expect(zipFact.compute(Buffer.from(text, 'latin1'), null)).toMatchObject({ ok: false });
});
