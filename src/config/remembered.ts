/**
 * The config file as it was last read, so that a hit loads no parser. It is taken only for a file whose stat is the same in every
 * field; a file changed within the last two seconds is not remembered, since a second change may leave the same stat (promise 2).
 */
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { writeAtomic } from '../base/atomic.ts';
import { encodeChecked, readChecked } from '../base/checked.ts';
import { digestOf } from '../base/digest.ts';
import type { FileConfig } from './types.ts';

/** Bump it whenever the same file may now be read as something else. */
const FORMAT = 5;
const NAME = 'wgcache-config';

/** Granularity of the coarsest file systems. */
const RACY_MS = 2_000;

interface Remembered {
  readonly file: string;
  readonly stamp: string;
  readonly config: FileConfig;
}

/** @returns what was remembered of exactly this file, or `null` */
export function recallConfig(cacheDir: string, file: string, stat: BigIntStats): FileConfig | null {
  try {
    // Damaged, it may still be JSON, and name other inputs: without its sum it is not believed.
    const kept = readChecked(placeOf(cacheDir, file), NAME, FORMAT) as Remembered | null;
    return kept !== null && kept.file === file && kept.stamp === stampOf(stat) ? kept.config : null;
  } catch {
    return null; // no such thing as we write: the file itself is read
  }
}

/** Remembers, if it is safe to. Never fails: the next run then reads the file again. `now` in milliseconds. */
export function rememberConfig(
  cacheDir: string,
  file: string,
  stat: BigIntStats,
  config: FileConfig,
  now: number,
): void {
  if (now - Number(stat.mtimeMs) < RACY_MS || now - Number(stat.ctimeMs) < RACY_MS) return;
  const kept: Remembered = { file, stamp: stampOf(stat), config };
  try {
    const bytes = encodeChecked(NAME, FORMAT, Buffer.from(JSON.stringify(kept)));
    writeAtomic(placeOf(cacheDir, file), bytes, join(cacheDir, 'v1', 'tmp'));
  } catch {
    // A cache that cannot be written is somebody else's warning.
  }
}

function placeOf(cacheDir: string, file: string): string {
  return join(cacheDir, 'v1', 'config', `${digestOf(file)}.json`);
}

export function stampOf(stat: BigIntStats): string {
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ');
}
