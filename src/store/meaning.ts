/** Archives of one meaning are stored once. */
import { writeAtomic } from '../base/atomic.ts';
import { type Digest, digestFile, isDigest } from '../base/digest.ts';
import { discard, statOf } from './files.ts';
import { type LocalStore, readIfThere, touch } from './local.ts';

interface StoredBlob {
  readonly digest: Digest;
  readonly size: number;
}

/**
 * The blob that stands for all archives of one meaning: the first one stored, as long as it is whole; else this one from now on.
 * The blob of a later one stays until it is collected: another record may name it already.
 */
export function firstOfMeaning({ layout }: LocalStore, meaning: Digest, added: StoredBlob): StoredBlob {
  const path = layout.meaning(meaning);
  const first = readIfThere(path)?.toString('utf8');
  if (isDigest(first)) {
    const blob = layout.blob(first);
    const kept = statOf(blob)?.isFile() === true ? digestFile(blob) : null;
    if (kept?.digest === first && touch(blob)) return kept; // gc leaves it to us now
    if (kept?.digest !== first) discard(blob);
  }
  writeAtomic(path, Buffer.from(added.digest), layout.temp);
  return added;
}
