/** What `verify` looks at beside blobs and records: our own files, what is left over, and what is not ours. */
import { join } from 'node:path';
import { isDigest } from '../base/digest.ts';
import { GRACE_MS, isRecordName, namesIn, shardsOf, statOf } from './files.ts';
import { deadLocks, lastTouched } from './gc-own.ts';
import type { Layout } from './layout.ts';
import { wholeJson } from './names.ts';

type OwnKind = 'checked' | 'digest' | 'secret';

export interface OwnFile {
  /** Relative to the base. */
  readonly path: string;
  readonly kind: OwnKind;
}

/** Directories of files with a sum. A glance's holds the environment too: only whoever asks for it can tell. */
const CHECKED: readonly string[] = ['facts', 'memo', 'recent', 'validators'];
const SHARDED: readonly string[] = [...CHECKED, 'blobs', 'glances', 'meanings'];

/** Files that have something to check; those not named as ours are {@link foreignIn}. */
export function ownFilesIn(layout: Layout): OwnFile[] {
  const sharded = (kind: OwnKind, dir: string): OwnFile[] =>
    shardsOf(layout, dir).flatMap((shard) => ours(layout, shard).map((name) => ({ path: `${shard}/${name}`, kind })));
  const secret = statOf(layout.secretKey) === null ? [] : [{ path: 'secret.key', kind: 'secret' as const }];
  return [
    ...CHECKED.flatMap((dir) => sharded('checked', dir)),
    ...sharded('digest', 'meanings'),
    ...namesIn(join(layout.base, 'config'))
      .filter(isConfigName)
      .map((name) => ({ path: `config/${name}`, kind: 'checked' as const })),
    ...secret,
  ];
}

function ours(layout: Layout, shard: string): string[] {
  return namesIn(join(layout.base, shard)).filter((name) => isDigest(name) && name.startsWith(shard.slice(-2)));
}

function isConfigName(name: string): boolean {
  return name.endsWith('.json') && isDigest(name.slice(0, -5));
}

/** What is wrong with a file, or null. */
export function ownFaultOf(kind: OwnKind, bytes: Buffer): string | null {
  switch (kind) {
    case 'checked':
      return wholeJson(bytes) === undefined ? 'its sum or its form' : null;
    case 'digest':
      return isDigest(bytes.toString('latin1')) ? null : 'it names no blob';
    case 'secret':
      return bytes.length === 32 ? null : `it has ${bytes.length} bytes, not 32`;
  }
}

/** Unfinished files nobody works on any more, and locks of the dead. */
export function leftoversIn(layout: Layout): number {
  const now = Date.now();
  const unfinished = namesIn(layout.temp).filter((name) => now - lastTouched(join(layout.temp, name)) > GRACE_MS);
  return unfinished.length + deadLocks(layout).length;
}

const FLAT: readonly string[] = ['config', 'gc', 'journal', 'locks', 'tmp'];

/** Paths in the store that no wgcache of this version made. */
export function foreignIn(layout: Layout): string[] {
  const foreign: string[] = [];
  const sift = (dir: string, isOurs: (name: string) => boolean): void => {
    for (const name of namesIn(join(layout.base, dir)))
      if (!isOurs(name)) foreign.push(dir === '' ? name : `${dir}/${name}`);
  };
  sift('', (name) => [...SHARDED, ...FLAT, 'records', 'secret.key'].includes(name));
  sift('config', isConfigName);
  sift('gc', (name) => name === 'done' || name === 'progress');
  sift('journal', (name) => /^\d{4}-\d{2}\.jsonl$/.test(name));
  const isShard = (name: string): boolean => /^[0-9a-f]{2}$/.test(name);
  const inShards = (kind: string, isOurs: (name: string) => boolean): void => {
    sift(kind, isShard);
    for (const shard of shardsOf(layout, kind)) sift(shard, (name) => isOurs(name) && name.startsWith(shard.slice(-2)));
  };
  for (const kind of SHARDED) inShards(kind, isDigest);
  for (const scope of namesIn(join(layout.base, 'records'))) inShards(`records/${scope}`, isRecordName);
  return foreign.sort();
}
