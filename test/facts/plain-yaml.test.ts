import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { Loose, type PlainYaml, readPlainYaml } from '../../src/facts/_plain-yaml.ts';
import { fact } from '../../src/facts/yaml-mapping.ts';
import { stopwatch } from '../support/cpu.ts';
import { DOUBTFUL, SURE } from './yaml-cases.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Plain values as JavaScript, `Loose` as itself. */
function jsOf(value: PlainYaml | undefined): unknown {
  if (Array.isArray(value)) return value.map(jsOf);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, item]) => [key, jsOf(item)]));
  return value;
}

/** The library's value at each place, with ours where ours is open to interpretation. */
function expectSame(ours: unknown, library: unknown): void {
  if (ours instanceof Loose) return;
  if (typeof ours !== 'object' || ours === null) expect(library).toBe(ours);
  else {
    expect(Object.keys(library as object).sort()).toEqual(Object.keys(ours).sort());
    for (const [key, value] of Object.entries(ours)) expectSame(value, (library as Record<string, unknown>)[key]);
  }
}

// The two specifications differ about the end of a block scalar that the file cuts off; YAML 1.1 keeps no break there. Keys: `y` is `true`.
const NOT_COMPARED = new Set(['no last line break', 'yes, no, on']);

describe('readPlainYaml', () => {
  test.each(Object.entries(SURE))('takes: %s', (name, text) => {
    const ours = readPlainYaml(bytes(text));
    expect(ours).not.toBeUndefined();
    if (!NOT_COMPARED.has(name)) expectSame(jsOf(ours), parse(text));
  });

  test.each(Object.entries(DOUBTFUL))('leaves to Helm: %s', (_, text) => {
    expect(readPlainYaml(bytes(text))).toBeUndefined();
  });

  it('reads what must not be read twice', () => {
    const text = 'version: 1.14.5\nfloat: 1.10\nname: "on"\nstate: on\ntext: one\n  two\n';
    expect(jsOf(readPlainYaml(bytes(text)))).toEqual({
      version: '1.14.5',
      float: new Loose('1.10'),
      name: 'on',
      state: new Loose('on'),
      text: 'one two',
    });
  });

  it('strips a byte order mark only where Helm does', () => {
    const marked = bytes('\ufeffa: 1\n');
    expect(readPlainYaml(marked)).toBeUndefined();
    expect(readPlainYaml(marked, { bom: 'strip' })?.size).toBe(1);
  });

  it('refuses invalid UTF-8', () => {
    expect(readPlainYaml(new Uint8Array([0x61, 0x3a, 0x20, 0xff, 0x0a]))).toBeUndefined();
  });

  it('agrees with the library on whatever it takes', () => {
    const lines = Object.entries({ ...SURE, ...DOUBTFUL })
      .filter(([name]) => !NOT_COMPARED.has(name) && name !== 'very deep')
      .flatMap(([, text]) => text.split('\n'));
    const line = fc
      .tuple(fc.integer({ min: 0, max: 5 }), fc.constantFrom(...lines), fc.boolean())
      .map(([indent, text, shift]) => (shift ? ' '.repeat(indent) + text : text));
    let taken = 0;
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (chosen) => {
        const text = `${chosen.join('\n')}\n`;
        const ours = readPlainYaml(bytes(text));
        if (ours === undefined || /^ *(?:y|n|on|"?yes|no)"?:/im.test(text)) return;
        taken++;
        expectSame(jsOf(ours), parse(text));
      }),
      { numRuns: 4000 },
    );
    // Most mixtures are no YAML at all; a property over none of them would prove nothing.
    expect(taken).toBeGreaterThan(100);
  });

  it('reads an index of 4 MB in well under the time Helm needs', () => {
    const entry =
      '  - apiVersion: v2\n    description: a long text that is\n      folded\n    version: 1.2.3\n    urls:\n    - https://x/y.tgz\n';
    const text = `entries:\n  chart:\n${entry.repeat(35_000)}`;
    const cpuMs = stopwatch();
    expect(readPlainYaml(bytes(text))?.size).toBe(1);
    expect(cpuMs()).toBeLessThan(5_000);
  });

  test.each([
    ['digits', `a: ${'1'.repeat(1e6)}x`],
    ['an open quote', `a: "${'b\n  '.repeat(300_000)}`],
    ['dashes', '- '.repeat(500_000)],
    ['brackets', `a: ${'['.repeat(1e6)}`],
    ['spaces', `a: b${' '.repeat(1e6)}c`],
  ])('does not hang on %s', async (_, text) => {
    const cpuMs = stopwatch();
    await fact.compute(bytes(text), null);
    expect(cpuMs()).toBeLessThan(5_000);
  });
});

describe('yaml-mapping', () => {
  it('says plain of what certainly loads', () => {
    expect(fact.compute(bytes('\ufeffa: 1\n'), null)).toEqual({ plain: true });
    expect(fact.compute(bytes(''), null)).toEqual({ plain: true });
    expect(fact.compute(bytes('a: &x 1\n'), null)).toEqual({ plain: false });
  });
});
