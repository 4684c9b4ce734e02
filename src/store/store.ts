/**
 * The contract of a store: records by address, blobs by digest. Types only; the doc comments are the specification.
 *
 * Order of writes: blobs first, the record last. A record promises nothing about its blobs: whoever reads a record must be
 * ready to find a blob missing or damaged, and then treats the record as absent.
 */
import type { Digest } from '../base/digest.ts';

/** Where a record lies. Records of one key under different roots stand side by side. */
export interface Address {
  /** Who may write and read it; `local` is this machine's user. */
  readonly scope: string;
  readonly key: Digest;
  /** Digest of the workspace root for a record whose outputs name that root; null for a portable one. */
  readonly root: Digest | null;
}

export interface Store {
  /** The record's bytes exactly as they were written; `null` when there is none. Damage is for the caller to find. */
  readRecord(address: Address): Promise<Uint8Array | null>;
  /** Replaces any record at the address. Visible whole or not at all. */
  writeRecord(address: Address, bytes: Uint8Array): Promise<void>;
  /** Whether any record of this key is bound to another root. */
  hasOtherRoot(address: Address): Promise<boolean>;
  /** Takes a copy of a file as it is now. The digest is that of the copy, whatever happens to the file meanwhile. */
  addFile(path: string): Promise<{ digest: Digest; size: number }>;
  addBytes(bytes: Uint8Array): Promise<Digest>;
  /**
   * Writes the blob to `target`, which must not exist, and verifies what it wrote: by its bytes, or because the blob is as it was when they
   * were last found whole.
   * @param mode permissions of the file, the umask already taken off; the user's alone when not given
   * @returns false when the blob is missing or damaged; nothing is left at `target` then, and a damaged blob is gone from the store
   */
  fetchTo(digest: Digest, target: string, mode?: number): Promise<boolean>;
  /** The blob's bytes, verified; `null` when missing or damaged. */
  readBlob(digest: Digest): Promise<Buffer | null>;
}
