/** Secrets enter the key by HMAC: under a key the user shares, or one of this store alone. */
import { createAtomic } from '../base/atomic.ts';
import type { Layout } from '../store/layout.ts';
import { readIfThere } from '../store/local.ts';

export interface Secrets {
  /** `hmac:…` words for the key. */
  seal(value: string): string;
}

export function openSecrets(layout: Layout, shared: string | undefined): Secrets {
  let key: Buffer | undefined;
  return {
    seal(value) {
      key ??= shared !== undefined && shared !== '' ? Buffer.from(shared) : storeKey(layout);
      const { createHmac } = process.getBuiltinModule('node:crypto'); // not loaded until there is a secret
      return `hmac:${createHmac('sha256', key).update(value).digest('hex')}`;
    },
  };
}

/** 32 random bytes, made once a store. Whoever loses the race takes the winner's. */
function storeKey(layout: Layout): Buffer {
  const there = readIfThere(layout.secretKey);
  if (there?.length === 32) return there;
  const made = Buffer.from(crypto.getRandomValues(new Uint8Array(32)));
  if (createAtomic(layout.secretKey, made, layout.temp)) return made;
  const theirs = readIfThere(layout.secretKey);
  if (theirs?.length !== 32) throw new Error(`${layout.secretKey} does not hold 32 bytes; delete it`);
  return theirs;
}
