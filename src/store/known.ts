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

const NAME = 'wgcache-digest';
const VERSION = 1;

/** Null: nobody has kept it. */
export function knownDigest(layout: Layout, identity: string): Digest | null {
  const kept = readChecked(placeOf(layout, identity), NAME, VERSION);
  return Array.isArray(kept) && kept[0] === identity && isDigest(kept[1]) ? kept[1] : null;
}

/**
 * @param identity the same before the file was read and after, of a file that had settled before: a write within the same tick of its file
 * system's clock would not show
 */
export function keepDigest(layout: Layout, identity: string, digest: Digest): void {
  const body = Buffer.from(JSON.stringify([identity, digest]));
  writeAtomic(placeOf(layout, identity), encodeChecked(NAME, VERSION, body), layout.temp);
}

function placeOf(layout: Layout, identity: string): string {
  return layout.fact(digestOf(`file-digest ${identity}`));
}
