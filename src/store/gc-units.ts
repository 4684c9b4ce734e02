/** Where units lie, what they are called and which blobs they name. */
import { join } from 'node:path';
import { type Digest, isDigest } from '../base/digest.ts';
import { isRecordName, namesIn, recordShards, shardsOf } from './files.ts';
import { shortOf } from './gc-choice.ts';
import type { Kind } from './gc-progress.ts';
import type { Layout } from './layout.ts';
import { blobOfAnswer, blobsOf, wholeBody } from './names.ts';
import { decodeRecord } from './record.ts';

/** A record is a unit, and so is what a server answered: its body is a blob. */
export function unitShards(layout: Layout): string[] {
  return [...recordShards(layout), ...shardsOf(layout, 'validators')];
}

export function unitNames(layout: Layout, shard: string): string[] {
  return namesIn(join(layout.base, shard)).filter(shard.startsWith('records/') ? isRecordName : isDigest);
}

export function kindOf(shard: string): Kind {
  return shard.startsWith('records/') ? 'records' : 'other';
}

/** `records/local/ab` and `abcd….json` → enough of it to tell it from any other. */
export function idOf(shard: string, name: string): string {
  const scope = shard.slice(0, -2);
  return scope + name.split('.', 2).map(shortOf).join('.');
}

/** Digests a record or an answer names; null for what is damaged. */
export function namedIn(shard: string, bytes: Uint8Array): Digest[] | null {
  if (shard.startsWith('records/')) {
    const record = decodeRecord(bytes);
    return record === null ? null : blobsOf(record).map(({ digest }) => digest);
  }
  if (wholeBody(bytes) === null) return null;
  const digest = blobOfAnswer(bytes);
  return digest === null ? [] : [digest];
}
