/** Where the cache lies: outside the project, in the place the platform has for caches. */
import { isAbsolute, join, resolve } from 'node:path';
import type { Environment } from './types.ts';

/**
 * @param cwd what a relative `WGCACHE_DIR` is relative to
 * @returns an absolute path; nothing is made or looked at
 */
export function cacheDirectory(env: Environment, cwd: string, platform: NodeJS.Platform): string {
  const given = env.WGCACHE_DIR ?? '';
  if (given !== '') return resolve(cwd, given);
  const home = (platform === 'win32' ? env.USERPROFILE : env.HOME) || process.getBuiltinModule('node:os').homedir();
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'wgcache', 'Cache');
  // The XDG specification has relative values ignored.
  const xdg = env.XDG_CACHE_HOME ?? '';
  if (isAbsolute(xdg)) return join(xdg, 'wgcache');
  return platform === 'darwin' ? join(home, 'Library', 'Caches', 'wgcache') : join(home, '.cache', 'wgcache');
}
