/**
 * Collecting what is not needed: mark and sweep. Records not used for long go, the least recently used of the others until the rest fits,
 * then every blob that no living record names. It works shard by shard and may stop after any of them; the rest is for the next time.
 *
 * What makes it safe beside others, without a lock they would have to wait for:
 * - A blob put in place (or touched, when a writer finds it there and counts on it) within {@link GRACE_MS} of the start stays. A record
 *   made since the start names only such blobs, since its writer puts all of them in place: so marks may be old when the sweep comes.
 * - A record that was used since its marks were made stays, and is marked then.
 * - Records go before their blobs; whoever reads one in between finds a blob missing, and that is a miss.
 * Killed at any moment it leaves a store with less in it, which the next collection goes on with.
 */
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { type Digest, isDigest } from '../base/digest.ts';
import { discard, GRACE_MS, namesIn, shardsOf, sizeOnDisk, statOf } from './files.ts';
import { choose, shortOf, type Unit } from './gc-choice.ts';
import {
  agingShards,
  isOldSegment,
  isOwnName,
  lastTouched,
  namesNothing,
  REMEMBERED_MS,
  releaseDead,
} from './gc-own.ts';
import type { Kind, Progress } from './gc-progress.ts';
import { idOf, kindOf, namedIn, unitNames, unitShards } from './gc-units.ts';
import type { Layout } from './layout.ts';
import { readIfThere } from './local.ts';

export interface CollectOptions {
  /** Counts, and removes nothing. */
  readonly dryRun: boolean;
  /** Asked before each shard. */
  readonly isOver: () => boolean;
}

/** Goes on with a collection. @returns whether it is finished */
export function collect(layout: Layout, progress: Progress, options: CollectOptions): boolean {
  return new Collector(layout, progress, options.dryRun).run(options.isOver);
}

interface Phase {
  readonly shards: () => string[];
  readonly work: (shard: string) => void;
}

interface Settled {
  readonly live: ReadonlyMap<string, Unit>;
  readonly dead: ReadonlyMap<string, number>;
  /** Blobs of the living, by the beginning of their digest, with their size. */
  readonly marks: Map<string, number>;
}

class Collector {
  readonly #layout: Layout;
  readonly #progress: Progress;
  readonly #dryRun: boolean;
  readonly #graceSince: number;
  /** Sizes of blobs by the beginning of their digest, as far as they were asked for. */
  readonly #sizes = new Map<string, number>();
  #settled: Settled | null = null;

  constructor(layout: Layout, progress: Progress, dryRun: boolean) {
    this.#layout = layout;
    this.#progress = progress;
    this.#dryRun = dryRun;
    this.#graceSince = progress.startedAt - GRACE_MS;
  }

