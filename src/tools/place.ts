/**
 * A tool's record → its directory, `.wgcache/tools/NAME/VERSION/`. All files are fetched and verified elsewhere, then the directory is renamed
 * to its name. A file is cloned or copied; linked to the store only when the user asks.
 */
import {
  chmodSync,
  constants,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, uniqueName, writeAtomic } from '../base/atomic.ts';
import { encodeChecked, readChecked } from '../base/checked.ts';
import { type Digest, digestFile, digestOf } from '../base/digest.ts';
import type { LocalStore } from '../store/local.ts';
import type { StepRecord } from '../store/record.ts';
import { ToolFault } from './problem.ts';
import { staysInside } from './record.ts';
import { stampOf } from './stamp.ts';

export interface Placed {
  readonly files: number;
  readonly bytes: number;
}

export interface PlaceOptions {
  /** Hard links to the store where it lies on the same file system: no copy, and read-only. */
  readonly link: boolean;
}

/** What a killed one left is removed after this time. */
const LEFT_MS = 3_600_000;
const STAGE = '.new-';

/** @returns null when a blob is missing or damaged: nothing has changed then */
export async function placeTool(
  store: LocalStore,
  record: StepRecord,
  target: string,
  options: PlaceOptions,
): Promise<Placed | null> {
  const parent = dirname(target);
  mkdirSync(parent, { recursive: true });
  sweep(parent);
  const stage = join(parent, STAGE + uniqueName());
  mkdirSync(stage, { mode: 0o777 });
  try {
    const placed = await fill(store, record, stage, options);
    if (placed !== null) swap(stage, target);
    return placed;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

async function fill(
  store: LocalStore,
  record: StepRecord,
  stage: string,
  { link }: PlaceOptions,
): Promise<Placed | null> {
  const mode = statSync(stage).mode & 0o777; // less the umask
  const trusted = new TrustedBlobs(store, record.key);
  let files = 0;
  let bytes = 0;
  for (const output of record.outputs) {
    const path = join(stage, output.path);
    mkdirSync(dirname(path), { recursive: true });
    if (output.type === 'dir') mkdirSync(path, { recursive: true });
    if (output.type === 'link') {
      if (!staysInside(output.path, output.target))
        throw new ToolFault({ code: 'unsafe', path: output.path, detail: `a link to ${output.target}` });
      symlinkSync(output.target, path);
    }
    if (output.type !== 'file') continue;
    if (!(await fetch(store, output.digest, path, { trusted, link, mode: output.exec ? mode : mode & 0o666 })))
      return null;
    files += 1;
    bytes += Number(output.size);
  }
  trusted.keep();
  return { files, bytes };
}

interface Fetching {
  readonly trusted: TrustedBlobs;
  readonly link: boolean;
  readonly mode: number;
}

/** The bytes of a blob are checked while they are copied, unless it is as it was when they were checked last. */
async function fetch(store: LocalStore, digest: Digest, path: string, how: Fetching): Promise<boolean> {
  const blob = store.layout.blob(digest);
  try {
    if (how.link && linked(blob, path, how.mode)) return digestFile(path).digest === digest || discard(blob);
    const copying = copyFile(blob, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const failure = copying.then(
      () => null,
      (error: unknown) => error,
    );
    const fits = how.trusted.has(digest) || digestIfThere(blob) === digest;
    const failed = await failure; // also when it does not fit: nothing may go on behind our back
    if (failed !== null) throw failed;
    if (!fits) return discard(blob);
    how.trusted.add(digest);
    chmodSync(path, how.mode);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'EISDIR') return false;
    throw error;
  }
}

function digestIfThere(blob: string): Digest | null {
  try {
    return digestFile(blob).digest;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return null;
  }
}

/** False where the file system cannot: then it is copied. */
function linked(blob: string, path: string, mode: number): boolean {
  try {
    linkSync(blob, path);
    chmodSync(path, mode & 0o555); // the blob's own mode too: nobody writes to either
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EXDEV' || code === 'EPERM' || code === 'EMLINK' || code === 'ENOTSUP') return false;
    throw error;
  }
}

function discard(blob: string): false {
  rmSync(blob, { force: true, recursive: true });
  return false;
}

/** One directory in place of another. Between the two renames there is none: who looks then finds the tool missing, not half of it. */
function swap(stage: string, target: string): void {
  try {
    renameSync(stage, target);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    const old = join(dirname(target), STAGE + uniqueName());
    renameSync(target, old);
    renameSync(stage, target);
    rmSync(old, { recursive: true, force: true });
  }
}

function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(STAGE)) continue;
    const since = statSync(join(parent, name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > LEFT_MS) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

const NAME = 'wgcache-tool-blobs';
const VERSION = 1;

/**
 * Blobs of a tool that were read and found whole, by their stat: hashing 60 MB takes longer than copying them. Whoever writes to a blob changes
 * its stat; what a disk does by itself is for `wgcache verify`.
 */
class TrustedBlobs {
  readonly #store: LocalStore;
  readonly #place: string;
  readonly #known: ReadonlyMap<string, string>;
  readonly #now = new Map<string, string>();

  constructor(store: LocalStore, key: Digest) {
    this.#store = store;
    this.#place = store.layout.fact(digestOf(`tool-blobs ${key}`));
    const kept = readChecked(this.#place, NAME, VERSION);
    this.#known = new Map(Array.isArray(kept) ? (kept as [string, string][]) : []);
  }

  has(digest: Digest): boolean {
    const known = this.#known.get(digest);
    return known !== undefined && known === stampOf(this.#store.layout.blob(digest));
  }

  add(digest: Digest): void {
    const stamp = stampOf(this.#store.layout.blob(digest));
    if (stamp !== null) this.#now.set(digest, stamp);
  }

  keep(): void {
    const unchanged = this.#now.size === this.#known.size && [...this.#now].every(([d, s]) => this.#known.get(d) === s);
    if (unchanged) return;
    try {
      const body = Buffer.from(JSON.stringify([...this.#now]));
      writeAtomic(this.#place, encodeChecked(NAME, VERSION, body), this.#store.layout.temp);
    } catch (error) {
      if (errorCode(error) === undefined) throw error; // a cache that cannot be written costs time only
    }
  }
}
