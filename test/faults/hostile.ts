/** What the suites of hostile bytes share: how many cases, what a case may cost, and a place beside which nothing may change. */
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, onTestFinished } from 'vitest';

/** Cases of all hostile suites together. `npm run faults` gives a larger number. */
const CASES = Number(process.env.WGCACHE_FAULTS_CASES ?? 20_000);
const SEED = Number(process.env.WGCACHE_FAULTS_SEED ?? 1);
/** What one case may take; the bombs have a test of their own. */
const CASE_MS = 10_000;

export interface Tally {
  /** Runs the property over its share of all cases and counts them. */
  check<T>(name: string, share: number, cases: fc.Arbitrary<T>, holds: (value: T) => unknown): Promise<void>;
  /** A figure beside those of the cases. */
  note(name: string, figure: number): void;
}

/** One for each file: what it counted is told at its end. `holds` gives how many cases its value stood for, when not one. */
export function tally(suite: string): Tally {
  const counts: Record<string, { cases: number; slowestMs: number }> = {};
  const notes: Record<string, number> = {};
  afterAll(() => noteFigures(suite, { seed: SEED, ...counts, ...notes }));
  return {
    note: (name, figure) => {
      notes[name] = figure;
    },
    async check(name, share, cases, holds) {
      const count = { cases: 0, slowestMs: 0 };
      counts[name] = count;
      const property = fc.asyncProperty(cases, async (value) => {
        const started = performance.now();
        const stoodFor = await holds(value);
        count.cases += typeof stoodFor === 'number' ? stoodFor : 1;
        const ms = performance.now() - started;
        count.slowestMs = Math.max(count.slowestMs, Math.round(ms));
        expect(ms, 'time of one case').toBeLessThan(CASE_MS);
      });
      await fc.assert(property, { seed: SEED, numRuns: Math.max(20, Math.round(CASES * share)) });
    },
  };
}

/** One line in the output, and a file for RESULTS.md when a directory for reports is named. */
export function noteFigures(suite: string, figures: object): void {
  console.log(`${suite}: ${JSON.stringify(figures)}`);
  const dir = process.env.WGCACHE_FAULTS_REPORT;
  if (dir !== undefined) writeFileSync(join(dir, `${suite}.json`), JSON.stringify(figures));
}

/** Time for a test whose share of all cases is this. */
export function timeFor(share: number): number {
  return 60_000 + CASES * share * 20;
}

/** A directory for one test, by its real path. */
export function temporary(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-hostile-')));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, 'app'));
  return dir;
}

/** Everything below a directory but `without`, with times: what is equal was not touched. */
export function stateOf(dir: string, without: readonly string[] = []): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (path: string, rel: string): void => {
    if (without.includes(rel)) return;
    const stat = lstatSync(path, { bigint: true });
    const isDir = stat.isDirectory();
    const content = stat.isFile() ? readFileSync(path, 'latin1') : stat.isSymbolicLink() ? readlinkSync(path) : '';
    // A directory that holds something left out changes with it.
    const time = isDir && without.some((name) => name.startsWith(rel === '' ? '' : `${rel}/`)) ? '' : stat.mtimeNs;
    found[rel] = `${stat.mode.toString(8)} ${stat.ino} ${time} ${content}`;
    if (isDir) for (const name of readdirSync(path)) walk(join(path, name), rel === '' ? name : `${rel}/${name}`);
  };
  walk(dir, '');
  return found;
}

/** Names and pieces of names that lead somewhere else, or that some system takes for something else. */
const PIECES = [
  ...['a', 'b', 'out', 'dir', 'file', 'link', 'linked', 'up', 'loop', 'dangling', 'Chart.yaml', 'charts', 'x.tgz'],
  ...['..', '.', '', '...', ' ', '.. ', '~', '-', '*', '<root>', '__proto__', 'constructor', '.git', '.wgcache'],
  ...['C:', 'c:x', 'CON', 'nul.txt', 'a\\b', '..\\..', '\\\\server\\share', 'a:b', 'file://', '%2e%2e'],
  ...[
    '\0',
    'a\0b',
    '\n',
    'a\tb',
    '\x7f',
    '\u202e',
    'é',
    'e\u0301',
    '\ud800',
    '\ufffd',
    '😀',
    'x'.repeat(255),
    'x'.repeat(256),
  ],
];

export const hostilePath: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('/', '/etc/passwd', '../'.repeat(40), 'd/'.repeat(1_500), `a/${'../'.repeat(3)}b`),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);

/** Any JSON, with the names that trip over prototypes. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(-1, 1e308, 2 ** 53, '', '0', [], {}, [[]], null, true, 'x'.repeat(10_000), [null], {
    length: -1,
  }),
  fc.constantFrom(
    ...['__proto__', 'constructor', 'toString', 'then'].map((name): unknown => JSON.parse(`{"${name}": {"a": 1}}`)),
  ),
);

/** Bytes as somebody's hand or a failing disk leaves them. */
export function damaged(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(bytes, fc.constantFrom('whole', 'cut', 'flip', 'grow', 'double', 'empty'), fc.nat(), fc.nat(255))
    .map(([whole, how, at, byte]) => {
      const copy = Buffer.from(whole);
      switch (how) {
        case 'cut':
          return copy.subarray(0, at % (copy.length + 1));
        case 'flip':
          if (copy.length > 0) copy[at % copy.length]! ^= byte || 1;
          return copy;
        case 'grow':
          return Buffer.concat([copy, Buffer.alloc((at % 1_000) + 1, byte)]);
        case 'double':
          return Buffer.concat([copy, copy]);
        default:
          return how === 'empty' ? Buffer.alloc(0) : copy;
      }
    });
}
