/** Secrets enter the key by HMAC: under a key the user shares, or one of this store alone. */
import { createAtomic, writeAtomic } from '../base/atomic.ts';
import type { Layout } from '../store/layout.ts';
import { readIfThere } from '../store/local.ts';
import { Bypass } from './bypass.ts';
import type { Troubles } from './trouble.ts';

export interface Secrets {
  /**
   * `hmac:…` words for the key.
   * @throws Bypass when this store's key cannot be read or made
   */
  seal(value: string): string;
}

/** @param writes false: a key that is not there is made for now only; nothing was ever sealed with one that could match */
export function openSecrets(layout: Layout, shared: string | undefined, troubles: Troubles, writes: boolean): Secrets {
  let key: Buffer | null = shared === undefined || shared === '' ? null : Buffer.from(shared);
  return {
    seal(value) {
      key ??= troubles.guard(() => storeKey(layout, writes), null);
      if (key === null) throw new Bypass({ code: 'cache-trouble', detail: troubles.details.at(-1) ?? '' });
      const { createHmac } = process.getBuiltinModule('node:crypto'); // not loaded until there is a secret
      return `hmac:${createHmac('sha256', key).update(value).digest('hex')}`;
    },
  };
}

/** 32 random bytes, made once a store. Whoever loses the race takes the winner's. */
function storeKey(layout: Layout, writes: boolean): Buffer {
  const there = readIfThere(layout.secretKey);
  if (there?.length === KEY_BYTES) return there;
  const made = Buffer.from(crypto.getRandomValues(new Uint8Array(KEY_BYTES)));
  if (!writes) return made;
  if (there === null && createAtomic(layout.secretKey, made, layout.temp)) return made;
  const theirs = readIfThere(layout.secretKey);
  if (theirs?.length === KEY_BYTES) return theirs;
  writeAtomic(layout.secretKey, made, layout.temp); // damaged: what was sealed with it is lost anyway
  return made;
}

const KEY_BYTES = 32;
