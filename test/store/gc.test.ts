/** Collecting: what stays, what goes, and that it may stop and be overtaken anywhere. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodeChecked } from '../../src/base/checked.ts';
import { digestOf } from '../../src/base/digest.ts';
import { collect } from '../../src/store/gc.ts';
import { type Limits, newProgress, type Progress, type Tally } from '../../src/store/gc-progress.ts';
import { collectAlongTheWay, collectNow } from '../../src/store/gc-run.ts';
import { thisProcess } from '../../src/store/holder.ts';
import { tryLocks } from '../../src/store/lock.ts';
import { firstOfMeaning } from '../../src/store/meaning.ts';
import { rememberKey } from '../../src/store/recent.ts';
import { faultsOfStore } from '../faults/store-check.ts';
import { DAY, HOUR, type MadeRecord, SyntheticStore } from '../support/synthetic-store.ts';

const NONE: Limits = { maxSize: null, maxAgeMs: null };
const BLOCK = 4096;

function synthetic(): SyntheticStore {
  const made = new SyntheticStore();
  onTestFinished(() => made.remove());
  return made;
}

function gc({ store }: SyntheticStore, limits: Partial<Limits> = {}, dryRun = false): Tally {
  const tally = collectNow(store.layout, { ...NONE, ...limits }, dryRun);
  if (tally === null) throw new Error('somebody else is at it');
  return tally;
}

describe('by age', () => {
  it('removes records that were not used for so long, and then what only they name', async () => {
    const made = synthetic();
    const old = await made.record('old', ['only old', 'shared'], 31 * DAY);
    const used = await made.record('used', ['only used', 'shared'], 29 * DAY, 90 * DAY);
    const tally = gc(made, { maxAgeMs: 30 * DAY });
    expect(existsSync(old.path)).toBe(false);
    expect(faultsOfStore(made.dir)).toEqual([]);
    expect(made.files('blobs').map((path) => path.slice(-64))).toEqual(used.blobs.toSorted());
    expect(tally.removed).toMatchObject({ records: { files: 1, bytes: BLOCK }, blobs: { files: 3, bytes: 3 * BLOCK } });
    expect(tally.kept).toMatchObject({ records: { files: 1, bytes: BLOCK }, blobs: { files: 4, bytes: 4 * BLOCK } });
  });

  it('keeps what was stored within the hour, and blobs whose record may come', async () => {
    const made = synthetic();
    const young = await made.record('young', ['a'], HOUR / 2);
    const coming = await made.blob('its record comes', HOUR / 2);
    const orphan = await made.blob('no record came', 2 * HOUR);
    gc(made, { maxAgeMs: 0, maxSize: 0 });
    expect(existsSync(young.path)).toBe(true);
    expect(existsSync(made.store.layout.blob(coming))).toBe(true);
    expect(existsSync(made.store.layout.blob(orphan))).toBe(false);
    expect(faultsOfStore(made.dir)).toEqual([]);
  });

  it('a meaning taken up again is one whose record may come', async () => {
    const made = synthetic();
    const first = await made.blob('first archive', 2 * DAY);
    const meaning = digestOf('meaning');
    firstOfMeaning(made.store, meaning, { digest: first, size: 13 });
    made.age(made.store.layout.meaning(meaning), 2 * DAY);
    const second = await made.blob('second archive');
    expect(firstOfMeaning(made.store, meaning, { digest: second, size: 14 })).toMatchObject({ digest: first });
    gc(made);
    expect(existsSync(made.store.layout.blob(first))).toBe(true);
  });

  it('a record that nobody can read goes', async () => {
    const made = synthetic();
    const { path, blobs } = await made.record('torn', ['a'], 2 * HOUR);
    writeFileSync(path, readFileSync(path).subarray(0, 40));
    made.age(path, 2 * HOUR);
    expect(gc(made).removed).toMatchObject({ records: { files: 1 }, blobs: { files: blobs.length } });
    expect(made.files('records')).toEqual([]);
  });
});

describe('by size', () => {
  it('removes the least recently used until the rest fits, each blob counted once', async () => {
    const made = synthetic();
    const large = 'x'.repeat(100 * BLOCK);
    await made.record('a', [large, 'a'], 5 * DAY);
    await made.record('b', [large, 'b'], 3 * DAY);
    await made.record('c', [large, 'c'], 4 * DAY);
    const other = made.files().length; // none of our own
    expect(other).toBe(3 + 1 + 3 * 3);
    // The large blob, and for each record itself, its own output, log and key.
    const tally = gc(made, { maxSize: (100 + 2 * 4) * BLOCK });
    expect(tally.kept.records.files).toBe(2);
    expect(tally.kept.records.bytes + tally.kept.blobs.bytes).toBe((100 + 2 * 4) * BLOCK);
    expect(gc(made, { maxSize: (100 + 2 * 4) * BLOCK - 1 }).kept.records.files).toBe(1);
    expect(gc(made, { maxSize: 0 }).kept).toMatchObject({ records: { files: 0 }, blobs: { files: 0 } });
  });

  it('a record that is over the bound alone does not drive all others out', async () => {
    const made = synthetic();
    const huge = await made.record('huge', ['x'.repeat(50 * BLOCK)], 2 * HOUR);
    const small = await made.record('small', ['s'], 2 * DAY);
    gc(made, { maxSize: 20 * BLOCK });
    expect([existsSync(huge.path), existsSync(small.path)]).toEqual([false, true]);
  });

  it('counts our own files in', async () => {
    const made = synthetic();
    await made.record('a', ['a'], 2 * HOUR);
    writeIn(made.store.layout.memo(digestOf('m')), 'x'.repeat(10 * BLOCK));
    expect(gc(made, { maxSize: 13 * BLOCK }).kept.records.files).toBe(0);
  });
});

describe('our own files', () => {
  it('go by age, by what they name, by who holds them', async () => {
    const made = synthetic();
    const { layout } = made.store;
    const { key } = await made.record('kept', ['a'], 2 * HOUR);
    const [old, young] = [31 * DAY, 29 * DAY];
    const id = (name: string): string => digestOf(name);
    const at = (path: string, ago: number, text = 'x'): string => {
      writeIn(path, text);
      made.age(path, ago);
      return path;
    };
    rememberKey(layout, id('useful'), { key, tool: null });
    rememberKey(layout, id('useless'), { key: id('gone'), tool: null });
    for (const name of ['useful', 'useless']) made.age(layout.recent(id(name)), old);
    const answer = (value: string): string =>
      Buffer.from(encodeChecked('wgcache-answer', 1, Buffer.from(JSON.stringify({ at: 1, value })))).toString();
    const body = await made.blob('an index', old);
    const goes = [
      at(layout.memo(id('a')), old),
      at(layout.fact(id('a')), old),
      at(layout.glance(id('a')), old),
      at(made.path('config', `${id('a')}.json`), old),
      at(join(layout.temp, 'unfinished'), 2 * HOUR),
      at(layout.meaning(id('a')), 2 * HOUR, id('gone')),
      layout.recent(id('useless')),
      at(layout.journal('2020-01'), 0),
      at(layout.lock(id('dead')), 0, JSON.stringify({ token: 't', ...thisProcess(), pid: deadPid() })),
      at(`${layout.lock(id('dead'))}.u`, 0, JSON.stringify({ token: 'v', ...thisProcess(), pid: deadPid() })),
      at(`${layout.lock(id('other'))}.r-w`, 0, JSON.stringify({ token: 'w', ...thisProcess(), pid: deadPid() })),
    ];
    const held = tryLocks(layout, [{ name: id('held'), mode: 'exclusive' }]);
    onTestFinished(() => held?.release());
    mkdirSync(join(layout.temp, 'stage'));
    at(join(layout.temp, 'stage', '0'), 0);
    made.age(join(layout.temp, 'stage'), 2 * HOUR);
    const stays = [
      at(layout.memo(id('b')), young),
      at(layout.glance(id('b')), young),
      at(join(layout.temp, 'stage', '0'), 0), // somebody writes in there
      at(layout.meaning(id('b')), old, key),
      layout.recent(id('useful')),
      at(layout.validators(id('a')), young, answer(body)),
      layout.blob(body),
      at(layout.journal(new Date().toISOString().slice(0, 7)), 0),
      layout.lock(id('held')),
      at(layout.secretKey, 400 * DAY),
      at(made.path('memo', 'stranger'), 400 * DAY),
    ];
    const dry = gc(made, { maxAgeMs: 30 * DAY }, true);
    expect(goes.filter((path) => !existsSync(path))).toEqual([]);
    const tally = gc(made, { maxAgeMs: 30 * DAY });
    expect(goes.filter((path) => existsSync(path))).toEqual([]);
    expect(stays.filter((path) => !existsSync(path))).toEqual([]);
    expect(tally.removed.other.files).toBe(goes.length);
    expect(dry.removed).toEqual(tally.removed);
  });
});

describe('one at a time', () => {
  it('whoever comes second is told so, and removes nothing', async () => {
    const made = synthetic();
    await made.record('old', ['a'], 2 * DAY);
    const held = tryLocks(made.store.layout, [{ name: digestOf('gc'), mode: 'exclusive' }]);
    expect(collectNow(made.store.layout, { ...NONE, maxSize: 0 }, false)).toBe(null);
    held?.release();
    expect(gc(made, { maxSize: 0 }).removed.records.files).toBe(1);
  });

  it('a store that is not there is not made', () => {
    const made = synthetic();
    expect(gc(made).kept.records.files).toBe(0);
    expect(existsSync(made.path())).toBe(false);
  });
});

describe('along the way', () => {
  const limits: Limits = { maxSize: 0, maxAgeMs: null };

  it('comes an interval after the store was made, and then once an interval', async () => {
    const made = synthetic();
    const { layout } = made.store;
    const old = await made.record('old', ['a'], 2 * DAY);
    expect(collectAlongTheWay(layout, limits, DAY, 1_000)).toBe(null);
    expect(collectAlongTheWay(layout, limits, DAY, 1_000)).toBe(null);
    expect(existsSync(old.path)).toBe(true);
    made.age(layout.collected, DAY + 1);
    expect(collectAlongTheWay(layout, limits, DAY, 1_000)?.removed.records.files).toBe(1);
    const next = await made.record('next', ['a'], 2 * DAY);
    expect(collectAlongTheWay(layout, limits, DAY, 1_000)).toBe(null);
    expect(existsSync(next.path)).toBe(true);
  });

  it('does a little at least each time, and goes on the next time, until it is done', async () => {
    const made = synthetic();
    const { layout } = made.store;
    for (let i = 0; i < 30; i++) await made.record(`old ${i}`, [`${i}`], 2 * DAY);
    const kept = await made.record('new', ['x'], HOUR / 2);
    collectAlongTheWay(layout, limits, DAY, -1);
    made.age(layout.collected, 2 * DAY);
    let parts = 1;
    while (collectAlongTheWay(layout, limits, DAY, -1) === null) if (++parts > 1_000) throw new Error('it never ends');
    expect(parts).toBeGreaterThan(10);
    expect(made.files('records')).toEqual([kept.path]);
    expect(made.files('blobs')).toHaveLength(kept.blobs.length);
    expect(existsSync(layout.collecting)).toBe(false);
  });

  it('begins anew when the limits are others, or the progress is damaged', async () => {
    const made = synthetic();
    const { layout } = made.store;
    await made.record('old', ['a'], 2 * DAY);
    collectAlongTheWay(layout, NONE, DAY, 0);
    made.age(layout.collected, 2 * DAY);
    for (let i = 0; i < 5; i++) collectAlongTheWay(layout, NONE, DAY, -1);
    expect(existsSync(layout.collecting)).toBe(true);
    expect(collectAlongTheWay(layout, limits, DAY, 1_000)?.removed.records.files).toBe(1);
    made.age(layout.collected, 2 * DAY);
    writeIn(layout.collecting, 'nonsense');
    expect(collectAlongTheWay(layout, limits, DAY, 1_000)).not.toBe(null);
  });
});

describe('what was used after it was chosen to go', () => {
  it('stays, with its blobs', async () => {
    const made = synthetic();
    const { layout } = made.store;
    const [used, unused] = [await made.record('used', ['a'], 40 * DAY), await made.record('unused', ['b'], 40 * DAY)];
    const progress = newProgress({ maxSize: null, maxAgeMs: 30 * DAY }, Date.now());
    const DROP = 3;
    expect(collect(layout, progress, { dryRun: false, isOver: () => progress.phase === DROP })).toBe(false);
    expect(progress.units).toHaveLength(2);
    made.store.noteUse({ scope: 'local', key: used.key, root: null });
    expect(collect(layout, progress, { dryRun: false, isOver: () => false })).toBe(true);
    expect([existsSync(used.path), existsSync(unused.path)]).toEqual([true, false]);
    expect(made.files('blobs')).toHaveLength(used.blobs.length);
    expect(faultsOfStore(made.dir)).toEqual([]);
    expect(progress.tally).toMatchObject({ removed: { records: { files: 1 } }, kept: { records: { files: 1 } } });
  });
});

describe('whatever happens', () => {
  /** Ages in hours; every third of a number of blobs is shared. */
  const record = fc.record({
    outputs: fc.array(fc.nat(12), { maxLength: 4 }),
    usedAgo: fc.integer({ min: 0, max: 24 * 40 }),
  });
  const event = fc.oneof(
    fc.record({ kind: fc.constant('use' as const), which: fc.nat(20) }),
    fc.record({ kind: fc.constant('make' as const), outputs: fc.array(fc.nat(12), { maxLength: 4 }) }),
    fc.record({ kind: fc.constant('save' as const) }),
  );

  it('every record that is left has all of its blobs, and all fits but what is young', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { maxLength: 12 }),
        fc.array(fc.integer({ min: 0, max: 24 * 40 }), { maxLength: 5 }),
        fc.option(fc.integer({ min: 0, max: 60 })),
        fc.option(fc.integer({ min: 0, max: 24 * 40 })),
        fc.array(fc.tuple(fc.nat(150), event), { maxLength: 6 }),
        async (records, orphans, blocks, ageHours, events) => {
          const made = new SyntheticStore();
          try {
            await play(made, records, orphans, blocks, ageHours, events);
          } finally {
            made.remove();
          }
        },
      ),
      { numRuns: Number(process.env.WGCACHE_GC_RUNS ?? 50) },
    );
  });

  type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

  /** Nothing is as old as a limit. */
  const halfPast = (hours: number): number => (hours + 0.5) * HOUR;

  /** A text of 0 to 3 blocks by its number, the same for all. */
  const textOf = (number: number): string => `${number}:`.padEnd((number % 4) * BLOCK + 10, 'x');

  async function play(
    made: SyntheticStore,
    records: readonly { outputs: number[]; usedAgo: number }[],
    orphans: readonly number[],
    blocks: number | null,
    ageHours: number | null,
    events: readonly (readonly [number, Event])[],
  ): Promise<void> {
    const { layout } = made.store;
    const all: (MadeRecord & { ago: number })[] = [];
    // The oldest first: a blob is as young as the last record that put it in place.
    for (const [i, { outputs, usedAgo }] of records.toSorted((a, b) => b.usedAgo - a.usedAgo).entries())
      all.push({ ...(await made.record(`r${i}`, outputs.map(textOf), halfPast(usedAgo))), ago: halfPast(usedAgo) });
    for (const [i, ago] of orphans.entries()) await made.blob(`orphan ${i}`, halfPast(ago));
    const limits: Limits = {
      maxSize: blocks === null ? null : blocks * BLOCK,
      maxAgeMs: ageHours === null ? null : ageHours * HOUR,
    };
    let progress: Progress = newProgress(limits, Date.now());
    let shards = 0;
    const left = events.toSorted(([a], [b]) => a - b);
    const used = new Set<string>();
    for (let finished = false; !finished; ) {
      const next = left[0]?.[0] ?? Number.POSITIVE_INFINITY;
      finished = collect(layout, progress, { dryRun: false, isOver: () => shards++ >= next });
      if (finished) break;
      const [, what] = left.shift() as readonly [number, Event];
      if (what.kind === 'save') progress = JSON.parse(JSON.stringify(progress)) as Progress; // as between two processes
      if (what.kind === 'make') {
        const name = `made ${shards}`;
        used.add((await made.record(name, what.outputs.map(textOf))).path);
      }
      if (what.kind === 'use') {
        const record = all[what.which];
        if (record !== undefined && existsSync(record.path)) {
          utimesSync(record.path, new Date(), new Date());
          used.add(record.path);
        }
      }
    }
    expect(faultsOfStore(made.dir)).toEqual([]);
    for (const path of used) expect(existsSync(path)).toBe(true);
    const quiet = all.filter(({ path }) => !used.has(path));
    const stays = (path: string): boolean => existsSync(path);
    for (const { path, ago } of quiet) {
      if (ago < HOUR) expect(stays(path)).toBe(true);
      else if (limits.maxAgeMs !== null && ago > limits.maxAgeMs) expect(stays(path)).toBe(false);
    }
    if (limits.maxSize === null && limits.maxAgeMs === null) expect(quiet.every(({ path }) => stays(path))).toBe(true);
    // Everything that is not young, nor named by what is young or was used meanwhile, fits the bound.
    const young = new Set(
      [...all.filter(({ ago }) => ago < HOUR), ...all.filter(({ path }) => used.has(path))].flatMap(
        ({ path, blobs }) => [path, ...blobs.map((digest) => layout.blob(digest))],
      ),
    );
    const settled = [...made.files('records'), ...made.files('blobs')].filter(
      (path) => !young.has(path) && Date.now() - statSync(path).mtimeMs > HOUR,
    );
    const bytes = settled.reduce((sum, path) => sum + Math.ceil(statSync(path).size / BLOCK) * BLOCK, 0);
    if (limits.maxSize !== null) expect(bytes).toBeLessThanOrEqual(limits.maxSize);
    // No blob stays for nothing.
    if (events.length === 0) {
      const named = new Set(all.filter(({ path }) => stays(path)).flatMap(({ blobs }) => blobs));
      const idle = made.files('blobs').filter((path) => !named.has(path.slice(-64)));
      expect(idle.filter((path) => Date.now() - statSync(path).mtimeMs > HOUR)).toEqual([]);
    }
  }
});

function writeIn(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Of a process that has ended. */
function deadPid(): number {
  return Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
}
