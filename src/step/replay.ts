/** Writes a recorded log as the command did. */
import { errorCode } from '../base/atomic.ts';
import type { LogMode } from '../config.ts';
import type { Host } from '../host.ts';
import type { Declaration } from '../plugin.ts';

export interface ReplayMode {
  readonly stdout: Declaration['stdout'];
  readonly logMode: LogMode;
}

/** `--log` governs progress on a terminal; stdout that is the product, or goes to a file or pipe, is always written. */
export function replay(
  host: Host,
  pieces: readonly (readonly [1 | 2, Uint8Array])[],
  { stdout, logMode }: ReplayMode,
): void {
  const quiet = stdout === 'progress' && host.isTerminal(1) ? logMode : 'full';
  for (const [stream, bytes] of pieces) {
    if (stream === 1 ? quiet === 'full' : logMode !== 'none') host.write(stream, bytes);
  }
}

/** A failure to write it in words: no trouble of the cache, and the command would have failed as well. Throws what is none. */
export function unsaid(error: unknown): string {
  if (errorCode(error) === undefined) throw error;
  return `what the command said cannot be written: ${(error as Error).message}`;
}
