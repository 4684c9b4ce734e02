/** Questions about the bytes of files, answered piece by piece. All throw what `open` and `read` throw. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const CHUNK = 1 << 20;
/** For files without a size of their own (`/proc`). */
const PIECE = 1 << 16;

/** Whether a file holds these bytes, also across the seams of its pieces. */
export function includesBytes(path: string, needle: Buffer): boolean {
  return reading(path, (fd, size) => {
    const chunk = Buffer.allocUnsafe(size + needle.length);
    let kept = 0;
    for (;;) {
      const n = readSync(fd, chunk, kept, size, null);
      if (n === 0) return false;
      const filled = chunk.subarray(0, kept + n);
      if (filled.includes(needle)) return true;
      kept = Math.min(needle.length - 1, filled.length);
      filled.copy(chunk, 0, filled.length - kept);
    }
  });
}

/** Whether two files hold the same: reading both costs less than a digest of one where the processor has no instruction for it. */
export function haveSameBytes(one: string, other: string): boolean {
  return reading(one, (a, size) =>
    reading(other, (b) => {
      const [left, right] = [Buffer.allocUnsafe(size), Buffer.allocUnsafe(size)];
      for (;;) {
        const n = fill(a, left);
        if (n !== fill(b, right) || !left.subarray(0, n).equals(right.subarray(0, n))) return false;
        if (n < size) return true;
      }
    }),
  );
}

/** Reads until the buffer is full or the file ends: one `read` may give less than there is. */
function fill(fd: number, buffer: Buffer): number {
  let at = 0;
  for (;;) {
    const n = readSync(fd, buffer, at, buffer.length - at, null);
    at += n;
    if (n === 0 || at === buffer.length) return at;
  }
}

/** @param use is told how much to read at once: no more than the file has, since a mebibyte for each of many small ones costs more than reading them */
function reading<T>(path: string, use: (fd: number, size: number) => T): T {
  const fd = openSync(path, 'r');
  try {
    return use(fd, Math.min(fstatSync(fd).size || PIECE, CHUNK));
  } finally {
    closeSync(fd);
  }
}
