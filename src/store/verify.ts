/**
 * Looks at every file of the store: whether it is what its name and its sum say, and whether all is there that a record names. Others may
 * work in the store meanwhile: what is put in place is whole at once, and what seems wrong is looked at once more before it counts.
 *
 * With `repair`, damage is removed, and so are records that name what is damaged or missing: the next run makes them anew. Records go
 * before blobs, so that a repair that is killed leaves nothing worse than it found.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { errorCode } from '../base/atomic.ts';
import { isDigest } from '../base/digest.ts';
import { eachLimited } from '../base/limit.ts';
import { discard, isRecordName, namesIn, recordShards, shardsOf, sizeOnDisk, statOf } from './files.ts';
import type { Layout } from './layout.ts';
import { readIfThere } from './local.ts';
import { blobsOf } from './names.ts';
import { readPieces } from './pieces.ts';
import { decodeRecord, type StepRecord } from './record.ts';
import { foreignIn, leftoversIn, type OwnFile, ownFaultOf, ownFilesIn } from './verify-own.ts';

/** How many files are opened at once: enough to keep a disk busy that answers late. */
const AT_ONCE = 8;

export type DamageKind =
  /** The bytes are not those of its name. */
  | 'blob-damaged'
  /** Its sum, its form, or its address. */
  | 'record-damaged'
  /** A blob it names is missing or damaged. */
  | 'record-incomplete'
  /** One of our own files. */
  | 'file-damaged'
  /** The system refuses to read it: nothing is known, and it is never removed. */
  | 'unreadable';

export interface Damage {
  readonly kind: DamageKind;
  /** Relative to the store's version directory. */
  readonly path: string;
  readonly detail: string;
  /** By this repair. */
  readonly removed: boolean;
}

export interface Verified {
  readonly records: number;
  readonly blobs: number;
  /** Files of our own that have something to check. */
  readonly other: number;
  /** Of all that was read. */
  readonly bytes: number;
  /** By path. */
  readonly damage: readonly Damage[];
  /** Blobs no record names: for `gc`. On disk. */
  readonly orphans: { readonly files: number; readonly bytes: number };
  /** Unfinished files of processes that are gone, and their locks: for `gc`. */
  readonly leftovers: number;
  /** What is not of the store, as far as it lies in it. */
  readonly foreign: readonly string[];
}

export interface VerifyOptions {
  readonly repair: boolean;
  readonly onProgress: (done: number, total: number, bytes: number) => void;
}

export async function verifyStore(layout: Layout, options: VerifyOptions): Promise<Verified> {
  return await new Verifier(layout, options).run();
}

interface Found {
  readonly kind: DamageKind;
  readonly path: string;
  readonly detail: string;
}

interface ReadRecord {
  readonly path: string;
  readonly bytes: Buffer;
  readonly record: StepRecord;
}

class Verifier {
  readonly #layout: Layout;
  readonly #options: VerifyOptions;
  readonly #found: Found[] = [];
  /** Whole blobs, with their size. */
  readonly #whole = new Map<string, number>();
  readonly #damaged = new Set<string>();
  readonly #records: ReadRecord[] = [];
  #done = 0;
  #total = 0;
  #bytes = 0;

  constructor(layout: Layout, options: VerifyOptions) {
    this.#layout = layout;
    this.#options = options;
  }

