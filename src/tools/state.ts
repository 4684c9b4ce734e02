/** What lies in a tool's directory, so that an install with nothing to do looks at a few stats only. Losing it costs time only. */
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, writeAtomic } from '../base/atomic.ts';
import { type Digest, digestFile } from '../base/digest.ts';
import { stampOf } from '../base/stamp.ts';
import type { RecordedOutput, StepRecord } from '../store/record.ts';

export interface ToolState {
  readonly v: 1;
  /** What was asked for. */
  readonly request: Digest;
  readonly key: Digest;
  readonly version: string;
  readonly platform: string;
  /** What the program says itself. */
  readonly shown: string | null;
  readonly outputs: readonly RecordedOutput[];
  /** By path; null: written too lately for its stat to say anything. */
  readonly stamps: Readonly<Record<string, string | null>>;
}

export function readState(path: string): ToolState | null {
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as ToolState;
    return state.v === 1 && Array.isArray(state.outputs) ? state : null;
  } catch (error) {
    if (errorCode(error) === undefined && !(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** @param dir the tool's directory, as the record has it */
export function writeState(
  path: string,
  dir: string,
  record: Pick<StepRecord, 'key' | 'outputs'>,
  about: Pick<ToolState, 'request' | 'version' | 'platform' | 'shown'>,
): void {
  const stamps: Record<string, string | null> = {};
  for (const output of record.outputs)
    if (output.type === 'file') stamps[output.path] = stampOf(join(dir, output.path));
  const state: ToolState = { v: 1, ...about, key: record.key, outputs: record.outputs, stamps };
  writeAtomic(path, Buffer.from(`${JSON.stringify(state)}\n`), dirname(path));
}

/** How a tool's directory is: as recorded by all stats; by its bytes; or not. */
export function lookAt(dir: string, state: ToolState): 'same' | 'same-bytes' | 'different' {
  let known = true;
  for (const output of state.outputs) {
    const path = join(dir, output.path);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    switch (output.type) {
      case 'dir':
        if (stat?.isDirectory() !== true) return 'different';
        break;
      case 'link':
        if (stat?.isSymbolicLink() !== true || readlinkSync(path) !== output.target) return 'different';
        break;
      case 'absent':
        if (stat !== undefined) return 'different';
        break;
      case 'file': {
        if (stat?.isFile() !== true || (output.exec && (stat.mode & 0o100) === 0)) return 'different';
        const stamp = state.stamps[output.path] ?? null;
        if (stamp !== null && stamp === stampOf(path)) break;
        if (stat.size !== Number(output.size) || digestFile(path).digest !== output.digest) return 'different';
        known = false;
      }
    }
  }
  return known ? 'same' : 'same-bytes';
}

/** The programs of a tool: what lies in its `bin/`. */
export function programsOf(outputs: readonly RecordedOutput[]): string[] {
  return outputs.flatMap(({ path, type }) =>
    type !== 'absent' && path.startsWith('bin/') && !path.slice(4).includes('/') ? [path.slice(4)] : [],
  );
}
