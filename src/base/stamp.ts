/** A file's stat as one text: equal when nobody has written to it since. */
import { type BigIntStats, lstatSync } from 'node:fs';

/** Granularity of the coarsest file systems: within it a second write may leave the same stat. */
const RACY_MS = 2_000;

/** What tells one state of a file from all others, once it has settled. */
export function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

/** Null: no file is there, or it was written so lately that its stat says nothing. */
export function stampOf(path: string): string | null {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return null;
  return isRacy(stat) ? null : identityOf(stat);
}

function isRacy({ mtimeMs, ctimeMs }: BigIntStats): boolean {
  const newest = Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs);
  return Date.now() - newest < RACY_MS;
}
