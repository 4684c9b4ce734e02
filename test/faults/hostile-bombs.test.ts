/** Archives and texts made to cost: what they unpack to, and how long they are looked at, has a bound. Peak memory is this process's own. */
import { deflateRawSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readPlainYaml } from '../../src/facts/_plain-yaml.ts';
import { findCalls } from '../../src/facts/_template.ts';
import { fact as chartArchive } from '../../src/facts/chart-archive.ts';
import { fact as indexEntries } from '../../src/facts/index-entries.ts';
import { remoteRefs } from '../../src/facts/schema-refs.ts';
import { noteFigures } from './hostile.ts';
import { base256, lyingGzip, pax, rawTar } from './tarball.ts';

const MIB = 1024 * 1024;
/** Of a peak over all cases so far, in bytes. */
const MEMORY = 200 * MIB;
const TIME_MS = 2_000;
/** A mebibyte of the worst text. */
const TEXT_MS = 5_000;

const CHART = { path: 'demo/Chart.yaml', data: 'apiVersion: v2\nname: demo\nversion: 1.0.0\n' };

function bomb(megabytes: number): Buffer {
  return gzipSync(Buffer.alloc(megabytes * MIB), { level: 9 });
}

/** Archives that break off or lie, each of which unpacks to nearly all that is allowed. */
function manyBombs(make: (zeros: Buffer) => Buffer): Buffer {
  const one = make(Buffer.alloc(60 * MIB));
  return gzipSync(
    rawTar([CHART, ...Array.from({ length: 60 }, (_, at) => ({ path: `demo/charts/x${at}.tgz`, data: one }))]),
  );
}

const ARCHIVES: Record<string, () => Buffer> = {
  'zeros that unpack to 1 GiB': () => Buffer.concat(new Array<Buffer>(4).fill(bomb(256))),
  'zeros of 100 MiB': () => bomb(100),
  'a trailer that says 100 MiB of nothing': () => lyingGzip(Buffer.alloc(10), 100 * MIB),
  'a trailer that says 10 bytes of 100 MiB': () => lyingGzip(Buffer.alloc(100 * MIB), 10),
  'sixty nested bombs that break off': () => manyBombs((zeros) => gzipSync(zeros).subarray(0, -20)),
  'sixty nested bombs with a wrong sum': () => manyBombs((zeros) => lyingGzip(zeros, zeros.length, 1)),
  'sixty nested bombs that say less than they are': () => manyBombs((zeros) => lyingGzip(zeros, zeros.length - 1)),
  'sixty nested bombs': () => manyBombs((zeros) => gzipSync(zeros)),
  'fifty archives within each other': () => {
    let inner = gzipSync(rawTar([CHART]));
    for (let at = 0; at < 50; at++) inner = gzipSync(rawTar([CHART, { path: 'demo/charts/x.tgz', data: inner }]));
    return inner;
  },
  'fifty charts within each other': () =>
    gzipSync(
      rawTar(Array.from({ length: 50 }, (_, at) => ({ ...CHART, path: `demo/${'charts/x/'.repeat(at)}Chart.yaml` }))),
    ),
  'a file that says it has 8 EiB': () => gzipSync(rawTar([CHART, { path: 'demo/a', size: base256(2n ** 63n) }])),
  'a file of negative size': () => gzipSync(rawTar([CHART, { path: 'demo/a', size: base256(-1024n) }, CHART])),
  'a header of negative size': () => gzipSync(rawTar([CHART, { path: 'x', type: 'x', size: base256(-512n) }, CHART])),
  'a path of 4 MiB': () =>
    gzipSync(rawTar([CHART, { path: 'x', type: 'x', data: pax('path', `demo/${'a/'.repeat(2 * MIB)}`) }, CHART])),
  'a file of 6 MiB': () => gzipSync(rawTar([CHART, { path: 'demo/a', data: Buffer.alloc(6 * MIB) }])),
  sparse: () => gzipSync(rawTar([CHART, { path: 'demo/a', type: 'S', size: base256(2n ** 40n) }])),
  'a stream without end': () =>
    Buffer.concat([
      Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
      deflateRawSync(Buffer.alloc(MIB)).subarray(0, -2),
    ]),
};

