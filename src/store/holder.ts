/** Who holds a lock, and whether that process still lives. */
import { readFileSync, readlinkSync } from 'node:fs';

export interface Holder {
  /** Unique for each time a lock is taken. */
  readonly token: string;
  readonly pid: number;
  /** Start of the process in clock ticks since boot; a pid alone comes back. Empty where /proc does not say. */
  readonly started: string;
  readonly boot: string;
  /** Pid namespace: a pid of another container means nothing here. */
  readonly namespace: string;
}

export function thisProcess(token: string): Holder {
  return { token, pid: process.pid, started: startOf(process.pid), boot: bootId(), namespace: pidNamespace() };
}

/** `unknown`: another pid namespace; only its heartbeat can tell. */
export function stateOf(holder: Holder): 'alive' | 'dead' | 'unknown' {
  if (holder.boot !== bootId()) return 'dead';
  if (holder.namespace !== pidNamespace()) return 'unknown';
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead';
  }
  const start = startOf(holder.pid);
  return holder.started !== '' && start !== holder.started ? 'dead' : 'alive';
}

export function parseHolder(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Holder;
    return typeof value.token === 'string' && Number.isSafeInteger(value.pid) ? value : null;
  } catch {
    return null; // not written by us, or cut off: nobody who lives
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
