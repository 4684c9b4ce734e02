/** Commands that outlive their wgcache: killed, it takes none of its children with it. They carry the tokens of its locks in their environment. */
import { readdirSync, readFileSync } from 'node:fs';
import { errorCode } from '../base/atomic.ts';

/**
 * Whether a process lives that was started under a lock of this token, or by such a one. Costs a read for each process of the machine.
 * Not promised: where there is no /proc, and for a process that has cleared its environment and outlived its parents.
 */
export function hasFamily(token: string): boolean {
  const mark = `:${token}`;
  return pids().some((pid) => environOf(pid).includes(mark));
}

function pids(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return [];
  }
}

/** Empty for a zombie, one that has ended, and one of another user. */
function environOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return '';
  }
}
