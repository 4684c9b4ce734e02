import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { FACT_VERSIONS, FACTS } from '../../src/facts/index.ts';
import type { FactName } from '../../src/plugin.ts';
import { CHART, chart } from './_tgz.ts';

const NAMES = Object.keys(FACTS) as FactName[];
const files = readdirSync('src/facts').filter((file) => !file.startsWith('_'));
const OTHERS = ['index.ts', 'values.ts', 'lock-digest.ts'];

/** Real beginnings that random bytes are mixed into: pure noise never gets past the first check. */
const SEEDS = [
  Buffer.from(CHART),
  chart({ 'values.yaml': 'a: 1\n', 'templates/a.yaml': '{{ now }}' }),
  Buffer.from('apiVersion: v1\nentries:\n  demo:\n  - name: demo\n    version: 1.0.0\n    urls: [a]\n'),
  Buffer.from('{"apiVersion":"v1","entries":{"demo":[]}}'),
  Buffer.from('{"$id":"https://a/b","$ref":"c"}'),
  Buffer.from('repositories:\n- name: a\n  url: https://u:p@a\n'),
];

/** Texts that a reader with a look ahead for an end that never comes goes through again and again. */
const REPEATED = ['[', '{"a":', '- ', 'a: {', '{{ "{{ `{{ ', '"a\\"', 'a:', '${', '://', 'a@', '=> (', '\\"', ' '];

describe('the list of facts', () => {
  it('has every file, and no other', () => {
    expect(files.filter((file) => !OTHERS.includes(file)).sort()).toEqual(NAMES.map((name) => `${name}.ts`).sort());
  });

  test.each(NAMES)('%s: name and version are those of the file', async (name) => {
    const { fact } = await FACTS[name]();
    expect({ name: fact.name, version: fact.version }).toEqual({ name, version: FACT_VERSIONS[name] });
  });
});

describe('a fact', () => {
  test.each(NAMES)('%s never throws, and says the same twice', async (name) => {
    const { fact } = await FACTS[name]();
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
      fc
        .tuple(fc.constantFrom(...SEEDS), fc.nat(), fc.uint8Array({ maxLength: 8 }), fc.nat({ max: 8 }))
        .map(([seed, at, noise, cut]) => {
          const from = at % seed.length;
          return Buffer.concat([seed.subarray(0, from), noise, seed.subarray(from + cut)]);
        }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (input) => {
        const first = await fact.compute(input, { name: 'demo' });
        expect(await fact.compute(input, { name: 'demo' })).toEqual(first);
        // A value is JSON: nothing of it is lost on the way to the disk.
        expect(JSON.parse(JSON.stringify(first))).toEqual(first);
      }),
      { numRuns: 300 },
    );
  });

  test.each(NAMES)('%s survives deep nesting', async (name) => {
    const { fact } = await FACTS[name]();
    for (const text of REPEATED.map((piece) => piece.repeat(50_000))) {
      expect(await fact.compute(Buffer.from(text), { name: 'demo' })).toBeDefined();
    }
  });
});
