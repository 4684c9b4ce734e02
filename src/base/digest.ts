/** SHA-256, hex: the only hash that names keys, blobs and records (cache-spec/key.md). */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { sha256 } from './sha256.ts';

/** 64 lower-case hex digits. */
export type Digest = string;

const DIGEST = /^[0-9a-f]{64}$/;

export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && DIGEST.test(value);
}

export function digestOf(bytes: string | Uint8Array): Digest {
  return hasher().update(bytes).digest('hex');
}

/** As `digestOf`, for a text of a few kilobytes where nothing else needs node:crypto. */
export function digestOfShort(text: string): Digest {
  return 'Bun' in globalThis || text.length > SHORT ? digestOf(text) : sha256(Buffer.from(text));
}

/** Where the shorter start is used up (cold, Node 20.20: 1 ms for 1.5 kB, 9 ms for 21 kB, against 5 to 7 ms to load node:crypto). */
const SHORT = 8192;

interface Hasher {
  update(bytes: string | Uint8Array): Hasher;
  digest(encoding: 'hex'): string;
}

/** Bun has the hash at hand; importing its node:crypto costs 3.7 ms of a hit (5.7 ms for an empty program). In Node it is part of the snapshot. */
function hasher(): Hasher {
  const { Bun } = globalThis as { readonly Bun?: { readonly CryptoHasher: new (algorithm: 'sha256') => Hasher } };
  return Bun === undefined
    ? process.getBuiltinModule('node:crypto').createHash('sha256')
    : new Bun.CryptoHasher('sha256');
}

/** A file is read in pieces of this size: above it the read calls stop mattering, below it they show (1 MiB: 1.2 GB/s here). */
const CHUNK = 1 << 20;
/** For files without a size of their own (`/proc`). */
const PIECE = 1 << 16;

/** Digest and size of a file's bytes. Throws what `open` and `read` throw; never opens a FIFO unless told to, so check the type first. */
export function digestFile(path: string): { digest: Digest; size: number } {
  const fd = openSync(path, 'r');
  try {
    const hash = hasher();
    // No larger than the file: a mebibyte for each of 5,000 small ones cost more than reading them.
    const buffer = Buffer.allocUnsafe(Math.min(fstatSync(fd).size || PIECE, CHUNK));
    let size = 0;
    for (;;) {
      const n = readSync(fd, buffer, 0, buffer.length, null);
      if (n === 0) return { digest: hash.digest('hex'), size };
      hash.update(buffer.subarray(0, n));
      size += n;
    }
  } finally {
    closeSync(fd);
  }
}
