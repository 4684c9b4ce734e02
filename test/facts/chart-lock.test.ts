import { createHash } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { fact } from '../../src/facts/chart-lock.ts';

const read = async (text: string) => fact.compute(Buffer.from(text), null);
const lock = (generated: string, version = '1.0.0') => `dependencies:
- name: a
  repository: https://example.com
  version: ${version}
digest: sha256:0a
generated: ${generated}
`;

describe('chart-lock', () => {
  it('tells digest and dependencies', async () => {
    expect(await read(lock('"2026-11-23T10:00:00.123456789+01:00"'))).toMatchObject({
      loads: true,
      digest: 'sha256:0a',
      dependencies: [{ name: 'a', version: '1.0.0', repository: 'https://example.com' }],
    });
  });

  it('means the same whenever it was generated, however it is written', async () => {
    const first = (await read(lock('"2026-11-23T10:00:00Z"'))).meaning;
    expect((await read(lock('2020-01-01T00:00:00.5Z'))).meaning).toBe(first);
    expect((await read(`# again\n${lock('null')}`)).meaning).toBe(first);
    expect((await read(lock('"2026-11-23T10:00:00Z"', '1.0.1'))).meaning).not.toBe(first);
  });

  test.each([
    ['no mapping', '- a\n'],
    ['nothing', ''],
    ['a time that is none', lock('yesterday')],
    ['a day that is none', lock('"2026-02-30T10:00:00Z"')],
    ['a version Go reads as a number', lock('null', '1.10')],
    ['dependencies as text', 'dependencies: a\n'],
    ['an empty dependency', 'dependencies:\n-\n'],
    ['a number somewhere', `${lock('null')}more: 1.0\n`],
    ['a conflict left by git', `<<<<<<< HEAD\n${lock('null')}`],
  ])('counts by its bytes with %s', async (_, text) => {
    const meaning = createHash('sha256').update(text).digest('hex');
    expect(await read(text)).toEqual({ loads: false, digest: null, dependencies: [], meaning });
  });
});
