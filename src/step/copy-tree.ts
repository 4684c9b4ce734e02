/** Copies a directory to run a command in the copy: links stay links, times and modes stay, blocks are shared where the file system can. */
import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { insideName } from '../base/paths.ts';

export interface CopyOptions {
  /** Absolute paths below `from` that are left out. */
  readonly without: readonly string[];
  /** Names of directories that are linked to instead of copied, but for those in `owned`. */
  readonly linked?: readonly string[];
  /** Absolute paths the command writes. */
  readonly owned?: readonly string[];
}

/** Above this a copy takes longer than anybody would wait. */
export const COPY_LIMITS: { readonly files: number; readonly bytes: number } = {
  files: 200_000,
  bytes: 4 * 1024 * 1024 * 1024,
};

/** Thrown instead of a copy. */
export class TooLarge extends Error {}

/** What can neither be copied nor changes a result (sockets, FIFOs, devices) is left out. @throws TooLarge, and what the system throws */
export function copyTree(from: string, to: string, options: CopyOptions): void {
  const left = { ...COPY_LIMITS };
  const copy = (source: string, target: string, name: string): void => {
    if (options.without.includes(source)) return;
    const stat = lstatSync(source);
    if (stat.isSymbolicLink()) symlinkSync(retold(readlinkSync(source), from, to), target);
    else if (stat.isFile()) {
      left.files -= 1;
      left.bytes -= stat.size;
      if (left.files < 0 || left.bytes < 0) throw new TooLarge(from);
      copyFileSync(source, target, constants.COPYFILE_FICLONE);
      utimesSync(target, stat.atime, stat.mtime);
    } else if (stat.isDirectory()) {
      if (isShared(source, name, options)) symlinkSync(source, target);
      else {
        mkdirSync(target, { recursive: true });
        for (const entry of readdirSync(source)) copy(join(source, entry), join(target, entry), entry);
        chmodSync(target, stat.mode & 0o7777);
      }
    }
  };
  copy(from, to, '');
}

function isShared(path: string, name: string, { linked = [], owned = [] }: CopyOptions): boolean {
  return (
    linked.includes(name) &&
    !owned.some((output) => insideName(path, output) !== null || insideName(output, path) !== null)
  );
}

/** A link into the directory leads into the copy. */
function retold(target: string, from: string, to: string): string {
  const inside = isAbsolute(target) ? insideName(from, target) : null;
  return inside === null ? target : join(to, inside);
}