const figures: Record<string, { ms: number; peakMiB: number }> = {};

test.each(Object.keys(ARCHIVES))('an archive: %s', (name) => {
  const bytes = ARCHIVES[name]!();
  const { ms, grown, value } = measured(() => chartArchive.compute(bytes, null));
  figures[name] = { ms: Math.round(ms), peakMiB: Math.round(grown / MIB) };
  expect(value).toMatchObject({ loads: false, meaning: null });
  expect(ms).toBeLessThan(TIME_MS);
  expect(grown).toBeLessThan(MEMORY);
});

test('an archive of twenty thousand files is still read', () => {
  const files = Array.from({ length: 20_000 }, (_, at) => ({ path: `demo/${at}` }));
  const { ms, value } = measured(() => chartArchive.compute(gzipSync(rawTar([CHART, ...files])), null));
  expect(value).toMatchObject({ loads: true });
  expect(ms).toBeLessThan(TEXT_MS);
});

const repeated = (text: string, bytes: number): string => text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes);
const TEXTS: Record<string, (bytes: number) => string> = {
  dashes: (n) => repeated('- ', n),
  'lines of dashes': (n) => repeated('- - - - - - - - - - - - x\n', n),
  'brackets that nothing closes': (n) => `a: ${repeated('[', n)}`,
  'nested JSON': (n) => `{"a":${'['.repeat(n / 2)}${']'.repeat(n / 2)}}`,
  'a key for each two bytes': (n) => repeated('a:\n', n),
  'folded text': (n) => `a: "x\n${repeated('  y \\\n', n)}  z"`,
  'quotes in quotes': (n) => `a: '${repeated("''", n)}`,
  digits: (n) => `a: ${repeated('1_', n)}`,
  'indents, ever deeper': (n) => Array.from({ length: Math.sqrt(2 * n) }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
  'line breaks': (n) => repeated('\r\n', n),
  'actions that nothing closes': (n) => repeated('{{ "', n),
  comments: (n) => repeated('{{/*', n),
  'quotes and escapes': (n) => `{{ ${repeated('"\\', n)}`,
  'back quotes': (n) => `{{ ${repeated('`{{ "now" }}`', n)}`,
  'templates in templates': (n) => `{{ "${repeated('{{ \\\\\\"now\\\\\\" }}', n)}" }}`,
  references: (n) => `[${repeated('{"$ref":"http://[","$id":"//"},', n)}0]`,
};

/** Eight times the text may take twenty times as long, on a machine that has other things to do; by squares it would be 64. */
test.each(Object.keys(TEXTS))('a text: %s', (name) => {
  const read = (text: string): void => {
    const bytes = Buffer.from(text);
    readPlainYaml(bytes);
    void indexEntries.compute(bytes, { name: 'a' });
    remoteRefs(bytes);
    findCalls(text);
  };
  const [small, large] = [MIB / 8, MIB].map((bytes) => {
    const text = TEXTS[name]!(bytes);
    return Math.min(...[1, 2].map(() => measured(() => read(text)).ms));
  }) as [number, number];
  figures[name] = { ms: Math.round(large), peakMiB: 0 };
  expect(large).toBeLessThan(TEXT_MS);
  expect(large / Math.max(small, 20), `${small} ms for an eighth of it, ${large} ms for all`).toBeLessThan(20);
});

test('figures', () => noteFigures('hostile-bombs', figures));

/** `grown`: how far the peak of the process lies above what it held before. */
function measured<T>(work: () => T): { readonly ms: number; readonly grown: number; readonly value: T } {
  const held = process.memoryUsage().rss;
  const started = process.cpuUsage(); // of this process: others are at work too
  const value = work();
  const { user, system } = process.cpuUsage(started);
  const ms = (user + system) / 1_000;
  return { ms, grown: Math.max(0, process.resourceUsage().maxRSS * 1024 - held), value };
}