  async run(): Promise<Verified> {
    const layout = this.#layout;
    const blobs = filesOf(layout, shardsOf(layout, 'blobs'), isDigest);
    const records = filesOf(layout, recordShards(layout), isRecordName);
    const own = ownFilesIn(layout);
    this.#total = blobs.length + records.length + own.length;
    await eachLimited(blobs, AT_ONCE, (path) => this.#one(path, () => this.#blob(path)));
    await eachLimited(records, AT_ONCE, (path) => this.#one(path, () => this.#record(path)));
    await eachLimited(own, AT_ONCE, (file) => this.#one(file.path, () => this.#own(file)));
    const named = new Set<string>();
    for (const read of this.#records) this.#complete(read, named);
    const orphans = this.#orphans(named);
    return {
      records: records.length,
      blobs: blobs.length,
      other: own.length,
      bytes: this.#bytes,
      damage: this.#repaired().sort((a, b) => (a.path < b.path ? -1 : 1)),
      orphans,
      leftovers: leftoversIn(layout),
      foreign: foreignIn(layout),
    };
  }

  async #one(path: string, check: () => Promise<Found | null>): Promise<void> {
    try {
      const found = await check();
      if (found !== null) this.#found.push(found);
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      if (code !== 'ENOENT') this.#found.push({ kind: 'unreadable', path, detail: code }); // else gone meanwhile
    }
    this.#options.onProgress(++this.#done, this.#total, this.#bytes);
  }

  async #blob(path: string): Promise<Found | null> {
    const digest = path.slice(-64);
    for (let looks = 0; looks < 2; looks++) {
      const hash = createHash('sha256');
      const size = await this.#read(path, (bytes) => hash.update(bytes));
      if (size === null || hash.digest('hex') !== digest) continue; // or it was replaced while it was read
      this.#whole.set(digest, size);
      return null;
    }
    this.#damaged.add(digest);
    return { kind: 'blob-damaged', path, detail: 'its bytes are not those of its name' };
  }

  /** @returns the size; null for what is no file */
  async #read(path: string, take: (bytes: Buffer) => void): Promise<number | null> {
    const size = await readPieces(join(this.#layout.base, path), take);
    this.#bytes += size ?? 0;
    return size;
  }

  async #bytesOf(path: string): Promise<Buffer | null> {
    const pieces: Buffer[] = [];
    return (await this.#read(path, (bytes) => pieces.push(Buffer.from(bytes)))) === null ? null : Buffer.concat(pieces);
  }

  async #record(path: string): Promise<Found | null> {
    const bytes = await this.#bytesOf(path);
    const record = bytes === null ? null : decodeRecord(bytes);
    if (bytes === null || record === null) return { kind: 'record-damaged', path, detail: 'its sum or its form' };
    if (this.#layout.record(record) !== join(this.#layout.base, path))
      return { kind: 'record-damaged', path, detail: 'it is the record of another key' };
    this.#records.push({ path, bytes, record });
    return null;
  }

  async #own({ path, kind }: OwnFile): Promise<Found | null> {
    const bytes = await this.#bytesOf(path);
    const detail = bytes === null ? 'it is no file' : ownFaultOf(kind, bytes);
    return detail === null ? null : { kind: 'file-damaged', path, detail };
  }

  /** Whether all that a record names is there, by its size. */
  #complete({ path, bytes, record }: ReadRecord, named: Set<string>): void {
    const blobs = blobsOf(record);
    for (const { digest } of blobs) named.add(digest);
    for (const { digest, what, size } of blobs) {
      const actual = this.#whole.get(digest);
      if (actual !== undefined && (size === null || size === actual)) continue;
      const state =
        actual !== undefined
          ? 'size'
          : this.#damaged.has(digest)
            ? 'damaged'
            : this.#isThere(digest)
              ? null
              : 'missing';
      if (state === null || !this.#isStill(path, bytes)) continue;
      const found =
        state === 'size'
          ? ({ kind: 'record-damaged', detail: `${what} has ${actual} bytes, not ${size}` } as const)
          : ({
              kind: 'record-incomplete',
              detail: `${what} is ${state} (blob ${digest.slice(0, 12)}…), of ${record.label}`,
            } as const);
      this.#found.push({ path, ...found });
      return;
    }
  }

  /** Put in place since the blobs were listed. */
  #isThere(digest: string): boolean {
    return statOf(this.#layout.blob(digest))?.isFile() === true;
  }

  #isStill(path: string, bytes: Buffer): boolean {
    return readIfThere(join(this.#layout.base, path))?.equals(bytes) === true;
  }

  #orphans(named: ReadonlySet<string>): { files: number; bytes: number } {
    let files = 0;
    let bytes = 0;
    for (const [digest, size] of this.#whole) {
      if (named.has(digest)) continue;
      files += 1;
      bytes += sizeOnDisk({ size });
    }
    return { files, bytes };
  }

  #repaired(): Damage[] {
    const order: readonly DamageKind[] = [
      'record-incomplete',
      'record-damaged',
      'file-damaged',
      'blob-damaged',
      'unreadable',
    ];
    const found = this.#found.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    return found.map((one) => {
      const removed =
        this.#options.repair && one.kind !== 'unreadable' && discard(join(this.#layout.base, one.path)) === null;
      return { ...one, removed };
    });
  }
}

function filesOf(layout: Layout, shards: readonly string[], isOurs: (name: string) => boolean): string[] {
  return shards.flatMap((shard) =>
    namesIn(join(layout.base, shard))
      .filter((name) => isOurs(name) && name.startsWith(shard.slice(-2)))
      .map((name) => `${shard}/${name}`),
  );
}
