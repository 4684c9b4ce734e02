/** A directory for a client to work in, gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivate } from '../base/atomic.ts';
import type { Work } from './work.ts';

export async function inScratch<T>({ store }: Work, use: (dir: string) => Promise<T>): Promise<T> {
  makePrivate(store.layout.temp);
  const dir = mkdtempSync(join(store.layout.temp, 'client-'));
  try {
    return await use(dir);
  } finally {
    // Go leaves its module cache read-only, if it was told to put it here.
    rmSync(dir, { recursive: true, force: true, maxRetries: 2 });
  }
}
