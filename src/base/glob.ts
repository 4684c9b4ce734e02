/** Text that a glob matches literally. */
export function escapeGlob(path: string): string {
  return path.replace(/[\\()[\]{}!*?@+|]/g, '\\$&');
}
