/** cache-spec against the code: the vectors, and the JSON Schemas against what is really written. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, test } from 'vitest';
import { encodeChecked } from '../src/base/checked.ts';
import { pathFault } from '../src/base/paths.ts';
import type { BypassReason, NotStoredReason } from '../src/plugin.ts';
import { type Reporting, reportStep } from '../src/report/report.ts';
import { type KeyParts, keyOf } from '../src/step/key.ts';
import type { MissReason, Outcome, StepReport } from '../src/step/outcome.ts';
import { Troubles } from '../src/step/trouble.ts';
import { LocalStore } from '../src/store/local.ts';
import { decodeRecord, encodeRecord, RECORD_VERSION, type StepRecord } from '../src/store/record.ts';

const SPEC = join(import.meta.dirname, '../cache-spec');

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(SPEC, path), 'utf8'));
}

/** @returns what the schema has against a value; empty: nothing */
function against(schema: string): (value: unknown) => unknown[] {
  const validate = new Ajv2020({
    strict: true,
    strictTuples: false,
    strictRequired: false,
    allowUnionTypes: true,
  }).compile(readJson(`${schema}.schema.json`) as object);
  return (value) => (validate(value) ? [] : (validate.errors ?? ['?']));
}

test('every schema compiles', () => {
  const names = readdirSync(SPEC).filter((name) => name.endsWith('.schema.json'));
  expect(names).toHaveLength(5);
  for (const name of names) expect(against(name.replace('.schema.json', '')), name).toBeTypeOf('function');
});

describe('keys.json', () => {
  const { cases } = readJson('vectors/keys.json') as {
    cases: { name: string; parts: KeyParts; canonical: string; key: string }[];
  };
  const faults = against('key');

  test('is not empty, and no two keys are equal', () => {
    expect(cases.length).toBeGreaterThan(15);
    expect(new Set(cases.map(({ key }) => key)).size).toBe(cases.length);
  });

  test.each(cases)('$name', ({ parts, canonical, key }) => {
    expect(keyOf(parts)).toMatchObject({ canonical, key });
    expect(faults(parts)).toEqual([]);
    const reversed = Object.fromEntries(Object.entries(parts).reverse()) as unknown as KeyParts;
    expect(keyOf(reversed).key).toBe(key);
  });

  test.each([
    ['a value that is not hashed', { env: { TOKEN: 'secret' } }],
    ['an input without digest', { inputs: { a: 'file x' } }],
    ['another version', { version: 2 }],
    ['a member nobody knows', { writes: [] }],
  ])('the schema refuses %s', (_, change) => {
    expect(faults({ ...cases[0]?.parts, ...change })).not.toEqual([]);
  });
});

describe('paths.json', () => {
  const { cases } = readJson('vectors/paths.json') as { cases: { path: string; fault: string | null }[] };
  const faults = against('record');
  const KINDS: readonly (readonly [RegExp, string])[] = [
    [/^empty$/, 'empty'],
    [/NUL/, 'nul'],
    [/backslash/, 'backslash'],
    [/absolute/, 'absolute'],
    [/segment/, 'segment'],
  ];

  test('has both kinds', () => {
    expect(cases.filter(({ fault }) => fault === null).length).toBeGreaterThan(15);
    expect(new Set(cases.map(({ fault }) => fault))).toEqual(new Set([null, ...KINDS.map(([, kind]) => kind)]));
  });

  test.each(cases)('$path: $fault', ({ path, fault }) => {
    const found = pathFault(path);
    expect(found === null ? null : KINDS.find(([pattern]) => pattern.test(found))?.[1]).toBe(fault);
    expect(faults(record({ outputs: [{ type: 'dir', path }] })).length === 0).toBe(fault === null);
  });
});

describe('records.json', () => {
  const { records, files } = readJson('vectors/records.json') as {
    records: { name: string; valid: boolean; schema: boolean; record: StepRecord }[];
    files: { name: string; valid: boolean; text: string }[];
  };
  const faults = against('record');

  test('has both kinds', () => {
    expect(records.filter(({ valid }) => valid).length).toBeGreaterThan(10);
    expect(records.filter(({ valid }) => !valid).length).toBeGreaterThan(40);
    expect(files.length).toBeGreaterThan(10);
  });

  test.each(records)('$name', ({ valid, schema, record: body }) => {
    expect(decodeRecord(encodeRecord(body))).toEqual(valid ? body : null);
    expect(faults(body).length === 0).toBe(schema);
  });

  test.each(files)('file: $name', ({ valid, text }) => {
    expect(decodeRecord(Buffer.from(text)) !== null).toBe(valid);
    if (valid) expect(Buffer.from(encodeRecord(decodeRecord(Buffer.from(text)) as StepRecord)).toString()).toBe(text);
  });

  test('a record is found by its head, whatever the buffer it lies in', () => {
    const bytes = encodeChecked('wgcache-record', RECORD_VERSION, Buffer.from(JSON.stringify(record({}))));
    const larger = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]);
    expect(decodeRecord(larger.subarray(6, 6 + bytes.length))).toEqual(record({}));
  });
});

