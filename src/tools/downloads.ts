/** Where a download lies until it is checked: under the same name for the same thing, so that what was interrupted is gone on with. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivate } from '../base/atomic.ts';
import { digestOf } from '../base/digest.ts';
import { takeLocks } from '../store/lock.ts';
import type { Work } from './work.ts';

/**
 * One process at a time fetches a thing.
 * @param what its address, or what else names it
 * @param use gets a path; what lies there afterwards is removed, unless `use` fails
 */
export async function withDownload<T>(what: string, { store }: Work, use: (file: string) => Promise<T>): Promise<T> {
  const { layout } = store;
  makePrivate(layout.temp);
  const name = digestOf(`download ${what}`);
  const lock = await takeLocks(layout, [{ name, mode: 'exclusive' }], [], () => undefined);
  try {
    const file = join(layout.temp, `download-${name}`);
    const done = await use(file);
    rmSync(file, { force: true });
    return done;
  } finally {
    lock.release();
  }
}
