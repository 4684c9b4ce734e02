/**
 * Digests of large files by their stat, for all steps and tools: helm's own binary takes longer to hash than a step to hit, and 400 MB of
 * blobs longer than to copy. Whoever writes to a file changes its stat; what a disk does by itself is for `wgcache verify`.
 */
import { writeAtomic } from '../base/atomic.ts';
import { encodeChecked, readChecked } from '../base/checked.ts';
import { type Digest, digestOf, isDigest } from '../base/digest.ts';
import type { Layout } from './layout.ts';

/** From this size on it pays: reading what was kept takes as long as hashing some 10 kB, and each is a file. */
export const LARGE: bigint = 1n << 20n;

/** As any fact that all steps share (step/memo.ts). */
const NAME = 'wgcache-fact';
const VERSION = 1;

/** Null: nobody has kept it. */
export function knownDigest(layout: Layout, identity: string): Digest | null {
  const id = idOf(identity);
  const kept = readChecked(layout.fact(digestOf(id)), NAME, VERSION) as { id: string; value: unknown } | null;
  return kept?.id === id && isDigest(kept.value) ? kept.value : null;
}

/**
 * @param identity the same before the file was read and after, of a file that had settled before: a write within the same tick of its file
 * system's clock would not show
 */
export function keepDigest(layout: Layout, identity: string, digest: Digest): void {
  const id = idOf(identity);
  const body = Buffer.from(JSON.stringify({ id, value: digest }));
  writeAtomic(layout.fact(digestOf(id)), encodeChecked(NAME, VERSION, body), layout.temp);
}

function idOf(identity: string): string {
  return `bytes ${identity}`;
}
