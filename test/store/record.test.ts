/** A record may come from a damaged disk or from somebody else: reading one never throws and never believes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeChecked } from '../../src/base/checked.ts';
import { pathFault } from '../../src/base/paths.ts';
import {
  decodeRecord,
  encodeRecord,
  RECORD_VERSION,
  type RecordedOutput,
  type StepRecord,
} from '../../src/store/record.ts';

const DIGEST = 'a'.repeat(64);

function record(change: Partial<StepRecord> = {}): StepRecord {
  return {
    version: RECORD_VERSION,
    key: DIGEST,
    scope: 'local',
    root: null,
    plugin: 'generic',
    label: 'make docs',
    tool: { name: 'make', digest: DIGEST, version: null },
    outputs: [],
    log: { stdout: null, stderr: DIGEST, order: [[2, 5]], rooted: [] },
    ranMs: 1,
    madeAt: '2026-11-23T12:00:00.000Z',
    envMode: null,
    ...change,
  };
}

const file = (path: string): RecordedOutput => ({ type: 'file', path, digest: DIGEST, size: '1', exec: false });
const decode = (outputs: readonly unknown[]): StepRecord | null =>
  decodeRecord(encodeRecord(record({ outputs: outputs as RecordedOutput[] })));

/** Any bytes under a head that fits them. */
const underHead = (body: string | Uint8Array): Uint8Array =>
  encodeChecked('wgcache-record', RECORD_VERSION, Buffer.from(body));

describe('decoding', () => {
  it('gives back what was encoded', () => {
    const whole = record({
      outputs: [
        { type: 'dir', path: 'out' },
        {
          ...file('out/a'),
          mtime: '-1',
          size: '9223372036854775807',
          same: { fact: 'f', field: 'x', value: '' },
        } as RecordedOutput,
        { type: 'link', path: 'out/l', target: '../../up' },
        { type: 'absent', path: 'out.lock' },
      ].sort((a, b) => (a.path < b.path ? -1 : 1)) as RecordedOutput[],
    });
    expect(decodeRecord(encodeRecord(whole))).toEqual(whole);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decodeRecord(bytes) === null));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decodeRecord(underHead(bytes)) === null));
    fc.assert(fc.property(fc.jsonValue(), (value) => decodeRecord(underHead(JSON.stringify(value))) === null));
    fc.assert(
      fc.property(fc.nat(1_000), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = Uint8Array.from(encodeRecord(record({ outputs: [file('a')] })));
        bytes[at % bytes.length]! ^= flip;
        return decodeRecord(bytes) === null;
      }),
    );
    for (const deep of ['['.repeat(200_000), '{"a":'.repeat(200_000)]) expect(decodeRecord(underHead(deep))).toBeNull();
  });

  it('takes no field for granted', () => {
    const whole = record({ outputs: [file('a')] });
    const places = [
      'version',
      'key',
      'scope',
      'root',
      'plugin',
      'label',
      'tool',
      'outputs',
      'log',
      'ranMs',
      'madeAt',
      'envMode',
    ] as const;
    for (const place of places) {
      const { [place]: _, ...rest } = whole;
      expect(decodeRecord(underHead(JSON.stringify(rest))), `without ${place}`).toBeNull();
    }
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
        const found = decodeRecord(underHead(JSON.stringify({ ...whole, [place]: value })));
        if (found !== null) expect(typeof found.label).toBe('string');
      }),
    );
  });

  it('never lets a path leave the root, and none lead through what is no directory', () => {
    const part = fc.oneof(fc.constantFrom('a', 'b', 'c', '..', '.', '', 'C:', '\0', 'a\\b', 'ä'), fc.string());
    const path = fc.array(part, { maxLength: 5 }).map((parts) => parts.join('/'));
    const output = fc.oneof(
      path.map(file),
      path.map((at) => ({ type: 'dir', path: at })),
      path.map((at) => ({ type: 'absent', path: at })),
      fc.tuple(path, fc.string()).map(([at, target]) => ({ type: 'link', path: at, target })),
    );
    const sorted = fc.array(output, { maxLength: 6 }).map((list) => list.sort((a, b) => (a.path < b.path ? -1 : 1)));
    fc.assert(
      fc.property(fc.oneof(fc.array(output, { maxLength: 6 }), sorted), (outputs) => {
        const found = decode(outputs);
        if (found === null) return;
        const kinds = new Map(found.outputs.map((one) => [one.path, one.type]));
        expect(kinds.size).toBe(found.outputs.length);
        for (const { path: at } of found.outputs) {
          expect(pathFault(at)).toBeNull();
          expect(at.split('/')).not.toContain('..');
          const parts = at.split('/');
          for (let n = 1; n < parts.length; n++)
            expect([undefined, 'dir']).toContain(kinds.get(parts.slice(0, n).join('/')));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('accepts plain outputs in order', () => {
    const names = fc.stringMatching(/^[a-z]{1,3}(\/[a-z]{1,3}){0,3}$/);
    fc.assert(
      fc.property(fc.uniqueArray(names, { maxLength: 8 }), (paths) => {
        const leaves = paths.filter((path) => !paths.some((other) => other.startsWith(`${path}/`))).sort();
        expect(decode(leaves.map(file))?.outputs).toHaveLength(leaves.length);
      }),
    );
  });

  it.each<[string, unknown[]]>([
    ['out of order', [file('b'), file('a')]],
    ['twice', [file('a'), file('a')]],
    ['below a link', [{ type: 'link', path: 'a', target: '/etc' }, file('a/passwd')]],
    ['deep below a link', [{ type: 'link', path: 'a', target: '/etc' }, file('a/b/c/d')]],
    [
      'below a link, with another between',
      [{ type: 'link', path: 'a', target: '/etc' }, file('a-b'), file('a/passwd')],
    ],
    ['a path without end', [file('a/'.repeat(1_000_000).concat('a'))]],
    ['a size that is no number', [{ ...file('a'), size: '1e9' }]],
    ['a size as a number', [{ ...file('a'), size: 1 }]],
    ['a link to nowhere', [{ type: 'link', path: 'a', target: '' }]],
  ])('refuses outputs %s', (_, outputs) => {
    expect(decode(outputs)).toBeNull();
  });

  it('is quick with very many outputs', () => {
    const many = Array.from({ length: 50_000 }, (_, at) => file(`d/${String(at).padStart(6, '0')}/x/y/z`));
    expect(decode(many)?.outputs).toHaveLength(50_000);
  });
});
