/** npm's configuration as far as it decides what is installed: environment and npmrc files (@npmcli/config), without credentials. */
import path from 'node:path';
import type { Npmrc } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';

/** How things are fetched, shown or where they lie meanwhile: the lock's hashes say what comes. */
const QUIET = new Set([
  'audit', 'audit-level', 'before', 'ca', 'cache', 'cafile', 'color', 'cpu-prof', 'editor', 'fetch-retries', 'fetch-retry-factor',
  'fetch-retry-maxtimeout', 'fetch-retry-mintimeout', 'fetch-timeout', 'fund', 'git', 'global-prefix', 'globalconfig', 'heading',
  'https-proxy', 'init-author-name', 'init-author-url', 'init-license', 'init-module', 'init-version', 'local-address', 'local-prefix',
  'loglevel', 'logs-dir', 'logs-max', 'maxsockets', 'message', 'noproxy', 'npm-version', 'offline', 'prefer-offline', 'prefer-online',
  'prefix', 'progress', 'proxy', 'save', 'save-exact', 'save-prefix', 'searchlimit', 'shell', 'sign-git-tag', 'strict-ssl', 'timing',
  'umask-display', 'unicode', 'update-notifier', 'usage', 'user-agent', 'userconfig', 'viewer', 'yes',
]); // biome-ignore format: a list to read

export interface NpmConfig {
  /** The value in force, of the environment or a file; the command line goes over it. */
  get(key: string): string | undefined;
}

/**
 * @param home of npm itself
 * @param node its path: the global prefix lies above
 */
export async function npmConfig(ctx: Context, home: string, node: string): Promise<NpmConfig> {
  const values = new Map<string, string>();
  const look = (file: string): Promise<Npmrc | null> => ctx.derive(file, 'npmrc', null, { quiet: true });
  const read = async (file: string, role: string): Promise<void> => {
    const found = await look(file);
    const counted = (found?.settings ?? []).filter(([key]) => !QUIET.has(key));
    if (counted.length > 0) ctx.note(role, counted);
    for (const name of found?.variables ?? []) ctx.env(name, { secret: true });
    for (const [key, value] of found?.settings ?? []) values.set(key, value);
  };
  const env = environment(ctx);
  const project = path.join(ctx.command.cwd, '.npmrc');
  const user = env.get('userconfig') || path.join(ctx.where('HOME') ?? '', '.npmrc');
  const own = [...((await look(user))?.settings ?? []), ...((await look(project))?.settings ?? [])];
  const place = (key: string): string | undefined => env.get(key) || own.findLast(([name]) => name === key)?.[1];
  const prefix = place('prefix') || ctx.where('PREFIX') || path.dirname(path.dirname(node));
  await read(path.join(home, 'npmrc'), 'npmrc of npm');
  await read(place('globalconfig') || path.join(prefix, 'etc/npmrc'), 'global npmrc');
  if (user !== project) await read(user, "the user's npmrc");
  await read(project, '.npmrc');
  return { get: (key) => env.get(key) ?? values.get(key) };
}

/** Variables `npm_config_*` in any case, as keys; those that count are in the key. */
function environment(ctx: Context): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of Object.keys(ctx.command.env)) {
    if (!/^npm_config_/i.test(name)) continue;
    const key = name
      .slice('npm_config_'.length)
      .toLowerCase()
      .replace(/(?!^)_/g, '-');
    const value = ctx.where(name);
    if (value === undefined || value === '' || key.startsWith('//') || key.startsWith('_')) continue; // npm passes over empty ones
    found.set(key, value);
    if (!QUIET.has(key)) ctx.env(name, { secret: true });
  }
  return found;
}
