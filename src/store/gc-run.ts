/** When a collection runs, and who runs it: one at a time, asked for or along the way. */
import { rmSync } from 'node:fs';
import { writeAtomic } from '../base/atomic.ts';
import { encodeChecked, readChecked } from '../base/checked.ts';
import { digestOf } from '../base/digest.ts';
import { statOf } from './files.ts';
import { collect } from './gc.ts';
import { type Limits, newProgress, type Progress, type Tally } from './gc-progress.ts';
import type { Layout } from './layout.ts';
import { probe } from './local.ts';
import { tryLocks } from './lock.ts';

const VERSION = 1;
/** A collection begun longer ago is begun anew. */
const STALE_MS = 7 * 86_400_000;

/** A whole collection. @returns null when another process is at it */
export function collectNow(layout: Layout, limits: Limits, dryRun: boolean): Tally | null {
  const isOver = (): boolean => false;
  if (statOf(layout.base) === null) return newProgress(limits, 0).tally;
  if (dryRun) {
    const progress = newProgress(limits, Date.now());
    collect(layout, progress, { dryRun, isOver });
    return progress.tally;
  }
  return alone(layout, () => {
    const progress = newProgress(limits, storeNow(layout));
    collect(layout, progress, { dryRun, isOver });
    finish(layout);
    return progress.tally;
  });
}

/**
 * A part of a collection, if it is time for one: at most `budgetMs` and the work on one shard. A new store's first one comes an interval
 * after it was made.
 * @returns what the collection removed, when this part was the last
 */
export function collectAlongTheWay(layout: Layout, limits: Limits, everyMs: number, budgetMs: number): Tally | null {
  const last = statOf(layout.collected)?.mtimeMs;
  if (last === undefined) {
    finish(layout);
    return null;
  }
  if (Math.abs(Date.now() - last) < everyMs) return null;
  const until = performance.now() + budgetMs;
  return alone(layout, () => {
    const now = storeNow(layout);
    const progress = resume(layout, limits, now) ?? newProgress(limits, now);
    if (!collect(layout, progress, { dryRun: false, isOver: () => performance.now() > until })) {
      const bytes = Buffer.from(JSON.stringify(progress));
      writeAtomic(layout.collecting, encodeChecked('wgcache-gc', VERSION, bytes), layout.temp);
      return null;
    }
    finish(layout);
    return progress.tally;
  });
}

function alone<T>(layout: Layout, work: () => T): T | null {
  const lock = tryLocks(layout, [{ name: digestOf('gc'), mode: 'exclusive' }]);
  if (lock === null) return null;
  try {
    return work();
  } finally {
    lock.release();
  }
}

/** By the clock of the store's files, with whose times it is compared. */
function storeNow(layout: Layout): number {
  return Number(probe(layout).nowNs / 1_000_000n);
}

function resume(layout: Layout, limits: Limits, now: number): Progress | null {
  const saved = readChecked(layout.collecting, 'wgcache-gc', VERSION) as Progress | null;
  if (saved === null || saved.limits.maxSize !== limits.maxSize || saved.limits.maxAgeMs !== limits.maxAgeMs)
    return null;
  const age = now - saved.startedAt;
  return age >= 0 && age < STALE_MS ? saved : null;
}

function finish(layout: Layout): void {
  writeAtomic(layout.collected, Buffer.alloc(0), layout.temp);
  rmSync(layout.collecting, { force: true });
}
