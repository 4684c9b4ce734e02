import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { fact } from '../../src/facts/chart-archive.ts';
import type { ChartArchive } from '../../src/facts/values.ts';
import { stopwatch } from '../support/cpu.ts';
import { CHART, chart, type Part, tgz } from './_tgz.ts';

interface VectorMember {
  readonly path: string;
  readonly mode: number;
  readonly text?: string;
  readonly archive?: readonly VectorMember[];
}
const { cases } = JSON.parse(readFileSync('cache-spec/vectors/archive-meaning.json', 'utf8')) as {
  cases: { name: string; members: VectorMember[]; meaning: string }[];
};

const look = async (bytes: Uint8Array): Promise<ChartArchive> => fact.compute(bytes, null);
const meaning = async (bytes: Uint8Array) => (await look(bytes)).meaning;

function partsOf(members: readonly VectorMember[], reverse: boolean): Part[] {
  const parts = members.map(({ path, mode, text, archive }) => ({
    path,
    mode,
    data: archive ? pack(archive, reverse) : (text ?? ''),
  }));
  return reverse ? parts.reverse() : parts;
}

function pack(members: readonly VectorMember[], reverse: boolean): Buffer {
  return tgz(partsOf(members, reverse), reverse ? { level: 1, mtime: new Date(1.7e12) } : { level: 9 });
}

