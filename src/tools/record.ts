/**
 * A tool in the store: an ordinary record (plugin `tools`, cache-spec/tools.md), its paths relative to the tool's own directory. What is in
 * `bin/` are its programs.
 */
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import { byCodeUnit, isUtf8Name, pathFault } from '../base/paths.ts';
import type { LocalStore } from '../store/local.ts';
import { decodeRecord, encodeRecord, RECORD_VERSION, type RecordedOutput, type StepRecord } from '../store/record.ts';
import type { Address } from '../store/store.ts';
import { addressOf, literalSum, mirrored } from './address.ts';
import { ToolFault } from './problem.ts';
import { fill, platformName, withoutUser } from './template.ts';
import { valuesOf } from './values.ts';
import type { Choice, Pin } from './work.ts';

/** Bump it when the same parts may now mean another tool. */
const KEY_VERSION = 2;

export interface ToolKey {
  readonly key: Digest;
  /** The bytes that were hashed. */
  readonly canonical: string;
}

/**
 * What a tool is: version, platform, where it comes from, what it was checked by (without a sum: by the list its project published when it was
 * made), and what is taken of it. Not who asks, nor which mirror or client brings it.
 */
export function toolKey(choice: Choice, pin: Pin | null): ToolKey {
  const { wanted, version, platform } = choice;
  const { definition, from } = wanted;
  const values = valuesOf(choice);
  const filled = (text: string): string => fill(text, values);
  const sum = pin?.sha256 ?? pin?.integrity ?? literalSum(choice);
  const parts = {
    version: KEY_VERSION,
    tool: {
      from,
      what: withoutUser(filled(definition[from] ?? '')),
      version,
      platform: platformName(platform),
      sum,
      list: sum === null ? listOf(choice) : null,
      tree: pin?.tree ?? null,
      bin: Object.fromEntries(Object.entries(definition.bin ?? {}).map(([name, path]) => [name, filled(path)])),
      name: definition.bin === undefined ? wanted.name : null,
      keep: definition.keep ?? 'bin',
      archive: definition.archive ?? null,
      ldflags: from === 'go' ? (definition.ldflags ?? []).map(filled) : [],
    },
  };
  const canonical = canonicalize(parts);
  if (canonical === undefined) throw new TypeError('a key cannot be undefined');
  return { key: digestOf(canonical), canonical };
}

/** Where the sum is published, mirror and all: another list, or another's copy of it, is another word. */
function listOf(choice: Choice): string | null {
  const { from, definition } = choice.wanted;
  if (from !== 'url' || definition.checksum === undefined) return null;
  return withoutUser(mirrored(choice, fill(definition.checksum, { ...valuesOf(choice), url: addressOf(choice) })));
}

export function addressOfTool({ key }: ToolKey): Address {
  return { scope: 'local', key, root: null };
}

/** Null: there is none, or it is damaged. */
export async function readTool(store: LocalStore, key: ToolKey): Promise<StepRecord | null> {
  const bytes = await store.readRecord(addressOfTool(key));
  const record = bytes === null ? null : decodeRecord(bytes);
  return record !== null && record.key === key.key && record.root === null && record.plugin === 'tools' ? record : null;
}

/** Puts what a source made into the store, under all keys it answers to: blobs first, records last. */
export async function keepTool(
  store: LocalStore,
  keys: readonly [ToolKey, ...ToolKey[]],
  dir: string,
  made: { readonly choice: Choice; readonly ms: number; readonly shown: string | null },
): Promise<StepRecord> {
  const outputs: RecordedOutput[] = [];
  for (const path of pathsIn(dir, '').sort(byCodeUnit)) outputs.push(await keepOne(store, dir, path));
  const program = outputs.find((output) => output.type === 'file' && output.path.startsWith('bin/'));
  const { wanted, version, platform } = made.choice;
  const records = keys.map(
    ({ key }): StepRecord => ({
      version: RECORD_VERSION,
      key,
      scope: 'local',
      root: null,
      plugin: 'tools',
      label: `${wanted.name} ${version} (${platformName(platform)})`,
      tool: program?.type === 'file' ? { name: wanted.name, digest: program.digest, version: made.shown } : null,
      outputs,
      log: { stdout: null, stderr: null, order: [], rooted: [] },
      ranMs: Math.round(made.ms),
      madeAt: new Date().toISOString(),
      envMode: null,
    }),
  );
  for (const { canonical } of keys) await store.addBytes(Buffer.from(canonical));
  for (const record of records) await store.writeRecord(record, encodeRecord(record));
  return records[0]!;
}

async function keepOne(store: LocalStore, dir: string, path: string): Promise<RecordedOutput> {
  const fault = isUtf8Name(path) ? pathFault(path) : 'no UTF-8';
  if (fault !== null) throw new ToolFault({ code: 'unsafe', path, detail: fault });
  const full = join(dir, path);
  const stat = lstatSync(full);
  if (stat.isSymbolicLink()) {
    const target = readlinkSync(full);
    if (!staysInside(path, target)) throw new ToolFault({ code: 'unsafe', path, detail: `a link to ${target}` });
    return { type: 'link', path, target };
  }
  if (stat.isDirectory()) return { type: 'dir', path };
  if (!stat.isFile()) throw new ToolFault({ code: 'unsafe', path, detail: 'no file, directory or link' });
  const { digest, size } = await store.addFile(full);
  const exec = (stat.mode & 0o111) !== 0 || path.startsWith('bin/');
  return { type: 'file', path, digest, size: String(size), exec };
}

/** Files, links and empty directories. */
function pathsIn(dir: string, prefix: string): string[] {
  return readdirSync(join(dir, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    const inside = pathsIn(dir, path);
    return inside.length === 0 ? [path] : inside;
  });
}

/** Whether a link's target lies in the tool's own directory. */
export function staysInside(path: string, target: string): boolean {
  if (target.startsWith('/') || target.includes('\0') || target.includes('\\')) return false;
  const to = normalize(join(dirname(path), target));
  return to !== '..' && !to.startsWith('../');
}
