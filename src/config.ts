/** The workspace and what is configured for it: environment over file over defaults. On the path of every hit: loads no library. */
import { type BigIntStats, realpathSync, statSync } from 'node:fs';
import { extname, relative } from 'node:path';
import { cacheDirectory } from './config/cache-dir.ts';
import { isOff, readEnvironment } from './config/environment.ts';
import { findWorkspace } from './config/find.ts';
import { recallConfig, rememberConfig, stampOf } from './config/remembered.ts';
import type { Config, Environment, FileConfig } from './config/types.ts';
import { WgcacheError } from './errors.ts';

export { isOff } from './config/environment.ts';
export type {
  Config,
  Environment,
  LogMode,
  ReportMode,
  StepConfig,
  ToolArchive,
  ToolConfig,
  ToolDefinition,
  ToolSource,
} from './config/types.ts';

export interface Workspace {
  /** Absolute, symlinks resolved. */
  readonly root: string;
  readonly config: Config;
  /** One line each. */
  readonly warnings: readonly string[];
}

export interface OpenOptions {
  /** False: writes nothing, not even what it read of the config (`status`, `explain`). Default true. */
  readonly remember?: boolean;
  readonly platform?: NodeJS.Platform;
  /** Milliseconds, as `Date.now`. */
  readonly now?: () => number;
}

const NOTHING_SAID: FileConfig = {
  refresh: null,
  unpinnedTtl: null,
  log: null,
  strict: null,
  envMode: null,
  gc: null,
  seeds: null,
  verifyHits: null,
  steps: [],
  tools: [],
  plugins: [],
};

/**
 * Finds the workspace of a directory and reads its config.
 * @throws WgcacheError `config` for a file that cannot be read or says what we do not know, `usage` for such a `WGCACHE_*` variable
 */
export async function openWorkspace(cwd: string, env: Environment, options: OpenOptions = {}): Promise<Workspace> {
  const here = realpathSync(cwd);
  const { root, file, warnings } = findWorkspace(here, env);
  const dir = cacheDirectory(env, here, options.platform ?? process.platform);
  const said = file === null ? NOTHING_SAID : await readConfig(file, relative(here, file), dir, options);
  const over = readEnvironment(env);
  const config: Config = {
    dir,
    file,
    helm: { refresh: over.refresh ?? said.refresh ?? 'always', unpinnedTtl: said.unpinnedTtl },
    log: over.log ?? said.log ?? 'full',
    strict: over.strict ?? said.strict ?? false,
    envMode: over.envMode ?? said.envMode ?? 'strict',
    report: over.report ?? 'line',
    gc: said.gc,
    seeds: said.seeds,
    verifyHits: over.verifyHits ?? said.verifyHits ?? 0,
    steps: said.steps,
    tools: said.tools,
    plugins: said.plugins,
    off: isOff(env),
  };
  return { root, config, warnings };
}

async function readConfig(file: string, shown: string, dir: string, options: OpenOptions): Promise<FileConfig> {
  // A program may answer differently each time: only data is remembered.
  const isData = !['.js', '.mjs'].includes(extname(file));
  const before = statOf(file, shown);
  const remembered = isData ? recallConfig(dir, file, before) : null;
  if (remembered !== null) return remembered;
  const { loadConfig } = await import('./config/load.ts');
  const config = await loadConfig(file, shown);
  if (isData && (options.remember ?? true) && stampOf(statOf(file, shown)) === stampOf(before)) {
    rememberConfig(dir, file, before, config, (options.now ?? Date.now)());
  }
  return config;
}

function statOf(file: string, shown: string): BigIntStats {
  try {
    return statSync(file, { bigint: true });
  } catch (cause) {
    throw new WgcacheError('config', `${shown}: ${(cause as Error).message}`, { cause });
  }
}