describe('meaning', () => {
  test.each(cases)('vector: $name', async ({ members, meaning: expected }) => {
    expect(await meaning(pack(members, false))).toBe(expected);
    expect(await meaning(pack(members, true))).toBe(expected);
  });

  const name = fc.stringMatching(/^[a-z]{1,8}$/);
  const files = fc.dictionary(name, fc.uint8Array({ maxLength: 700 }), { minKeys: 1, maxKeys: 6 });

  it('does not depend on order, times or compression', async () => {
    await fc.assert(
      fc.asyncProperty(
        files,
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 2e9 }),
        async (found, level, seconds) => {
          const parts = Object.entries(found).map(([path, data]) => ({ path: `demo/files/${path}`, data }));
          const first = await meaning(tgz([{ path: 'demo/Chart.yaml', data: CHART }, ...parts]));
          const again = [
            ...parts.reverse(),
            { path: 'demo/Chart.yaml', data: CHART },
            { path: 'demo/files/', type: '5' },
          ];
          expect(first).toMatch(/^[0-9a-f]{64}$/);
          expect(await meaning(tgz(again, { level, mtime: new Date(seconds * 1000) }))).toBe(first);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('changes with any content, mode or path', async () => {
    await fc.assert(
      fc.asyncProperty(
        files,
        fc.nat(),
        fc.constantFrom('content', 'mode', 'path', 'less'),
        async (found, pick, what) => {
          const parts: Part[] = Object.entries(found).map(([path, data]) => ({ path: `demo/files/${path}`, data }));
          const at = pick % parts.length;
          const old = parts[at] as Part;
          const changed: Record<string, Part[]> = {
            content: [{ ...old, data: Buffer.concat([Buffer.from(old.data as Uint8Array), Buffer.from('x')]) }],
            mode: [{ ...old, mode: 0o755 }],
            path: [{ ...old, path: `${old.path}.x` }],
            less: [],
          };
          const chartYaml = { path: 'demo/Chart.yaml', data: CHART };
          const before = await meaning(tgz([chartYaml, ...parts]));
          const after = await meaning(tgz([chartYaml, ...parts.toSpliced(at, 1, ...(changed[what] as Part[]))]));
          expect(after).not.toBeNull();
          expect(after).not.toBe(before);
        },
      ),
      { numRuns: 60 },
    );
  });

  const at = (path: string, more: Partial<Part> = {}): Part => ({ path, data: 'x', ...more });
  const base: Part = { path: 'demo/Chart.yaml', data: CHART };
  const pax = (text: string): Part => ({ path: 'PaxHeader', type: 'x', data: text });
  test.each<[string, Uint8Array]>([
    ['the same name twice', tgz([base, at('demo/a'), at('demo/a')])],
    ['the same name below two directories', tgz([base, at('demo/a'), at('other/a')])],
    ['a symbolic link', tgz([base, at('demo/a', { type: '2', data: '' })])],
    ['a hard link', tgz([base, at('demo/a', { type: '1', data: '' })])],
    ['a device', tgz([base, at('demo/a', { type: '3', data: '' })])],
    ['a global header', tgz([{ path: 'pax_global_header', type: 'g', data: '' }, base])],
    ['an unknown extended header', tgz([base, pax('14 comment=x\n'), at('demo/a')])],
    ['a size in an extended header', tgz([base, pax('10 size=1\n'), at('demo/a')])],
    ['an absolute name', tgz([base, at('/demo/a')])],
    ['a name that leaves', tgz([base, at('demo/../a')])],
    ['a name with a dot', tgz([base, at('./demo/a')])],
    ['a name with an empty part', tgz([base, at('demo//a')])],
    ['a name of Windows', tgz([base, at('demo\\a')])],
    ['a drive', tgz([base, at('demo/c:/a')])],
    ['a file beside the chart', tgz([base, at('a')])],
    ['a file over 5 MiB', tgz([base, at('demo/a', { data: Buffer.alloc(5 * 1024 * 1024 + 1) })])],
    ['bytes behind the end', Buffer.concat([chart(), Buffer.from('more')])],
    ['a cut-off archive', chart({ a: 'x'.repeat(5000) }).subarray(0, 150)],
    ['one empty block and more', gzipSync(Buffer.concat([Buffer.alloc(512), Buffer.alloc(512, 1)]))],
    ['no gzip', Buffer.from('hello')],
    ['no members', tgz([])],
    ['a nested archive that cannot be read', chart({ 'charts/a.tgz': 'no archive' })],
  ])('there is none with %s', async (_, bytes) => {
    const value = await look(bytes);
    expect(value).toMatchObject({ loads: false, meaning: null });
  });

  it('is there for long names and times of extended headers', async () => {
    const long = `demo/${'d/'.repeat(80)}file`;
    const record = (text: string) => {
      const length = text.length + 1 + String(text.length + 4).length;
      return `${length} ${text}`;
    };
    const times = pax(record('mtime=1700000000.5\n'));
    const withPax = tgz([
      base,
      pax(record(`path=${long}\n`) + record('atime=1.5\n')),
      at('demo/short'),
      times,
      at('demo/b'),
    ]);
    const plain = tgz([base, at(long), at('demo/b')]);
    expect(await meaning(withPax)).toMatch(/^[0-9a-f]{64}$/);
    expect(await meaning(withPax)).toBe(await meaning(plain));
  });

  it('stays away from bombs', async () => {
    const cpuMs = stopwatch();
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 9 });
    const inner = chart({ a: Buffer.alloc(4 * 1024 * 1024) });
    let nested = inner;
    for (let i = 0; i < 30; i++) nested = chart({ 'charts/x.tgz': nested });
    const wide = chart(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`charts/x${i}.tgz`, inner])));
    for (const bytes of [bomb, nested, wide]) expect(await look(bytes)).toMatchObject({ loads: false, meaning: null });
    expect(cpuMs()).toBeLessThan(15_000);
  });
});

