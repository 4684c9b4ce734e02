/** Names of paths. Inside keys and records a path is relative to the workspace root, with `/`. */
import { isAbsolute, relative, sep } from 'node:path';

/** Directory in the workspace root where a restore lays its files ready when it cannot do so in the cache; there only while one works. */
export const NEAR_STAGE = '.wgcache';

/** Relative to `root` with `/`, `.` for the root itself; `null` for what lies outside. Purely textual: links are not resolved. */
export function insideName(root: string, path: string): string | null {
  if (path === root) return '.';
  if (path.startsWith(root.endsWith(sep) ? root : root + sep))
    return slashes(path.slice(root.length).replace(/^[/\\]+/, ''));
  const rel = relative(root, path);
  if (rel === '') return '.';
  return rel === '..' || rel.startsWith(`..${sep}`) || isAbsolute(rel) ? null : slashes(rel);
}

export function slashes(path: string): string {
  return sep === '/' ? path : path.split(sep).join('/');
}

/** No operating system opens a longer one. */
const PATH_MAX = 4096;

/** What no path of a record may be (promise 7): absolute, climbing, holding NUL, a Windows name or drive, endless. Returns what is wrong, or null. */
export function pathFault(path: string): string | null {
  if (path === '') return 'empty';
  if (path.length > PATH_MAX) return 'too long';
  if (path.includes('\0')) return 'holds NUL';
  if (path.includes('\\')) return 'holds a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'absolute';
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..') return `holds the segment "${part}"`;
  }
  return null;
}

/** Order of keys and records: by UTF-16 code unit, never by locale. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A name that could not be decoded as UTF-8 holds the replacement character. */
export function isUtf8Name(name: string): boolean {
  return !name.includes('\uFFFD');
}
