/** A blob that is not small → a file, and back, by the kernel: cloned where that can be, else copied, several beside each other. */
import { chmodSync, constants, copyFileSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, makePrivate, PRIVATE_BLOB, putInPlace, uniqueName } from '../base/atomic.ts';
import { type Digest, digestFile } from '../base/digest.ts';
import { stampOf } from '../base/stamp.ts';
import { statOf } from './files.ts';
import { keepDigest, knownDigest, LARGE } from './known.ts';
import type { Layout } from './layout.ts';

/** As `addFile`. */
export function addLarge(layout: Layout, path: string): { digest: Digest; size: number } {
  makePrivate(layout.temp);
  const copy = join(layout.temp, uniqueName());
  try {
    copyFileSync(path, copy, constants.COPYFILE_FICLONE);
    chmodSync(copy, PRIVATE_BLOB); // the copy came with the source's mode
    const made = digestFile(copy);
    putInPlace(copy, layout.blob(made.digest)); // over the one that may be there: it may be damaged
    return made;
  } finally {
    rmSync(copy, { force: true });
  }
}

/** @returns false when the blob is missing or damaged; nothing is left at `target` then */
export async function copyBlob(layout: Layout, digest: Digest, target: string): Promise<boolean> {
  const blob = layout.blob(digest);
  const before = stampOf(blob);
  try {
    await copyFile(blob, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    if (statOf(blob)?.isFile() !== true) return false;
    throw error;
  }
  const stamp = before !== null && before === stampOf(blob) ? before : null; // what was copied is what it tells of
  if (stamp !== null && knownDigest(layout, stamp) === digest) return true;
  const { digest: found, size } = digestFile(target);
  if (found !== digest) {
    rmSync(target, { force: true });
    return false;
  }
  if (stamp !== null && size >= LARGE) keepQuietly(layout, stamp, digest);
  return true;
}

/** A cache that cannot be written costs time only. */
function keepQuietly(layout: Layout, stamp: string, digest: Digest): void {
  try {
    keepDigest(layout, stamp, digest);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}
