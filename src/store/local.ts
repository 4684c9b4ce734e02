/**
 * The local store: one file a blob, uncompressed so that a restore can clone it or copy it in the kernel, one file a record.
 * Several processes and users of one account may work in it at once. Not promised: safety on file systems without atomic rename.
 */
import {
  chmodSync,
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorCode, makePrivate, PRIVATE_BLOB, PRIVATE_FILE, uniqueName, writeAtomic } from '../base/atomic.ts';
import { type Digest, digestOf } from '../base/digest.ts';
import { Layout } from './layout.ts';
import type { Address, Store } from './store.ts';

/** Up to this size a blob is read, verified and written: half the system calls of a copy that is read again. Above it the kernel copies, or clones, and a blob once found whole is not hashed again. */
const SMALL = 1 << 18;

/** Not every use is worth a write. */
const USED_MS = 43_200_000;

export class LocalStore implements Store {
  readonly layout: Layout;

  constructor(dir: string) {
    this.layout = new Layout(dir);
  }

  async readRecord(address: Address): Promise<Uint8Array | null> {
    return readIfThere(this.layout.record(address));
  }

  async writeRecord(address: Address, bytes: Uint8Array): Promise<void> {
    writeAtomic(this.layout.record(address), bytes, this.layout.temp);
  }

  async hasOtherRoot(address: Address): Promise<boolean> {
    const path = this.layout.record({ ...address, root: null });
    const stem = `${address.key}.`;
    try {
      return readdirSync(dirname(path)).some((name) => name.startsWith(stem) && name !== basename(path));
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return false;
      throw error;
    }
  }

  async addFile(path: string): Promise<{ digest: Digest; size: number }> {
    const size = sizeOf(path);
    if (size !== null && size <= SMALL) {
      const bytes = readFileSync(path);
      return { digest: await this.addBytes(bytes), size: bytes.length };
    }
    const { addLarge } = await import('./copy-blob.ts');
    return addLarge(this.layout, path);
  }

  async addBytes(bytes: Uint8Array): Promise<Digest> {
    const digest = digestOf(bytes);
    writeAtomic(this.layout.blob(digest), bytes, this.layout.temp, PRIVATE_BLOB);
    return digest;
  }

  async fetchTo(digest: Digest, target: string, mode: number = PRIVATE_FILE): Promise<boolean> {
    const blob = this.layout.blob(digest);
    const size = sizeOf(blob);
    if (size !== null && size <= SMALL) {
      const bytes = await this.readBlob(digest);
      if (bytes !== null) writeFileSync(target, bytes, { flag: 'wx', mode });
      return bytes !== null;
    }
    const { copyBlob } = await import('./copy-blob.ts');
    const copied = await copyBlob(this.layout, digest, target);
    if (copied) chmodSync(target, mode);
    return copied || this.#discard(blob);
  }

  async readBlob(digest: Digest): Promise<Buffer | null> {
    const path = this.layout.blob(digest);
    const bytes = readIfThere(path);
    if (bytes === null) return null;
    if (digestOf(bytes) === digest) return bytes;
    this.#discard(path);
    return null;
  }

  /**
   * Leaves the record's last use, by which `gc` goes: in its time, twice a day. Never fails: where it cannot be left, the record counts as
   * used when it was made.
   */
  noteUse(address: Address): void {
    const path = this.layout.record(address);
    try {
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat !== undefined && Math.abs(Date.now() - stat.mtimeMs) > USED_MS) touch(path);
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
    }
  }

  /** Takes damage out of the way, if it may: where it must stay, the next reader finds it again. */
  #discard(path: string): false {
    try {
      rmSync(path, { force: true, recursive: true });
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
    }
    return false;
  }
}

/** @returns whether its time is now */
export function touch(path: string): boolean {
  const now = new Date();
  try {
    utimesSync(path, now, now);
    return true;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return false; // gone, read-only, or another user's
  }
}

/** Bytes of a file; null when it is absent, or is a directory where a file should be. */
export function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return null;
    throw error;
  }
}

function sizeOf(path: string): number | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : null;
}

/** The cache directory's own clock and device, by a probe file: a server's clock may differ from ours. */
export function probe(layout: Layout): { nowNs: bigint; dev: bigint } {
  makePrivate(layout.temp);
  const path = join(layout.temp, uniqueName());
  const fd = openSync(path, 'wx', PRIVATE_FILE);
  try {
    const stat = fstatSync(fd, { bigint: true });
    return { nowNs: stat.ctimeNs, dev: stat.dev };
  } finally {
    closeSync(fd);
    rmSync(path, { force: true });
  }
}
