/** Where the workspace root and its config are. Only looks at which files exist; the one file it reads is package.json. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { WgcacheError } from '../errors.ts';
import { TASKFILE_NAMES } from '../taskfile/names.ts';
import type { Environment } from './types.ts';

/** In the order in which they count. package.json comes after all of them. */
export const CONFIG_NAMES: readonly string[] = [
  'wgcache.config.yaml',
  'wgcache.config.yml',
  'wgcache.config.json',
  'wgcache.config.js',
  'wgcache.config.mjs',
  '.wgcacherc',
  '.wgcacherc.json',
  '.wgcacherc.yaml',
  '.wgcacherc.yml',
  '.wgcacherc.js',
  '.wgcacherc.mjs',
];

export interface Found {
  /** Absolute; symlinks resolved when `cwd` was. */
  readonly root: string;
  /** The config file in the root, absolute. */
  readonly file: string | null;
  readonly warnings: readonly string[];
}

/** @param cwd absolute, symlinks resolved */
export function findWorkspace(cwd: string, env: Environment): Found {
  const given = env.WGCACHE_ROOT ?? '';
  if (given !== '') {
    const root = realRoot(resolve(cwd, given), given);
    return withConfig(root, configsIn(root));
  }
  let git: string | null = null;
  let taskfile: string | null = null;
  for (let dir = cwd; ; dir = dirname(dir)) {
    const configs = configsIn(dir);
    if (configs.length > 0) return withConfig(dir, configs);
    if (git === null && existsSync(join(dir, '.git'))) git = dir;
    if (git === null && taskfile === null && TASKFILE_NAMES.some((name) => existsSync(join(dir, name)))) taskfile = dir;
    if (dirname(dir) === dir) break;
  }
  const root = git ?? taskfile;
  if (root !== null) return { root, file: null, warnings: [] };
  return {
    root: cwd,
    file: null,
    warnings: [
      `no wgcache config, .git or Taskfile here or above: ${cwd} is taken as the workspace root (set WGCACHE_ROOT)`,
    ],
  };
}

function withConfig(root: string, configs: readonly string[]): Found {
  const [file, ...others] = configs;
  if (file === undefined) return { root, file: null, warnings: [] };
  const warnings = others.length === 0 ? [] : [`${file} is the config; ${others.join(', ')} beside it is not read`];
  return { root, file: join(root, file), warnings };
}

/** Names of the configs in a directory, the one that counts first. */
function configsIn(dir: string): string[] {
  const names = CONFIG_NAMES.filter((name) => existsSync(join(dir, name)));
  if (names.length === 0 && packageHasConfig(join(dir, 'package.json'))) return ['package.json'];
  return names;
}

function packageHasConfig(path: string): boolean {
  try {
    const text = readFileSync(path, 'utf8');
    if (!text.includes('"wgcache"')) return false;
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && Object.hasOwn(value, 'wgcache');
  } catch {
    // No package.json, or one we cannot read: whoever it belongs to will say so.
    return false;
  }
}

function realRoot(path: string, given: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw new WgcacheError('usage', `WGCACHE_ROOT=${given}: no such directory`, { cause });
  }
}
