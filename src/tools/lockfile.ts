/** `wgcache-tools.lock`: which version was meant, when that was found out, and what it is on each platform. JSON, in a stable order, for review. */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorCode, writeAtomic } from '../base/atomic.ts';
import { WgcacheError } from '../errors.ts';
import { withoutUser } from './template.ts';
import type { Wanted } from './wanted.ts';
import type { Pin } from './work.ts';

export const LOCK_NAME = 'wgcache-tools.lock';

export interface LockedTool {
  /** As the config had it. */
  readonly wanted: string;
  readonly version: string;
  /** Where from, as the config had it. */
  readonly source: string;
  /** The day the version was found out; ISO 8601, UTC. */
  readonly resolved: string;
  /** By platform, `any` where they are all the same. */
  readonly platforms: Readonly<Record<string, Pin>>;
}

export interface LockFile {
  readonly version: 1;
  readonly tools: Readonly<Record<string, LockedTool>>;
}

function lockPath(root: string): string {
  return join(root, LOCK_NAME);
}

/** @returns null when there is none. @throws WgcacheError `config` for one that cannot be read: it is never passed over */
export function readLock(root: string): LockFile | null {
  const path = lockPath(root);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw new WgcacheError('config', `${LOCK_NAME}: ${(cause as Error).message}`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged((cause as Error).message);
  }
  const twice = repeatedKey(text);
  if (twice !== null) throw damaged(`${twice} is there twice`);
  if (!isMapping(value) || !isMapping(value.tools)) throw damaged('it is no lock of tools');
  if (value.version !== 1) throw damaged(`its version is ${JSON.stringify(value.version)}; this wgcache knows 1`);
  for (const [name, tool] of Object.entries(value.tools)) if (!isLocked(tool)) throw damaged(`${name} is damaged`);
  return value as unknown as LockFile;
}

/** A key that one object has twice, as a merge may leave it: JSON takes the last, and who reads the file may believe the first. */
function repeatedKey(json: string): string | null {
  const open: Set<string>[] = [];
  for (const [token, , isKey] of json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (isKey !== undefined) {
      const key = JSON.parse(token.slice(0, -isKey.length)) as string;
      if (open.at(-1)?.has(key) === true) return key;
      open.at(-1)?.add(key);
    }
  }
  return null;
}

function damaged(detail: string): WgcacheError {
  return new WgcacheError('config', `${LOCK_NAME}: ${detail}`, {
    hint: 'Take it from version control again, or remove it and run `wgcache tools lock`.',
  });
}

function isLocked(value: unknown): value is LockedTool {
  if (!isMapping(value) || !isMapping(value.platforms)) return false;
  return (
    ['wanted', 'version', 'source', 'resolved'].every((field) => typeof value[field] === 'string') &&
    Object.values(value.platforms).every(isPin)
  );
}

/** Of Go, npm, an OCI manifest. */
const INTEGRITY = /^(h1:[\w+/=]+|sha(1|256|384|512)-[\w+/=]+|sha256:[0-9a-f]{64})$/;

function isPin(value: unknown): value is Pin {
  if (!isMapping(value)) return false;
  const { url, file, size, sha256, integrity, tree } = value;
  return (
    (sha256 ?? integrity) !== undefined && // else it pins nothing
    (integrity === undefined || (typeof integrity === 'string' && INTEGRITY.test(integrity))) &&
    [url, file].every((text) => text === undefined || typeof text === 'string') &&
    [sha256, tree].every((sum) => sum === undefined || (typeof sum === 'string' && /^[0-9a-f]{64}$/.test(sum))) &&
    (size === undefined || Number.isSafeInteger(size))
  );
}

export function writeLock(root: string, tools: Readonly<Record<string, LockedTool>>): void {
  const lock: LockFile = { version: 1, tools: sorted(tools, ordered) };
  const path = lockPath(root);
  const bytes = Buffer.from(`${JSON.stringify(lock, null, 2)}\n`);
  try {
    writeAtomic(path, bytes, dirname(path), 0o644);
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    throw new WgcacheError('config', `${basename(path)} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

function ordered({ wanted, version, source, resolved, platforms }: LockedTool): LockedTool {
  const pin = ({ url, file, size, sha256, integrity, tree }: Pin): Pin =>
    JSON.parse(JSON.stringify({ url, file, size, sha256, integrity, tree })) as Pin; // without what is undefined
  return { wanted, version, source, resolved, platforms: sorted(platforms, pin) };
}

function sorted<T>(values: Readonly<Record<string, T>>, tidy: (value: T) => T): Record<string, T> {
  return Object.fromEntries(
    Object.keys(values)
      .sort()
      .map((name) => [name, tidy(values[name] as T)]),
  );
}

/** Where a tool comes from, in one text: when it changes, what was locked is another tool. */
export function sourceOf({ from, definition }: Wanted): string {
  return `${from} ${withoutUser(definition[from] ?? '')}`;
}

export function fits(locked: LockedTool, wanted: Wanted): boolean {
  return locked.wanted === wanted.version && locked.source === sourceOf(wanted);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
