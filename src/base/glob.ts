import { join } from 'node:path';

/**
 * Where patterns are matched from, and a pattern as seen from there. From anywhere else tinyglobby (0.2) passes over what lies in the very directory it is
 * called for, when a pattern reaches it from above (`../*`).
 */
export const TOP = '/';

export function fromTop(pattern: string, cwd: string): string {
  return (pattern.startsWith('/') ? join(pattern) : join(escapeGlob(cwd), pattern)).slice(1);
}

/** Text that a glob matches literally. */
export function escapeGlob(path: string): string {
  return path.replace(/[\\()[\]{}!*?@+|]/g, '\\$&');
}
