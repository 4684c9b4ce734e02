import { describe, expect, it, test } from 'vitest';
import { fact } from '../../src/facts/schema-refs.ts';

const read = async (schema: unknown) =>
  fact.compute(Buffer.from(typeof schema === 'string' ? schema : JSON.stringify(schema)), null);
const ID = 'https://example.com/charts/values.schema.json';

describe('schema-refs', () => {
  test.each<[string, unknown, string[]]>([
    ['none', { type: 'object' }, []],
    ['a local one', { $ref: '#/definitions/a' }, []],
    ['another server', { allOf: [{ $ref: 'https://a.example/x.json#/a' }] }, ['https://a.example/x.json#/a']],
    ['another file', { a: { $ref: 'other.json' } }, ['other.json']],
    ['a file URL', { $ref: 'file:///etc/x.json' }, ['file:///etc/x.json']],
    ['an https $id alone', { $id: ID, $ref: '#/a' }, []],
    ['itself in full', { $id: ID, $ref: `${ID}#/definitions/a` }, []],
    ['itself, relative', { $id: ID, a: { $ref: 'values.schema.json#/b' } }, []],
    ['a neighbour of the $id', { $id: ID, a: { $ref: 'schemas/pod.json' } }, ['schemas/pod.json']],
    [
      'relative to a nearer $id',
      { $id: ID, a: { $id: 'deep/x.json', b: { $ref: 'values.schema.json' } } },
      ['values.schema.json'],
    ],
    ['draft 4, which knows no $id', { $schema: 'http://json-schema.org/draft-04/schema#', $id: ID, $ref: ID }, [ID]],
    ['a property called $ref', { properties: { $ref: { type: 'string' } } }, []],
    ['each once, sorted', [{ $ref: 'b' }, { $ref: 'a' }, { $ref: 'b' }], ['a', 'b']],
    ['a dynamic one', { $dynamicRef: 'x.json#a' }, ['x.json#a']],
    ['a meta-schema to be fetched', { $schema: 'https://example.com/meta.json' }, ['https://example.com/meta.json']],
    ['a known meta-schema', { $schema: 'https://json-schema.org/draft/2020-12/schema' }, []],
  ])('%s', async (_, schema, remote) => {
    expect(await read(schema)).toEqual({ ok: true, remote });
  });

  it('says when it is no JSON', async () => {
    expect(await read('{')).toEqual({ ok: false, remote: [] });
    expect(await read('\ufeff{"$ref":"a"}')).toEqual({ ok: true, remote: ['a'] });
  });
});
