import { describe, expect, it, test } from 'vitest';
import { fact } from '../../src/facts/chart-meta.ts';

const read = async (text: string) => fact.compute(Buffer.from(text), null);
const CHART = 'apiVersion: v2\nname: demo\nversion: 1.2.3\n';

describe('chart-meta', () => {
  it('tells name, version and dependencies', async () => {
    const text = `${CHART}appVersion: 1.10\ndescription: >-\n  some\n  text\ndependencies:
  - name: common
    version: ^3
    repository: https://example.com/charts
    condition: common.enabled
    tags: [a]
    import-values:
      - child: a
        parent: b
  - name: templates
    version: '*'
    repository: file://../templates
    alias: t
  - name: bare
`;
    expect(await read(text)).toEqual({
      ok: true,
      apiVersion: 'v2',
      name: 'demo',
      version: '1.2.3',
      dependencies: [
        { name: 'common', version: '^3', repository: 'https://example.com/charts' },
        { name: 'templates', version: '*', repository: 'file://../templates', alias: 't' },
        { name: 'bare', version: '', repository: '' },
      ],
    });
  });

  it('tells of a requirements.yaml that names nothing but dependencies', async () => {
    expect(await read('dependencies: []\n')).toEqual({
      ok: true,
      apiVersion: null,
      name: null,
      version: null,
      dependencies: [],
    });
  });

  test.each([
    ['no mapping', '- a\n'],
    ['nothing', ''],
    ['a version Go reads as a number', 'name: demo\nversion: 1.10\n'],
    ['a name Go reads as a bool', 'name: on\nversion: 1.0.0\n'],
    ['a dependency range that is a number', `${CHART}dependencies:\n- name: a\n  version: 1.0\n`],
    ['dependencies as a mapping', `${CHART}dependencies:\n  a: b\n`],
    ['an empty dependency', `${CHART}dependencies:\n- name: a\n-\n`],
    ['a dependency without name', `${CHART}dependencies:\n- version: 1.0.0\n`],
    ['keywords that are text', `${CHART}keywords: a\n`],
    ['deprecated as text', `${CHART}deprecated: "true"\n`],
    ['an annotation that is a list', `${CHART}annotations:\n  a: [b]\n`],
    ['a field in another case', `${CHART}Version: 2.0.0\n`],
    ['a field in letters Go folds', `${CHART}"\u212aeywords": a\n`],
    ['text Helm cleans up', 'name: "a\\tb"\nversion: 1.0.0\n'],
    ['an anchor', `${CHART}home: &a b\n`],
  ])('is not sure of %s', async (_, text) => {
    expect(await read(text)).toEqual({ ok: false, apiVersion: null, name: null, version: null, dependencies: [] });
  });

  it('does not mind fields Helm does not know', async () => {
    expect(await read(`${CHART}custom:\n  a: [b]\n`)).toMatchObject({ ok: true });
  });
});
