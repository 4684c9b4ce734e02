import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { fact } from '../../src/facts/template-scan.ts';
import { stopwatch } from '../support/cpu.ts';

interface Vector {
  readonly name: string;
  readonly text: string;
  readonly uses: readonly { readonly fn: string; readonly line: number }[];
  readonly tpl: boolean;
  readonly lookup: boolean;
  readonly dns: boolean;
  /** Absent: false. */
  readonly assembled?: boolean;
}
const { cases } = JSON.parse(readFileSync('cache-spec/vectors/template-scan.json', 'utf8')) as { cases: Vector[] };

const scan = async (text: string | Uint8Array) => fact.compute(Buffer.from(text as string), null);

describe('template-scan', () => {
  test.each(cases)('vector: $name', async ({ text, uses, tpl, lookup, dns, assembled = false }) => {
    expect(await scan(text)).toEqual({
      volatile: uses.map((use) => ({ ...use, file: '' })),
      usesTpl: tpl,
      usesLookup: lookup,
      usesDns: dns,
      assembled,
    });
  });

  it('finds a call wherever it stands among other actions', async () => {
    const around = fc.constantFrom(
      ...[
        'text\n',
        '{{ .a }}',
        '{{- "x" -}}',
        '{{/* now */}}',
        '{{ `}}` }}',
        '"',
        "'",
        '`',
        '}}',
        '{ {',
        '{{ print "{{" }}',
      ],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(around), fc.array(around), async (before, after) => {
        // An open raw string would swallow what follows, in Go too.
        const text = `${before.join('').replaceAll('{{ `}}` }}', '')}\n{{ .x | default (now) }}\n${after.join('')}`;
        expect((await scan(text)).volatile.map((use) => use.fn)).toEqual(['now']);
      }),
    );
  });

  it('finds nothing in other files', async () => {
    let seed = 7;
    const noise = Uint8Array.from({ length: 2_000_000 }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed >> 8;
    });
    expect((await scan(noise)).volatile).toEqual([]);
  });

  test.each([
    '{{',
    '{{`',
    '{{ "',
    '{{"{{',
    '\\"{{',
    "{{ '",
    '{{/*',
    '{{ now }}',
    '{{ a ',
    '{{ "\\"',
    '{{ `{{ now }}` }}\n',
  ])('takes well under a second for 5 MiB of %j', async (piece) => {
    const text = piece.repeat(Math.floor((5 * 1024 * 1024) / piece.length));
    const cpuMs = stopwatch();
    await scan(text);
    // Ten times what it takes on an idle machine; anything but linear would need hours.
    expect(cpuMs()).toBeLessThan(8_000);
  });
});