  run(isOver: () => boolean): boolean {
    const layout = this.#layout;
    const units = (): string[] => unitShards(layout);
    const phases: readonly Phase[] = [
      {
        shards: () => ['config', 'journal', 'locks', 'tmp', ...agingShards(layout)],
        work: (shard) => this.#tidy(shard),
      },
      {
        shards: () => [...shardsOf(layout, 'meanings'), ...shardsOf(layout, 'recent')],
        work: (shard) => this.#weigh(shard),
      },
      { shards: units, work: (shard) => this.#mark(shard) },
      { shards: units, work: (shard) => this.#drop(shard) },
      { shards: () => shardsOf(layout, 'blobs'), work: (shard) => this.#sweep(shard) },
      { shards: () => shardsOf(layout, 'meanings'), work: (shard) => this.#unlinkMeanings(shard) },
      { shards: () => shardsOf(layout, 'recent'), work: (shard) => this.#forgetKeys(shard) },
    ];
    const progress = this.#progress;
    let worked = false; // however short the time is, it gets on
    for (; progress.phase < phases.length; progress.phase++, progress.done = '') {
      const { shards, work } = phases[progress.phase] as Phase;
      for (const shard of shards().sort()) {
        if (progress.done !== '' && shard <= progress.done) continue;
        if (worked && isOver()) return false;
        work(shard);
        worked = true;
        progress.done = shard;
      }
    }
    return true;
  }

  #tidy(shard: string): void {
    const { startedAt, limits } = this.#progress;
    if (shard === 'locks') {
      for (const _ of releaseDead(this.#layout, this.#dryRun)) this.#count('removed', 'other', 4096);
      return;
    }
    const since = startedAt - Math.min(limits.maxAgeMs ?? REMEMBERED_MS, REMEMBERED_MS);
    for (const name of namesIn(join(this.#layout.base, shard))) {
      const path = join(this.#layout.base, shard, name);
      const stat = statOf(path);
      if (stat === null) continue;
      const old =
        shard === 'tmp'
          ? lastTouched(path) < this.#graceSince
          : shard === 'journal'
            ? isOldSegment(name, startedAt)
            : isOwnName(name) && stat.mtimeMs < Math.min(since, this.#graceSince);
      this.#settle(old, 'other', path, sizeOnDisk(stat));
    }
  }

  /** What cannot be judged yet, but takes its room. */
  #weigh(shard: string): void {
    for (const name of namesIn(join(this.#layout.base, shard))) {
      const stat = statOf(join(this.#layout.base, shard, name));
      if (stat !== null) this.#count('kept', 'other', sizeOnDisk(stat));
    }
  }

  #mark(shard: string): void {
    for (const name of unitNames(this.#layout, shard)) {
      const path = join(this.#layout.base, shard, name);
      const stat = statOf(path);
      if (stat === null) continue;
      const unit = this.#unitOf(shard, name, stat);
      if (unit !== null) this.#progress.units.push(unit);
      else this.#settle(stat.mtimeMs < this.#graceSince, kindOf(shard), path, sizeOnDisk(stat)); // nobody can read it
    }
  }

  /** Null: damaged. */
  #unitOf(shard: string, name: string, stat: Stats): Unit | null {
    const bytes = stat.isFile() ? readIfThere(join(this.#layout.base, shard, name)) : null;
    const blobs = bytes === null ? null : namedIn(shard, bytes);
    if (blobs === null) return null;
    return {
      id: idOf(shard, name),
      lastUse: stat.mtimeMs,
      size: sizeOnDisk(stat),
      blobs: [...new Set(blobs)].map((digest) => [shortOf(digest), this.#sizeOf(digest)]),
    };
  }

  #sizeOf(digest: Digest): number {
    const short = shortOf(digest);
    let size = this.#sizes.get(short);
    if (size === undefined) {
      const stat = statOf(this.#layout.blob(digest));
      size = stat === null ? 0 : sizeOnDisk(stat);
      this.#sizes.set(short, size);
    }
    return size;
  }

  /** Settles what stays, once: a second choice could differ, and part of the first may be done. */
  #choice(): Settled {
    if (this.#settled !== null) return this.#settled;
    const progress = this.#progress;
    const { limits, startedAt, tally } = progress;
    if (progress.dead === null) {
      const { live, dead } = choose(progress.units, {
        maxSize: limits.maxSize,
        usedSince: limits.maxAgeMs === null ? null : startedAt - limits.maxAgeMs,
        graceSince: this.#graceSince,
        otherBytes: tally.kept.other.bytes,
      });
      progress.units = live;
      progress.dead = dead.map(({ id, lastUse }) => [id, lastUse]);
    }
    this.#settled = {
      live: new Map(progress.units.map((unit) => [unit.id, unit])),
      dead: new Map(progress.dead),
      marks: new Map(progress.units.flatMap(({ blobs }) => blobs)),
    };
    return this.#settled;
  }

  #drop(shard: string): void {
    const { live, dead, marks } = this.#choice();
    const kind = kindOf(shard);
    for (const name of unitNames(this.#layout, shard)) {
      const id = idOf(shard, name);
      const known = live.get(id);
      if (known !== undefined) {
        this.#count('kept', kind, known.size);
        continue;
      }
      const path = join(this.#layout.base, shard, name);
      const stat = statOf(path);
      if (stat === null) continue;
      const lastUse = dead.get(id);
      const goes = lastUse !== undefined && stat.mtimeMs <= lastUse;
      if (goes && this.#settle(true, kind, path, sizeOnDisk(stat))) continue;
      // New, or used since, or cannot be removed: it lives.
      const unit = this.#unitOf(shard, name, stat);
      if (unit === null) continue;
      if (!goes) this.#count('kept', kind, unit.size);
      this.#progress.units.push(unit);
      for (const [short, size] of unit.blobs) marks.set(short, size);
    }
  }

  #sweep(shard: string): void {
    const { marks } = this.#choice();
    for (const name of namesIn(join(this.#layout.base, shard))) {
      const size = marks.get(shortOf(name));
      if (size !== undefined) {
        this.#count('kept', 'blobs', size);
        continue;
      }
      const path = join(this.#layout.base, shard, name);
      const stat = isDigest(name) ? statOf(path) : null;
      if (stat !== null) this.#settle(stat.mtimeMs < this.#graceSince, 'blobs', path, sizeOnDisk(stat));
    }
  }

  /** A meaning whose blob is gone. */
  #unlinkMeanings(shard: string): void {
    this.#forget(shard, (bytes) => {
      const digest = bytes.toString('latin1');
      return !isDigest(digest) || !this.#stays(digest);
    });
  }

  /** The last keys of a step, when none of them can be compared with any more. */
  #forgetKeys(shard: string): void {
    this.#forget(shard, (bytes) => namesNothing(bytes, (digest) => this.#stays(digest)));
  }

  #forget(shard: string, isUseless: (bytes: Buffer) => boolean): void {
    for (const name of namesIn(join(this.#layout.base, shard)).filter(isDigest)) {
      const path = join(this.#layout.base, shard, name);
      const stat = statOf(path);
      if (stat === null || stat.mtimeMs >= this.#graceSince) continue;
      const bytes = stat.isFile() ? readIfThere(path) : Buffer.alloc(0);
      if (bytes === null || !isUseless(bytes)) continue;
      this.#count('kept', 'other', sizeOnDisk(stat), -1); // it was weighed
      this.#settle(true, 'other', path, sizeOnDisk(stat));
    }
  }

  #stays(digest: Digest): boolean {
    if (this.#choice().marks.has(shortOf(digest))) return true;
    const stat = statOf(this.#layout.blob(digest));
    return stat !== null && (!this.#dryRun || stat.mtimeMs >= this.#graceSince);
  }

  /** Removes it if it goes, and counts it where it ends up. @returns whether it is gone */
  #settle(goes: boolean, kind: Kind, path: string, bytes: number): boolean {
    const failure = goes && !this.#dryRun ? discard(path) : null;
    const gone = goes && failure === null;
    this.#count(gone ? 'removed' : 'kept', kind, bytes);
    if (failure !== null) {
      this.#progress.tally.failed += 1;
      this.#progress.tally.failure ??= failure;
    }
    return gone;
  }

  #count(where: 'removed' | 'kept', kind: Kind, bytes: number, files: 1 | -1 = 1): void {
    const count = this.#progress.tally[where][kind];
    count.files += files;
    count.bytes += files * bytes;
  }
}
