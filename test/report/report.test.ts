/** Always says why, in one line; nothing a name holds breaks it. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { jsonReport } from '../../src/report/json.ts';
import { changeText, missText } from '../../src/report/reasons.ts';
import { reportLine, warningLines } from '../../src/report/text.ts';
import { bytes, duration } from '../../src/report/units.ts';
import { changesBetween, type KeyChange } from '../../src/step/diff.ts';
import { KEY_VERSION, type KeyParts } from '../../src/step/key.ts';
import type { Outcome, StepReport } from '../../src/step/outcome.ts';
import { appendEvent, readEvents, type StepEvent } from '../../src/store/journal.ts';
import { Layout } from '../../src/store/layout.ts';
import { recentKeys, rememberKey } from '../../src/store/recent.ts';

const DIGEST = 'a'.repeat(64);

function report(outcome: Outcome, change: Partial<StepReport> = {}): StepReport {
  return {
    plugin: 'p',
    label: 'make docs',
    words: { fresh: 'as it should be', restored: 'put back' },
    outcome,
    key: DIGEST,
    exit: 0,
    totalMs: 12,
    warnings: [],
    ...change,
  };
}

const line = (outcome: Outcome, change: Partial<StepReport> = {}): string =>
  reportLine(report(outcome, change), (_, text) => text);
const miss = (changes: KeyChange[]): Outcome => ({
  kind: 'miss',
  reason: { code: 'changed', changes },
  ranMs: 1_234,
  stored: { stored: true },
});

function layout(): Layout {
  const dir = mkdtempSync(join(tmpdir(), 'wgcache-report-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return new Layout(dir);
}

describe('the line', () => {
  it.each<[Outcome, string]>([
    [{ kind: 'fresh', savedMs: 2_012 }, 'wgcache: fresh: make docs: as it should be (12 ms, saved 2.0 s)\n'],
    [{ kind: 'fresh', savedMs: 1 }, 'wgcache: fresh: make docs: as it should be (12 ms, saved 0 ms)\n'],
    [
      { kind: 'restored', savedMs: 112, written: 1, removed: 0, bytes: 5 },
      'wgcache: restored: make docs: put back (12 ms, saved 100 ms)\n',
    ],
    [miss([{ part: 'input', name: 'a', change: 'changed' }]), 'wgcache: miss: make docs: a changed (ran 1.2 s)\n'],
    [
      {
        kind: 'miss',
        reason: { code: 'first' },
        ranMs: 1,
        stored: { stored: false, reason: { code: 'failed', exit: 2 } },
      },
      'wgcache: miss: make docs: first run of this step; not stored: exit 2 (ran 1 ms)\n',
    ],
    [
      { kind: 'bypass', reason: { code: 'stdin', what: '--stdin' }, ranMs: 1 },
      'wgcache: bypass: make docs: --stdin reads standard input (ran 1 ms)\n',
    ],
  ])('%j', (outcome, text) => {
    expect(line(outcome)).toBe(text);
  });

  it('names three changes at most, tools first', () => {
    const before: KeyParts = {
      version: KEY_VERSION,
      plugin: { name: 'p', version: 1 },
      args: [],
      cwd: '.',
      platform: 'x',
      env: { E: null },
      tools: { helm: DIGEST },
      inputs: { a: '1', b: '1', c: 'absent' },
      facts: {},
    };
    const after: KeyParts = {
      ...before,
      tools: { helm: 'b'.repeat(64) },
      env: { E: 'sha256:' },
      inputs: { a: '2', c: '1' },
    };
    const changes = changesBetween(before, after);
    expect(changes.map(changeText)).toEqual([
      'helm aaaaaaaaaaaa → bbbbbbbbbbbb',
      'environment variable E set',
      'a changed',
      'b vanished',
      'c appeared',
    ]);
    expect(missText({ code: 'changed', changes })).toBe(
      'helm aaaaaaaaaaaa → bbbbbbbbbbbb; environment variable E set; a changed; 2 more',
    );
    expect(changesBetween(after, after)).toEqual([]);
  });

  it('stays one line, whatever names hold', () => {
    const evil = 'x\n\x1b[2Jwgcache: fresh: all is well';
    const texts = [
      line(miss([{ part: 'input', name: evil, change: 'changed' }]), { label: evil }),
      line({ kind: 'bypass', reason: { code: 'unreadable', path: evil, detail: evil }, ranMs: 1 }),
      warningLines(
        report({ kind: 'fresh', savedMs: 0 }, { warnings: [{ code: 'cache-trouble', detail: evil }] }),
        (_, text) => text,
      ),
      jsonReport(report(miss([{ part: 'input', name: evil, change: 'changed' }]), { label: evil })),
    ];
    for (const text of texts) {
      expect(text.indexOf('\n')).toBe(text.length - 1);
      expect(text).not.toContain('\x1b');
    }
  });
});

describe('changes', () => {
  it('of parts named like what every object has', () => {
    const base: KeyParts = {
      version: KEY_VERSION,
      plugin: { name: 'p', version: 1 },
      args: [],
      cwd: '.',
      platform: 'x',
      env: {},
      tools: {},
      inputs: {},
      facts: {},
    };
    const odd: KeyParts = {
      ...base,
      inputs: Object.fromEntries(['__proto__', 'constructor', 'toString'].map((name) => [name, 'dir'])),
    };
    expect(changesBetween(base, odd).map(changeText)).toEqual([
      '__proto__ appeared',
      'constructor appeared',
      'toString appeared',
    ]);
    expect(changesBetween(odd, base).map(changeText)).toEqual([
      '__proto__ vanished',
      'constructor vanished',
      'toString vanished',
    ]);
    expect(changesBetween(odd, odd)).toEqual([]);
  });
});

describe('the journal', () => {
  const event: StepEvent = {
    v: 1,
    at: '2026-11-30T23:59:59.999Z',
    plugin: 'p',
    label: 'l',
    outcome: 'miss',
    reason: 'first',
    key: null,
    exit: 0,
    totalMs: 1,
    ranMs: 1,
    bytes: 0,
    notStored: null,
  };

  it('is read back in order, a file a month, past lines that are no event', () => {
    const at = layout();
    expect([...readEvents(at)]).toEqual([]);
    appendEvent(at, { ...event, at: '2026-12-01T00:00:00.000Z', label: 'second' });
    appendEvent(at, event);
    appendFileSync(at.journal('2026-11'), '{"v":1,"outc\n\nnull\n[]\n{"v":2}\n');
    for (const odd of [{ outcome: '__proto__' }, { totalMs: '1' }, { bytes: null }, { plugin: 1 }, { at: 5 }])
      appendFileSync(at.journal('2026-11'), `${JSON.stringify({ ...event, ...odd })}\n`);
    writeFileSync(join(at.journalDir, 'notes.txt'), JSON.stringify(event));
    expect([...readEvents(at)].map(({ label }) => label)).toEqual(['l', 'second']);
  });
});

describe('recent keys', () => {
  const key = (at: number): string => String(at).padStart(64, '0');

  it('come newest first, without doubles, a limited number of them', () => {
    const at = layout();
    for (let n = 0; n < 40; n++) rememberKey(at, DIGEST, { key: key(n), tool: null });
    rememberKey(at, DIGEST, { key: key(30), tool: 'v3' });
    const kept = recentKeys(at, DIGEST);
    expect(kept[0]).toEqual({ key: key(30), tool: 'v3' });
    expect(kept.length).toBeLessThan(30);
    expect(new Set(kept.map((entry) => entry.key)).size).toBe(kept.length);
  });

  it('that are damaged are none', () => {
    const at = layout();
    mkdirSync(dirname(at.recent(DIGEST)), { recursive: true });
    writeFileSync(at.recent(DIGEST), 'garbage');
    expect(recentKeys(at, DIGEST)).toEqual([]);
  });
});

it.each([
  [0, '0 ms', '0 B'],
  [999.4, '999 ms', '999.4 B'],
  [1_000, '1.0 s', '1.0 kB'],
  [999.6, '1.0 s', '999.6 B'],
  [119_949, '119.9 s', '119.9 kB'],
  [119_999, '2 min 0 s', '120.0 kB'],
  [125_000, '2 min 5 s', '125.0 kB'],
  [3_599_999, '60 min 0 s', '3.6 MB'],
])('units of %d', (value, time, size) => {
  expect(duration(value)).toBe(time);
  expect(bytes(value)).toBe(size);
});
