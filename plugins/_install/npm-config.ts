/** npm's configuration as far as it decides what is installed: environment and npmrc files (@npmcli/config), without credentials. */
import path from 'node:path';
import type { Npmrc } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';

/** How things are fetched, shown or where they lie meanwhile: the lock's hashes say what comes. */
const QUIET = new Set([
  'audit', 'audit-level', 'before', 'ca', 'cache', 'cafile', 'call', 'color', 'cpu-prof', 'editor', 'fetch-retries', 'fetch-retry-factor',
  'fetch-retry-maxtimeout', 'fetch-retry-mintimeout', 'fetch-timeout', 'fund', 'git', 'global-prefix', 'globalconfig', 'heading',
  'https-proxy', 'init-author-name', 'init-author-url', 'init-license', 'init-module', 'init-version', 'local-address', 'local-prefix',
  'loglevel', 'logs-dir', 'logs-max', 'maxsockets', 'message', 'noproxy', 'npm-version', 'offline', 'package', 'prefer-offline', 'prefer-online',
  'prefix', 'progress', 'proxy', 'save', 'save-exact', 'save-prefix', 'searchlimit', 'shell', 'sign-git-tag', 'strict-ssl', 'timing',
  'umask-display', 'unicode', 'update-notifier', 'user-agent', 'userconfig', 'viewer', 'yes',
]); // biome-ignore format: a list to read

/** Names of variables and settings that say who asks, not what for. */
export const CREDENTIAL: RegExp = /token|password|auth|secret|^(email|username|otp|cert|key)$/i;

export interface NpmConfig {
  /** The value in force, of the environment or a file; of several (`omit[]`) all, with commas. The command line goes over it. */
  get(key: string): string | undefined;
}

type Settings = ReadonlyMap<string, string>;

/**
 * @param home of npm itself
 * @param node its path: the global prefix lies above
 */
export async function npmConfig(ctx: Context, home: string, node: string): Promise<NpmConfig> {
  const read = async (file: string, role: string): Promise<Settings> => settingsOf(ctx, await look(ctx, file), role);
  const place = (key: string, ...from: readonly Settings[]): string | undefined => {
    const value = from.map((settings) => settings.get(key)).find((found) => found !== undefined);
    if (value === undefined) return undefined;
    if (value === '') unsupported(`the npm setting ${key} without a value`);
    return npmPath(ctx, value);
  };
  const env = environment(ctx, home);
  const builtin = await read(path.join(home, 'npmrc'), 'npmrc of npm');
  // Each may say where the next one lies.
  const own = npmPath(ctx, '~/.npmrc');
  const file = path.join(ctx.command.cwd, '.npmrc');
  const isUsers = file === (place('userconfig', env, builtin) ?? own);
  const project: Settings = isUsers ? new Map() : await read(file, '.npmrc');
  const user = await read(place('userconfig', env, project, builtin) ?? own, "the user's npmrc");
  const prefix = place('prefix', env, project, user, builtin) ?? defaultPrefix(ctx, node);
  const globalFile = place('globalconfig', env, project, user, builtin) ?? path.join(prefix, 'etc/npmrc');
  const all = [env, project, user, await read(globalFile, 'global npmrc'), builtin];
  return { get: (key) => all.map((settings) => settings.get(key)).find((value) => value !== undefined) };
}

/** A path as npm reads it. */
export function npmPath(ctx: Context, text: string): string {
  const home = ctx.where('HOME') || unsupported('HOME is not set');
  return text.startsWith('~/') ? path.join(home, text.slice(2)) : ctx.resolve(text);
}

function look(ctx: Context, file: string): Promise<Npmrc | null> {
  return ctx.derive(file, 'npmrc', null, { quiet: true });
}

function defaultPrefix(ctx: Context, node: string): string {
  const above = path.dirname(path.dirname(node));
  const prefix = ctx.where('PREFIX') || path.join(ctx.where('DESTDIR') || '/', above);
  return ctx.resolve(prefix);
}

/** Of one file; those that count are in the key. */
function settingsOf(ctx: Context, found: Npmrc | null, role: string): Settings {
  const counted = (found?.settings ?? []).filter(([key]) => !QUIET.has(key));
  if (counted.length > 0) ctx.note(role, counted);
  const values = new Map<string, string>();
  for (const [written, text] of found?.settings ?? []) {
    const counts = !QUIET.has(written);
    const value = expanded(ctx, text, counts);
    const key = expanded(ctx, written, counts).replace(/\[\]$/, '');
    values.set(key, key === written ? value : [values.get(key), value].filter((one) => one !== undefined).join(','));
  }
  return values;
}

/** Variables `npm_config_*` in any case, as keys; those that count are in the key. `npm run` sets some, and names its own node-gyp. */
function environment(ctx: Context, home: string): Settings {
  const found = new Map<string, string>();
  for (const name of Object.keys(ctx.command.env)) {
    if (!/^npm_config_/i.test(name)) continue;
    const key = name
      .slice('npm_config_'.length)
      .toLowerCase()
      .replace(/(?!^)_/g, '-');
    const value = ctx.where(name);
    if (value === undefined || value === '') continue; // npm passes over them
    if (key.startsWith('//') || key.startsWith('_') || CREDENTIAL.test(key)) continue;
    const counts = !QUIET.has(key) && !(key === 'node-gyp' && value.startsWith(`${home}/`));
    found.set(key, expanded(ctx, value, counts));
    if (counts) ctx.env(name, { secret: true });
  }
  return found;
}

/** `${NAME}` and `${NAME?}`. A variable enters the key with a setting that counts. */
function expanded(ctx: Context, text: string, counts: boolean): string {
  return text.replace(/\$\{([^${}?]+)(\?)?\}/g, (whole, name: string, maybe: string | undefined) => {
    if (counts) ctx.env(name, { secret: true });
    return ctx.where(name) ?? (maybe === undefined ? whole : '');
  });
}
