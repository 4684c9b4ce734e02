/** How far a collection is, and what it did. Plain JSON: it is kept between two parts. */
import type { Unit } from './gc-choice.ts';

export interface Limits {
  /** Bytes on disk; null: none. */
  readonly maxSize: number | null;
  /** How long a record is kept that is not used; null: for good. */
  readonly maxAgeMs: number | null;
}

interface Count {
  files: number;
  /** On disk, in whole blocks. */
  bytes: number;
}

export type Kind = 'records' | 'blobs' | 'other';

/** What is gone, or would be, and what is left. */
export interface Tally {
  readonly removed: Record<Kind, Count>;
  readonly kept: Record<Kind, Count>;
  /** What could not be removed, and why, of the first. */
  failed: number;
  failure: string | null;
}

/** Where a collection stands. Plain JSON. */
export interface Progress {
  /** Milliseconds since 1970, by the clock of the store's files. */
  readonly startedAt: number;
  readonly limits: Limits;
  phase: number;
  /** The last shard done in this phase. */
  done: string;
  /** All that were found; once it is settled which ones stay, those. */
  units: Unit[];
  /** Those that go, with their last use: one that was used since stays. Null: not settled yet. */
  dead: (readonly [string, number])[] | null;
  readonly tally: Tally;
}

export function newProgress(limits: Limits, now: number): Progress {
  const none = (): Record<Kind, Count> => ({
    records: { files: 0, bytes: 0 },
    blobs: { files: 0, bytes: 0 },
    other: { files: 0, bytes: 0 },
  });
  const tally: Tally = { removed: none(), kept: none(), failed: 0, failure: null };
  return { startedAt: now, limits, phase: 0, done: '', units: [], dead: null, tally };
}
