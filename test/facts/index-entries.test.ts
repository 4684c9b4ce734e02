import { describe, expect, it, test } from 'vitest';
import { fact } from '../../src/facts/index-entries.ts';
import { fact as names } from '../../src/facts/index-names.ts';

const read = async (text: string, name: string | null = 'demo') => fact.compute(Buffer.from(text), { name });
const entry = (version: string, more = '') => `  - apiVersion: v2
    appVersion: "1.0"
    created: "2024-05-10T10:20:30.123456789Z"
    description: A long description that Helm's marshaller
      folds onto a second line.
    digest: 00ff${version}
    maintainers:
    - email: a@example.com
      name: Ann
    name: demo
    type: application
    urls:
    - https://example.com/demo-${version}.tgz
    - second.tgz
    version: ${version}
${more}`;
const index = (...entries: string[]) =>
  `apiVersion: v1\nentries:\n  demo:\n${entries.join('')}  other: []\ngenerated: "2024-05-10T10:20:30Z"\n`;

describe('index-entries', () => {
  it('tells the entries of one chart in file order', async () => {
    expect(await read(index(entry('1.1.0'), entry('v1.0.0')))).toEqual({
      sound: true,
      skipped: null,
      entries: [
        { version: '1.1.0', urls: ['https://example.com/demo-1.1.0.tgz', 'second.tgz'], digest: '00ff1.1.0' },
        { version: 'v1.0.0', urls: ['https://example.com/demo-v1.0.0.tgz', 'second.tgz'], digest: '00ffv1.0.0' },
      ],
    });
  });

  it('has none for a chart that is not there, and none when asked for none', async () => {
    const text = index(entry('1.0.0'));
    for (const name of ['absent', 'other', 'constructor', null]) {
      expect(await read(text, name)).toEqual({ sound: true, skipped: null, entries: [] });
    }
  });

  it('changes with entries of other charts that Helm skips: it says so on stderr', async () => {
    const other = (more: string): string => index(entry('1.0.0')).replace('  other: []\n', `  other:\n  - ${more}\n`);
    const [none, noName, another, noVersion] = await Promise.all(
      ['name: other\n    version: 1.0.0', 'version: 1.0.0', 'version: 1.0.1', 'name: other'].map((more) =>
        read(other(more)),
      ),
    );
    expect(none).toMatchObject({ sound: true, skipped: null });
    expect(new Set([none, noName, another, noVersion].map((value) => value?.skipped)).size).toBe(4);
    expect(await read(other('version: 1.0.0'), null)).toMatchObject({ sound: true, skipped: noName?.skipped });
    expect(noName?.entries).toEqual(none?.entries);
  });

  it('does not change with what else is in the index', async () => {
    const before = await read(index(entry('1.0.0')));
    const after = await read(`${index(entry('1.0.0')).replace('  other: []\n', '')}serverInfo: {}\n`);
    expect(after).toEqual(before);
  });

  it('reads JSON as Helm does, fields it does not know included', async () => {
    const json = {
      apiVersion: 'v1',
      more: 1,
      entries: { demo: [{ name: 'demo', version: '1.0.0', urls: ['a.tgz'], extra: 2 }] },
    };
    expect(await read(JSON.stringify(json, null, 2))).toEqual({
      sound: true,
      skipped: null,
      entries: [{ version: '1.0.0', urls: ['a.tgz'], digest: null }],
    });
  });

  test.each([
    ['nothing', ''],
    ['no apiVersion', index(entry('1.0.0')).replace('apiVersion: v1\n', '')],
    ['no mapping', '- a\n'],
    ['an unknown field', index(entry('1.0.0', '    commonLabels: a\n'))],
    ['an unknown field at the root', `${index()}more: a\n`],
    ['a number as appVersion', index(entry('1.0.0')).replace('"1.0"', '1.0')],
    ['an empty entry', index('  -\n')],
    ['entries as a list', 'apiVersion: v1\nentries: []\n'],
    ['an entry that Helm skips', index(entry('latest'))],
    ['a time that is none', index(entry('1.0.0')).replace('10:20:30.1', '30:20:30.1')],
    ['a key twice', index(entry('1.0.0', '    version: 1.0.0\n'))],
    ['half a file', index(entry('1.0.0')).slice(0, 150)],
    ['a key twice in JSON', '{"apiVersion":"v1","entries":{"demo":[],"demo":[]}}'],
    ['a number for text in JSON', '{"apiVersion":"v1","entries":{"demo":[{"name":"demo","version":1}]}}'],
    ['a page', '<html><body>404</body></html>'],
  ])('is not sound with %s', async (_, text) => {
    expect(await read(text)).toEqual({ sound: false, skipped: null, entries: [] });
  });

  it('an entry that Helm skips does not disturb another chart', async () => {
    expect((await read(index(entry('latest')), 'other')).sound).toBe(true);
  });
});

describe('index-names', () => {
  it('has a line for each chart, sorted', async () => {
    const text = 'apiVersion: v1\nentries:\n  b: []\n  a: []\n  B: []\n';
    expect(await names.compute(Buffer.from(text), null)).toEqual({ text: 'B\na\nb\n' });
    expect(await names.compute(Buffer.from('x'), null)).toEqual({ text: '' });
  });
});
