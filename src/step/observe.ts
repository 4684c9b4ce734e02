/** What is at a path: the words inputs are keyed by. Nothing that is no regular file is ever opened (a FIFO would hang). */
import { type BigIntStats, lstatSync, readlinkSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { errorCode } from '../base/atomic.ts';
import { insideName } from '../base/paths.ts';

export interface Seen {
  /** Type behind any link. */
  readonly type: 'file' | 'dir' | 'other' | 'dangling' | 'absent';
  /** Target of the link at the path itself, as written. */
  readonly link: string | null;
  /** Stat behind any link; null for dangling and absent. */
  readonly stat: BigIntStats | null;
}

export const ABSENT: Seen = { type: 'absent', link: null, stat: null };

/** Helm refuses files above this size unless .helmignore covers them (facts H). */
const HELM_FILE_LIMIT: bigint = 5n * 1024n * 1024n;

/** @throws what stat throws except for "not there" */
export function observe(path: string): Seen {
  const stat = statOrNull(() => lstatSync(path, { bigint: true, throwIfNoEntry: false }));
  if (stat === null) return ABSENT;
  if (!stat.isSymbolicLink()) return { type: typeOf(stat), link: null, stat };
  const link = readlinkSync(path);
  const behind = statOrNull(() => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return behind === null ? { type: 'dangling', link, stat: null } : { type: typeOf(behind), link, stat: behind };
}

function statOrNull(stat: () => BigIntStats | undefined): BigIntStats | null {
  try {
    return stat() ?? null;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOTDIR' || code === 'ENOENT' || code === 'ELOOP') return null;
    throw error;
  }
}

function typeOf(stat: BigIntStats): 'file' | 'dir' | 'other' {
  return stat.isFile() ? 'file' : stat.isDirectory() ? 'dir' : 'other';
}

export function isExecutable(stat: BigIntStats): boolean {
  return (stat.mode & 0o100n) !== 0n;
}

/** Whether somebody else than the owner may do anything with it. */
export function isOpen({ mode }: BigIntStats): boolean {
  return (mode & 0o077n) !== 0n;
}

export function execWord(seen: Seen): 'exec' | 'file' {
  return seen.stat !== null && isExecutable(seen.stat) ? 'exec' : 'file';
}

/** Puts the words for a link before those for what it leads to. A target inside the root is named by it, so that a moved checkout keeps its key. */
export function throughLink(root: string, seen: Seen, words: string): string {
  if (seen.link === null) return words;
  return `link ${portableTarget(root, seen.link)} -> ${words}`;
}

export function portableTarget(root: string, target: string): string {
  if (!isAbsolute(target)) return target;
  const inside = insideName(root, target);
  return inside === null ? target : `<root>/${inside}`;
}

/** `presence` (see `Aspect`). */
export function presenceWords(seen: Seen): string {
  if (seen.type !== 'file' || seen.stat === null) return seen.type;
  return seen.stat.size > HELM_FILE_LIMIT ? 'file over 5 MiB' : 'file';
}

/** `permissions` (see `Aspect`). */
export function permissionWords(seen: Seen): string {
  return seen.stat === null ? seen.type : `${seen.type} ${(seen.stat.mode & 0o7777n).toString(8).padStart(4, '0')}`;
}
