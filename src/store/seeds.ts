/**
 * A seed: files of a tool's own cache, an ordinary record (plugin `seeds`, cache-spec/seeds.md) with its paths relative to that cache. So `gc`
 * and `verify` know it. Of two runs that add to one seed at once the later one's record stays: what is lost is found by the next run.
 */
import { existsSync } from 'node:fs';
import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import { byCodeUnit } from '../base/paths.ts';
import { sizeOnDisk } from './files.ts';
import { type LocalStore, touch } from './local.ts';
import {
  decodeRecord,
  encodeRecord,
  RECORD_VERSION,
  type RecordedOutput,
  type RecordedTool,
  type StepRecord,
} from './record.ts';

/** Bump it when the same parts may now mean another seed. */
const KEY_VERSION = 1;

/** A file of a tool's cache; `mtime` is when it was added to the seed. */
export type SeedFile = Extract<RecordedOutput, { type: 'file' }>;

export interface SeedParts {
  readonly plugin: string;
  readonly name: string;
  /** The program's name. */
  readonly tool: string;
  readonly platform: string;
  /** Of the tool's bytes, where they matter. */
  readonly digest: Digest | null;
}

export interface SeedKey {
  readonly key: Digest;
  /** The bytes that were hashed. */
  readonly canonical: string;
}

export function seedKey(parts: SeedParts): SeedKey {
  const canonical = canonicalize({ version: KEY_VERSION, seed: { ...parts } });
  if (canonical === undefined) throw new TypeError('a key cannot be undefined');
  return { key: digestOf(canonical), canonical };
}

/** Null: there is none, or it is damaged. */
export async function readSeed(store: LocalStore, { key }: SeedKey): Promise<StepRecord | null> {
  const bytes = await store.readRecord({ scope: 'local', key, root: null });
  const record = bytes === null ? null : decodeRecord(bytes);
  return record !== null && record.key === key && record.root === null && record.plugin === 'seeds' ? record : null;
}

/** Files whose blob is there, though nobody looked into it. */
export function filesOf(store: LocalStore, record: StepRecord): SeedFile[] {
  return record.outputs.filter(
    (output): output is SeedFile => output.type === 'file' && existsSync(store.layout.blob(output.digest)),
  );
}

export interface Growth {
  /** The step that made them. */
  readonly label: string;
  readonly tool: RecordedTool | null;
  readonly added: readonly SeedFile[];
  /** Bytes on disk. */
  readonly maxSize: number;
}

/** The added files, then those of the seed as it is, newest first, as many as fit. */
export async function growSeed(store: LocalStore, key: SeedKey, growth: Growth): Promise<void> {
  const { label, tool, added, maxSize } = growth;
  const before = await readSeed(store, key);
  const fresh = new Set(added.map(({ path }) => path));
  const earlier = (before === null ? [] : filesOf(store, before)).filter(({ path }) => !fresh.has(path));
  const kept = fitting(
    [...added, ...earlier.sort((a, b) => Number(BigInt(b.mtime ?? 0) - BigInt(a.mtime ?? 0)))],
    maxSize,
  );
  const record: StepRecord = {
    version: RECORD_VERSION,
    key: key.key,
    scope: 'local',
    root: null,
    plugin: 'seeds',
    label,
    tool,
    // A collection that drops the record as it was leaves alone what was touched: see `cache-spec/store.md`.
    outputs: kept
      .filter(({ path, digest }) => fresh.has(path) || touch(store.layout.blob(digest)))
      .sort((a, b) => byCodeUnit(a.path, b.path)),
    log: { stdout: null, stderr: null, order: [], rooted: [] },
    ranMs: 0,
    madeAt: new Date().toISOString(),
    envMode: null,
  };
  await store.addBytes(Buffer.from(key.canonical));
  await store.writeRecord(record, encodeRecord(record));
}

/** As many from the start as take no more than `maxSize` together. */
function fitting(files: readonly SeedFile[], maxSize: number): SeedFile[] {
  const kept: SeedFile[] = [];
  let used = 0;
  for (const file of files) {
    used += sizeOnDisk({ size: Number(file.size) });
    if (used > maxSize) break;
    kept.push(file);
  }
  return kept;
}
