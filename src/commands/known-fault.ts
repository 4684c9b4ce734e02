/** What a command threw, as a clear sentence; off the path of a hit. */
import { WgcacheError } from '../errors.ts';

/** @returns null for a bug of ours */
export function knownFault(error: unknown): WgcacheError | null {
  if (error instanceof WgcacheError) return error;
  if (isCwdGone(error))
    return new WgcacheError('usage', 'the current directory is gone', { hint: 'change to one that is there' });
  const { syscall, code, message } = error as NodeJS.ErrnoException;
  // Trouble with the files of the cache is told where it happens.
  return syscall === 'write' && code !== undefined
    ? new WgcacheError('output', `what there is to say cannot be written: ${message}`, { cause: error })
    : null;
}

function isCwdGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall === 'uv_cwd';
}