function record(change: object): StepRecord {
  const digest = '0'.repeat(64);
  return {
    version: RECORD_VERSION,
    key: digest,
    scope: 'local',
    root: null,
    plugin: 'generic',
    label: 'make docs',
    tool: null,
    outputs: [],
    log: { stdout: null, stderr: null, order: [], rooted: [] },
    ranMs: 1,
    madeAt: '2026-11-23T12:00:00.000Z',
    envMode: null,
    ...change,
  };
}

describe('event.schema.json and outcome.schema.json, against what the reporter writes', () => {
  const dir = mkdtempSync(join(tmpdir(), 'wgcache-vectors-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const eventFaults = against('event');
  const outcomeFaults = against('outcome');

  /** One reason a code; the compiler sees to it that none is left out. */
  const BYPASS: { readonly [Code in BypassReason['code']]: Extract<BypassReason, { code: Code }> } = {
    'not-described': { code: 'not-described' },
    'side-effects': { code: 'side-effects', what: 'helm push' },
    'live-cluster': { code: 'live-cluster', flag: '--validate' },
    'volatile-function': { code: 'volatile-function', fn: 'now', file: 'a.yaml' },
    'url-value': { code: 'url-value', value: 'https://h/v.yaml' },
    stdin: { code: 'stdin', what: '-f -' },
    signing: { code: 'signing', flag: '--sign' },
    'unknown-flag': { code: 'unknown-flag', flag: '--x' },
    debug: { code: 'debug', what: '--debug' },
    'remote-chart': { code: 'remote-chart', ref: 'oci://h/c' },
    'duplicate-subchart': { code: 'duplicate-subchart', name: 'common' },
    'remote-schema-ref': { code: 'remote-schema-ref', ref: 'https://h/s', file: 'values.schema.json' },
    unpinned: { code: 'unpinned', chart: 'a', repository: 'https://h' },
    'unknown-scheme': { code: 'unknown-scheme', url: 's3://b' },
    offline: { code: 'offline', url: 'https://h', detail: 'no answer' },
    'output-outside-root': { code: 'output-outside-root', path: '../x' },
    'path-not-utf8': { code: 'path-not-utf8', path: '?' },
    'link-cycle': { code: 'link-cycle', path: 'a' },
    unreadable: { code: 'unreadable', path: 'a', detail: 'EACCES' },
    'tool-is-script': { code: 'tool-is-script', path: '/bin/x' },
    'tool-not-found': { code: 'tool-not-found', name: 'x' },
    unsupported: { code: 'unsupported', what: '--post-renderer' },
    'cache-trouble': { code: 'cache-trouble', detail: 'full' },
    plugin: { code: 'plugin', text: 'no' },
  };
  const NOT_STORED: { readonly [Code in NotStoredReason['code']]: Extract<NotStoredReason, { code: Code }> } = {
    failed: { code: 'failed', exit: 1 },
    'inputs-changed': { code: 'inputs-changed', what: 'a' },
    'outputs-changed': { code: 'outputs-changed', path: 'a' },
    'output-missing': { code: 'output-missing', path: 'a' },
    'output-unsupported': { code: 'output-unsupported', path: 'a', detail: 'a FIFO' },
    'digest-mismatch': { code: 'digest-mismatch', file: 'a.tgz', expected: '0', actual: '1' },
    'resolution-differs': { code: 'resolution-differs', dependency: 'a', expected: '1.0.0', actual: '1.0.1' },
    killed: { code: 'killed', signal: 'SIGTERM' },
    'trouble-told': { code: 'trouble-told', line: '...Unable to get an update' },
    'still-running': { code: 'still-running' },
    'dry-run': { code: 'dry-run' },
    'cache-trouble': { code: 'cache-trouble', detail: 'full' },
    plugin: { code: 'plugin', text: 'no' },
  };
  const MISS: { readonly [Code in MissReason['code']]: Extract<MissReason, { code: Code }> } = {
    first: { code: 'first' },
    changed: { code: 'changed', changes: [{ part: 'input', name: 'a', change: 'changed' }] },
    'record-gone': { code: 'record-gone' },
    'record-damaged': { code: 'record-damaged' },
    'blob-gone': { code: 'blob-gone', path: 'a' },
    'other-root': { code: 'other-root' },
    expired: { code: 'expired' },
    forced: { code: 'forced' },
    'restore-failed': { code: 'restore-failed', path: 'a', detail: 'EACCES' },
  };
  const OUTCOMES: readonly Outcome[] = [
    { kind: 'fresh', savedMs: 120.25 },
    { kind: 'restored', savedMs: 120, written: 2, removed: 1, bytes: 4096 },
    {
      kind: 'seeded',
      reason: MISS.first,
      from: { label: 'npm ci', at: '2026-11-23T12:00:00.000Z' },
      files: 3,
      bytes: 4096,
      ranMs: 99.123,
      stored: { stored: true },
    },
    ...Object.values(MISS).map(
      (reason): Outcome => ({ kind: 'miss', reason, ranMs: 99.123, stored: { stored: true } }),
    ),
    ...Object.values(NOT_STORED).map(
      (reason): Outcome => ({ kind: 'miss', reason: MISS.first, ranMs: 9, stored: { stored: false, reason } }),
    ),
    ...Object.values(BYPASS).map((reason): Outcome => ({ kind: 'bypass', reason, ranMs: 9 })),
  ];

  test.each(OUTCOMES.map((outcome) => [`${outcome.kind} ${JSON.stringify(outcome)}`, outcome] as const))(
    '%s',
    async (_, outcome) => {
      const { line, event } = await written(outcome);
      expect(outcomeFaults(line)).toEqual([]);
      expect(eventFaults(event)).toEqual([]);
      expect(line).toMatchObject({ outcome: outcome.kind });
      if ('reason' in outcome)
        expect(line.reason).toMatchObject({ ...outcome.reason, text: expect.stringMatching(/./) });
    },
  );

  test.each([
    ['a reason nobody knows', { reason: { code: 'whim', text: 'why not' } }],
    ['a miss without key', { key: null }],
    ['a run that was not stored for no reason', { stored: false }],
    ['an outcome nobody knows', { outcome: 'lucky' }],
    ['a seeded run of no origin', { outcome: 'seeded' }],
  ])('the outcome schema refuses %s', async (_, change) => {
    const { line } = await written({ kind: 'miss', reason: MISS.first, ranMs: 9, stored: { stored: true } });
    expect(outcomeFaults({ ...line, ...change })).not.toEqual([]);
  });

  test.each([
    ['a hit with a reason', { outcome: 'fresh' }],
    ['a local time', { at: '2026-11-23T12:00:00+01:00' }],
    ['a fraction', { totalMs: 0.5 }],
  ])('the event schema refuses %s', async (_, change) => {
    const { event } = await written({ kind: 'miss', reason: MISS.first, ranMs: 9, stored: { stored: true } });
    expect(eventFaults({ ...event, ...change })).not.toEqual([]);
  });

  /** What `wrap --json` prints and what the journal gets, for one outcome. */
  async function written(outcome: Outcome): Promise<{ line: Record<string, unknown>; event: Record<string, unknown> }> {
    const store = new LocalStore(dir);
    const printed: string[] = [];
    const host = {
      env: {},
      isTerminal: () => false,
      write: (_: 1 | 2, text: string | Uint8Array) => printed.push(String(text)),
    };
    const to = { host, layout: store.layout, troubles: new Troubles(true), mode: 'line' } as unknown as Reporting;
    const report: StepReport = {
      plugin: 'helm-lint',
      label: 'helm lint charts/app',
      words: { fresh: 'already linted', restored: 'already linted' },
      outcome,
      key: outcome.kind === 'bypass' ? null : '0'.repeat(64),
      exit: 0,
      totalMs: 12.345,
      warnings: [{ code: 'workspace', text: 'no root' }],
    };
    await reportStep(to, report, { json: true, journal: true });
    const [month = ''] = readdirSync(store.layout.journalDir).toSorted().slice(-1);
    const last = readFileSync(join(store.layout.journalDir, month), 'utf8').trimEnd().split('\n').at(-1) ?? '';
    expect(printed).toHaveLength(1);
    return { line: JSON.parse(printed[0] ?? ''), event: JSON.parse(last) };
  }
});
