/**
 * Sums the user gave, held against what the command left. A file that differs is removed: under its name the next step would take it for
 * the right one, and so would a Taskfile that only looks whether it is there.
 */
import { rmSync, statSync } from 'node:fs';
import { errorCode } from '../base/atomic.ts';
import { digestFile } from '../base/digest.ts';
import { insideName } from '../base/paths.ts';
import type { Pin } from '../plugin.ts';
import type { Warning } from './outcome.ts';

export type WrongFile = Extract<Warning, { code: 'wrong-file' }>;

/** @param root of the workspace: names are told from there */
export function rejectWrong(pins: readonly Pin[], root: string): WrongFile[] {
  return pins.flatMap(({ path, sha256 }) => {
    const actual = sumOf(path);
    if (actual === sha256) return [];
    const file = insideName(root, path) ?? path;
    return [{ code: 'wrong-file', file, expected: sha256, actual, removed: remove(path) } as const];
  });
}

function sumOf(path: string): string {
  try {
    if (statSync(path).isFile()) return digestFile(path).digest;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
  return 'no file';
}

/** @returns whether there is none left */
function remove(path: string): boolean {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== false) rmSync(path, { force: true });
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return false;
  }
}
