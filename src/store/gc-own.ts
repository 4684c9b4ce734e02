/** The part of the store that is our own business: what is left over, or was not written for long. Losing any of it costs time only. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../base/atomic.ts';
import { type Digest, isDigest } from '../base/digest.ts';
import { namesIn, shardsOf, statOf } from './files.ts';
import { parseHolder, stateOf, thisProcess } from './holder.ts';
import type { Layout } from './layout.ts';
import { tryLocks } from './lock.ts';
import { wholeJson } from './names.ts';

const DAY_MS = 86_400_000;
/** What was remembered and not written for so long is made anew when it is needed. */
export const REMEMBERED_MS: number = 30 * DAY_MS;
/** `stats` counts what the journal has. */
const JOURNAL_MONTHS = 12;

/** Directories whose files stay or go by their age. */
const AGING: readonly string[] = ['facts', 'glances', 'memo'];

/** The newest time in an unfinished file or directory: whoever works on it shows. */
export function lastTouched(path: string): number {
  const stat = statOf(path);
  if (stat === null) return 0;
  const inside = stat.isDirectory() ? namesIn(path).map((name) => statOf(join(path, name))?.mtimeMs ?? 0) : [];
  return Math.max(stat.mtimeMs, ...inside);
}

/** Whether a segment of the journal is over a year old. */
export function isOldSegment(name: string, now: number): boolean {
  const [, year, month] = /^(\d{4})-(\d\d)\.jsonl$/.exec(name) ?? [];
  if (year === undefined) return false;
  const date = new Date(now);
  const age = (date.getUTCFullYear() - Number(year)) * 12 + date.getUTCMonth() + 1 - Number(month);
  return age > JOURNAL_MONTHS;
}

/** Names of the locks whose holder is dead, or which name nobody. */
export function deadLocks(layout: Layout): string[] {
  const me = thisProcess();
  const dir = join(layout.base, 'locks');
  return namesIn(dir).filter((name) => {
    try {
      const holder = parseHolder(readFileSync(join(dir, name), 'utf8'));
      return holder === null || stateOf(holder, me) === 'dead';
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      return errorCode(error) === 'EISDIR';
    }
  });
}

/**
 * Locks of the dead whom nobody waits for, taken the way a waiter takes them: only so is it safe.
 * @returns names in `locks/` that are gone now, or would be
 */
export function releaseDead(layout: Layout, dryRun: boolean): string[] {
  const dead = deadLocks(layout);
  if (dryRun) return dead;
  // The file of a reader or of an orphan goes when its lock is taken; a mark of who took a dead one's lock (`NAME.TOKEN`) is a lock itself, and the longest is the last.
  const names = [...new Set(dead.map((name) => name.replace(/\.[or]-[^.]*$/, '')))].sort((a, b) => b.length - a.length);
  for (const name of names) tryLocks(layout, [{ name, mode: 'exclusive' }])?.release();
  return dead.filter((name) => statOf(join(layout.base, 'locks', name)) === null);
}

/** Whether none of the keys a step remembers has its text any more. Cut off or unreadable: nobody can use it. */
export function namesNothing(bytes: Uint8Array, isThere: (digest: Digest) => boolean): boolean {
  const keys = wholeJson(bytes);
  return (
    !Array.isArray(keys) || !keys.some((entry: { key?: unknown } | null) => isDigest(entry?.key) && isThere(entry.key))
  );
}

export function agingShards(layout: Layout): string[] {
  return AGING.flatMap((kind) => shardsOf(layout, kind));
}

/** What our own files are named, in `memo/`, `facts/` and `config/`. */
export function isOwnName(name: string): boolean {
  return isDigest(name.replace(/\.json$/, ''));
}