describe('what a chart holds', () => {
  it('is told of every level', async () => {
    const schema = JSON.stringify({ properties: { a: { $ref: 'https://example.com/a.json' }, b: { $ref: '#/c' } } });
    const nested = tgz([
      { path: 'sub/Chart.yaml', data: CHART.replace('demo', 'sub') },
      { path: 'sub/templates/a.yaml', data: '\n{{ now }}' },
      { path: 'sub/values.schema.json', data: schema },
    ]);
    const value = await look(
      chart({
        'values.yaml': 'a: "{{ uuidv4 }}"\n',
        'templates/x/a.yaml': '{{ tpl .Values.a . }}',
        'charts/sub-1.2.3.tgz': nested,
        'charts/other/Chart.yaml': CHART.replace('demo', 'other'),
        'charts/other/templates/b.yaml': '{{ lookup "v1" "Secret" "" "" }}',
        'charts/other/notes/c.txt': '{{ genCA "a" 1 }}',
        'charts/_left/templates/d.yaml': '{{ shuffle "a" }}',
      }),
    );
    expect(value).toEqual({
      loads: true,
      name: 'demo',
      version: '1.2.3',
      meaning: expect.stringMatching(/^[0-9a-f]{64}$/),
      duplicates: [],
      templates: {
        volatile: [{ fn: 'now', file: 'demo/charts/sub-1.2.3.tgz/sub/templates/a.yaml', line: 2 }],
        usesTpl: true,
        usesLookup: true,
        usesDns: false,
        assembled: false,
      },
      others: {
        volatile: [
          { fn: 'genCA', file: 'demo/charts/other/notes/c.txt', line: 1 },
          { fn: 'uuidv4', file: 'demo/values.yaml', line: 1 },
        ],
        usesTpl: false,
        usesLookup: false,
        usesDns: false,
        assembled: false,
      },
      remoteRefs: [{ file: 'demo/charts/sub-1.2.3.tgz/sub/values.schema.json', ref: 'https://example.com/a.json' }],
    });
  });

  it('two sub-charts of one name, as directory and archive, at any level', async () => {
    const sub = tgz([{ path: 'sub/Chart.yaml', data: CHART.replace('demo', 'sub') }]);
    const twice = { 'charts/sub/Chart.yaml': CHART.replace('demo', 'sub'), 'charts/sub-1.tgz': sub };
    expect((await look(chart(twice))).duplicates).toEqual(['sub']);
    expect((await look(chart({ 'charts/x.tgz': chart(twice) }))).duplicates).toEqual(['sub']);
    expect((await look(chart({ 'charts/sub-1.tgz': sub }))).duplicates).toEqual([]);
  });

  test.each<[string, Record<string, string>]>([
    ['no version', { 'Chart.yaml': 'apiVersion: v2\nname: demo\n' }],
    ['a version that is none', { 'Chart.yaml': 'apiVersion: v2\nname: demo\nversion: latest\n' }],
    ['a name with a slash', { 'Chart.yaml': 'apiVersion: v2\nname: a/b\nversion: 1.0.0\n' }],
    ['a type Helm does not know', { 'Chart.yaml': `${CHART}type: plugin\n` }],
    ['an apiVersion of the future', { 'Chart.yaml': CHART.replace('v2', 'v3') }],
    ['a list where text should be', { 'Chart.yaml': `${CHART}description: [a]\n` }],
    ['one alias twice', { 'Chart.yaml': `${CHART}dependencies:\n- name: a\n- name: b\n  alias: a\n` }],
    ['values that are no mapping', { 'values.yaml': '- a\n' }],
    ['values that are doubtful', { 'values.yaml': 'a: &x 1\n' }],
    ['a lock that is no lock', { 'Chart.lock': 'digest: [a]\n' }],
    ['a stray file in charts/', { 'charts/README.md': 'x' }],
    ['a sub-chart without Chart.yaml', { 'charts/a/values.yaml': 'x: 1\n' }],
  ])('does not certainly load with %s', async (_, files) => {
    expect((await look(chart(files))).loads).toBe(false);
  });

  test.each<[string, Record<string, string>]>([
    ['nothing more', {}],
    ['a mark at the start of a file', { 'Chart.yaml': `\ufeff${CHART}` }],
    [
      'old requirements',
      { 'Chart.yaml': CHART.replace('v2', 'v1'), 'requirements.yaml': 'dependencies:\n- name: a\n' },
    ],
    ['a provenance file in charts/', { 'charts/a-1.tgz.prov': 'x' }],
    ['what Helm skips in charts/', { 'charts/_a/x': 'x', 'charts/.b': 'x' }],
    ['a schema that is no JSON', { 'values.schema.json': 'x' }],
  ])('loads with %s', async (_, files) => {
    expect((await look(chart(files))).loads).toBe(true);
  });

  it('of 300 KB takes a moment', async () => {
    const crd = `${'description: |-\n  some words of a long text, {{ no action\n'.repeat(400)}x: 1\n`;
    let seed = 1;
    const next = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return (seed % 36).toString(36);
    };
    const noise = () => Array.from({ length: 9000 }, next).join('');
    const files = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`crds/${i}.yaml`, `${crd}n: ${noise()}\n`]));
    const bytes = chart(files);
    expect(bytes.length).toBeGreaterThan(300_000);
    await look(bytes);
    const cpuMs = stopwatch();
    expect((await look(bytes)).loads).toBe(true);
    expect(cpuMs()).toBeLessThan(1_000);
  });
});
