/** The store's directories as whoever goes through all of them sees them: `gc` and `verify`. Others may add and remove files meanwhile. */
import { lstatSync, readdirSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../base/atomic.ts';
import { byCodeUnit } from '../base/paths.ts';
import type { Layout } from './layout.ts';

/** Whatever was put in place or unfinished so lately is left alone: its record may be about to be written. */
export const GRACE_MS = 3_600_000;

/** Names in a directory, in order; none where there is no directory. */
export function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir).sort(byCodeUnit);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** The shards of a kind (`blobs/00` … `blobs/ff`), relative to the base; what else lies there is nobody's. */
export function shardsOf(layout: Layout, kind: string): string[] {
  return namesIn(join(layout.base, kind))
    .filter((name) => /^[0-9a-f]{2}$/.test(name))
    .map((name) => `${kind}/${name}`);
}

/** The shards of the records of every scope. */
export function recordShards(layout: Layout): string[] {
  return namesIn(join(layout.base, 'records')).flatMap((scope) => shardsOf(layout, `records/${scope}`));
}

/** `KEY.json` or `KEY.ROOT.json`. */
export function isRecordName(name: string): boolean {
  return /^[0-9a-f]{64}(\.[0-9a-f]{64})?\.json$/.test(name);
}

/** Null: gone meanwhile. */
export function statOf(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

/** What a file takes of the disk: whole blocks, as on most file systems. The same figure everywhere, so that a bound means the same. */
export function sizeOnDisk({ size }: { readonly size: number }): number {
  return Math.ceil(size / 4096) * 4096;
}

/** Removes what is there. @returns null when it is gone now, else why it cannot be */
export function discard(path: string): string | null {
  try {
    rmSync(path, { force: true, recursive: true });
    return null;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return (error as Error).message;
  }
}
