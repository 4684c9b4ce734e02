/** Whether a store is as it must be after any fault: each record whole with all of its blobs, each blob what its name says. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { decodeChecked } from '../../src/base/checked.ts';
import { decodeRecord } from '../../src/store/record.ts';

/** @returns what is wrong, in words; nothing when all is well */
export function faultsOfStore(store: string): string[] {
  const base = join(store, 'v1');
  const wrong: string[] = [];
  const blob = (digest: string) => join(base, 'blobs', digest.slice(0, 2), digest);
  for (const path of filesBelow(join(base, 'blobs')))
    if (sha256(path) !== basename(path)) wrong.push(`${path} has other bytes than its name says`);
  for (const path of filesBelow(join(base, 'records'))) {
    const record = decodeRecord(readFileSync(path));
    if (record === null || !basename(path).startsWith(record.key)) {
      wrong.push(`${path} is no whole record of its key`);
      continue;
    }
    const digests = [
      record.key,
      ...record.outputs.flatMap((output) => (output.type === 'file' ? [output.digest] : [])),
      ...[record.log.stdout, record.log.stderr].filter((digest) => digest !== null),
    ];
    for (const digest of digests)
      if (!existsSync(blob(digest))) wrong.push(`${path} names ${digest}, which is not there`);
  }
  for (const [dir, name] of Object.entries({ memo: 'memo', facts: 'fact', recent: 'recent' }))
    for (const path of filesBelow(join(base, dir)))
      if (decodeChecked(`wgcache-${name}`, 1, readFileSync(path)) === null) wrong.push(`${path} does not fit its head`);
  return wrong;
}

/** Takes away blobs with other bytes than their name says: a record that names one is then found wrong. */
export function removeDamaged(store: string): void {
  for (const path of filesBelow(join(store, 'v1/blobs'))) if (sha256(path) !== basename(path)) rmSync(path);
}

/** The blobs of all outputs that records name. */
export function outputBlobs(store: string): string[] {
  const digests = filesBelow(join(store, 'v1/records')).flatMap((path) =>
    (decodeRecord(readFileSync(path))?.outputs ?? []).flatMap((output) =>
      output.type === 'file' ? [output.digest] : [],
    ),
  );
  return [...new Set(digests)].map((digest) => join(store, 'v1/blobs', digest.slice(0, 2), digest));
}

/** What killed processes left for whoever collects it. */
export function leftInStore(store: string): { readonly temporary: number; readonly locks: number } {
  return {
    temporary: entriesBelow(join(store, 'v1/tmp')).length,
    locks: entriesBelow(join(store, 'v1/locks')).length,
  };
}

export function filesBelow(dir: string): string[] {
  return entriesBelow(dir).filter((path) => lstatSync(path).isFile());
}

function entriesBelow(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir, { recursive: true }).map((name) => join(dir, String(name))) : [];
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
