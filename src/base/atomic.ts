/** Writing so that nothing is visible before it is whole: write elsewhere on the same file system, then rename. */
import { closeSync, linkSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Files of the cache are private to the user (promise 12). */
export const PRIVATE_FILE = 0o600;
const PRIVATE_DIR = 0o700;
/** Nobody writes to a blob, not even its owner. */
export const PRIVATE_BLOB = 0o400;

export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/**
 * Makes a directory and those above it. Node's own `recursive` never comes back where the system denies a directory that is there: it
 * answers ENOENT to whoever would make something in /proc.
 * @param mode less the umask; for the user alone where it is not said
 */
export function makePrivate(dir: string, mode: number = PRIVATE_DIR): void {
  if (makeOne(dir, mode)) return;
  makePrivate(dirname(dir), mode);
  if (!makeOne(dir, mode))
    throw Object.assign(new Error(`ENOENT: no directory can be made at ${dir}`), { code: 'ENOENT' });
}

/** @returns whether it is there now; false: the one above it is not */
function makeOne(dir: string, mode: number): boolean {
  try {
    mkdirSync(dir, { mode });
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' && dirname(dir) !== dir) return false;
    if (code !== 'EEXIST') throw error;
  }
  return true;
}

/** Runs `write`; when a directory on the way is missing, makes it and runs `write` once more. */
export function withParent<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    makePrivate(dirname(path));
    return write();
  }
}

/** A name nobody else uses. */
export function uniqueName(): string {
  return crypto.randomUUID();
}

/** Writes all of `bytes`: one `write` may take less than it was given. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) at += writeSync(fd, bytes, at, bytes.length - at);
}

/**
 * Puts a file in place whole or not at all.
 * @param temp directory on the same file system for the unfinished file
 * Not promised: that it survives a power cut. Nothing here needs that: every reader checks what it reads (a digest, a checksum), and what
 * does not fit is absent. A flush would cost a miss several milliseconds a file.
 */
export function writeAtomic(path: string, bytes: Uint8Array, temp: string, mode: number = PRIVATE_FILE): void {
  const unfinished = join(temp, uniqueName());
  try {
    writeNew(unfinished, bytes, mode);
    putInPlace(unfinished, path);
  } catch (error) {
    discard(unfinished);
    throw error;
  }
}

/** What kept the file from being made may keep it from being removed, and is what is to be told. */
function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}

/** Renames a finished file over whatever has its name; a directory there is damage, and makes way. */
export function putInPlace(finished: string, path: string): void {
  withParent(path, () => {
    try {
      renameSync(finished, path);
    } catch (error) {
      if (errorCode(error) !== 'EISDIR') throw error;
      rmSync(path, { recursive: true, force: true });
      renameSync(finished, path);
    }
  });
}

/** Puts a file in place unless one is there. @returns whether it was us */
export function createAtomic(path: string, bytes: Uint8Array, temp: string): boolean {
  const unfinished = join(temp, uniqueName());
  try {
    writeNew(unfinished, bytes, PRIVATE_FILE);
    withParent(path, () => linkSync(unfinished, path));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    discard(unfinished);
  }
}

function writeNew(path: string, bytes: Uint8Array, mode: number): void {
  const fd = withParent(path, () => openSync(path, 'wx', mode));
  try {
    writeAll(fd, bytes);
  } finally {
    closeSync(fd);
  }
}
