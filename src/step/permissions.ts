/** Permissions, as far as a record keeps them: the exec bit, and whether an output is for its owner alone. */
import { closeSync, fstatSync, lstatSync, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { uniqueName } from '../base/atomic.ts';

/** What others need to read a file, to list a directory. */
const OPEN = { file: 0o044, dir: 0o055 };

/** Whether others may not read what a command made, though the umask would let them. Under a umask that closes everything nobody can tell: then it is not. */
export function isPrivate(kind: 'file' | 'dir', mode: bigint, umask: () => number): boolean {
  const given = Number(mode) & OPEN[kind];
  return given !== OPEN[kind] && given !== (OPEN[kind] & ~umask());
}

/** Whether a directory between the root and the path keeps others out. */
export function liesShut(path: string, root: string, umask: () => number): boolean {
  for (let dir = dirname(path); dir.length > root.length; dir = dirname(dir))
    if (isPrivate('dir', lstatSync(dir, { bigint: true }).mode, umask)) return true;
  return false;
}

/** Only a new file tells the umask without changing it. */
export function umaskIn(dir: string): number {
  const path = join(dir, uniqueName());
  const fd = openSync(path, 'wx', 0o777);
  try {
    return 0o777 & ~fstatSync(fd).mode;
  } finally {
    closeSync(fd);
    rmSync(path, { force: true });
  }
}
