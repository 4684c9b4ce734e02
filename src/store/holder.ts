/** Who holds a lock, and whether that process still lives. */
import { readFileSync, readlinkSync } from 'node:fs';

/** A process, so that no other is taken for it. */
export interface ProcessId {
  readonly pid: number;
  /** Start of the process in clock ticks since boot; a pid alone comes back. Empty where /proc does not say. */
  readonly started: string;
  readonly boot: string;
  /** Pid namespace: a pid of another container means nothing here. */
  readonly namespace: string;
}

export interface Holder extends ProcessId {
  /** Unique for each time a lock is taken. */
  readonly token: string;
}

export function thisProcess(): ProcessId {
  return { pid: process.pid, started: startOf(process.pid), boot: bootId(), namespace: pidNamespace() };
}

/**
 * `unknown`: another pid namespace, or another boot, which may be another machine on the same mount (all machines give their first
 * namespace the same name); only its heartbeat can tell.
 */
export function stateOf(holder: ProcessId, me: ProcessId): 'alive' | 'dead' | 'unknown' {
  if (holder.boot !== me.boot || holder.namespace !== me.namespace) return 'unknown';
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  return holder.started !== '' && startOf(holder.pid) !== holder.started ? 'dead' : 'alive';
}

/** @returns null for what was not written by us, or is cut off: nobody who lives */
export function parseHolder(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Holder;
    const words = [value.token, value.started, value.boot, value.namespace];
    return words.every((word) => typeof word === 'string') && Number.isSafeInteger(value.pid) && value.pid > 0
      ? value
      : null;
  } catch {
    return null;
  }
}

/** Field 22 of /proc/<pid>/stat. The command name before it may hold blanks and brackets. Empty for a zombie: it holds nothing any more. */
function startOf(pid: number): string {
  const fields = readText(`/proc/${pid}/stat`)
    .replace(/^.*\)\s/s, '')
    .split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '');
}

function bootId(): string {
  return readText('/proc/sys/kernel/random/boot_id').trim();
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // no /proc: one namespace
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
