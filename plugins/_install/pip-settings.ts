/** What pip takes from its configuration (pip._internal.configuration): files, then `PIP_*`; the command line goes over both. */
import path from 'node:path';
import type { PythonConfig } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';

/** How things are fetched, shown or where they lie meanwhile: the hashes say what comes. */
const QUIET = new Set([
  'cache-dir', 'cert', 'client-cert', 'default-timeout', 'disable-pip-version-check', 'exists-action', 'keyring-provider',
  'no-cache-dir', 'no-color', 'no-input', 'no-python-version-warning', 'no-warn-conflicts', 'no-warn-script-location', 'progress-bar',
  'proxy', 'quiet', 'require-virtualenv', 'resume-retries', 'retries', 'root-user-action', 'timeout', 'trusted-host', 'verbose',
]); // biome-ignore format: a list to read

const COUNTED = new Set([
  'break-system-packages', 'compile', 'extra-index-url', 'find-links', 'ignore-requires-python', 'index-url', 'no-compile', 'no-deps',
  'no-index', 'only-binary', 'pre', 'prefer-binary', 'require-hashes', 'upgrade',
]); // biome-ignore format: a list to read

export interface PipSettings {
  /** All values of files and environment, weakest first; a value may be several words. */
  all(name: string): readonly string[];
  /** The strongest value of one that is in no key. */
  quiet(name: string): string | undefined;
}

/** @param prefix of the Python pip is run by */
export async function pipSettings(ctx: Context, prefix: string): Promise<PipSettings> {
  const values = new Map<string, string[]>();
  const quiet = new Map<string, string>();
  const add = (name: string, value: string): void => {
    if (QUIET.has(name)) return void quiet.set(name, value);
    if (!COUNTED.has(name)) unsupported(`the pip setting ${name}`);
    values.set(name, [...(values.get(name) ?? []), value]);
  };
  const forInstall: (readonly [string, string])[] = []; // goes over what is global in any file
  for (const file of files(ctx, prefix)) {
    const found = await ctx.derive<null, PythonConfig>(file, 'python-config', null, { quiet: true });
    for (const [section, key, value] of found?.settings ?? []) {
      // Its values hold for each section there is.
      if (section === 'DEFAULT') unsupported(`[DEFAULT] in ${ctx.nameOf(file)}`);
      if (section === 'global') add(key.replaceAll('_', '-'), value);
      if (section === 'install') forInstall.push([key.replaceAll('_', '-'), value]);
    }
  }
  for (const [name, value] of forInstall) add(name, value);
  await refuseDistutils(ctx);
  for (const name of Object.keys(ctx.command.env).sort()) {
    if (!/^PIP_./.test(name) || name === 'PIP_CONFIG_FILE') continue;
    const value = ctx.where(name);
    if (value) add(name.slice('PIP_'.length).toLowerCase().replaceAll('_', '-'), withoutUser(value)); // pip passes over empty ones
  }
  ctx.note('pip settings', Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1))));
  return { all: (name) => values.get(name) ?? [], quiet: (name) => quiet.get(name) };
}

/** Python up to 3.9 tells pip by these where things are installed. */
async function refuseDistutils(ctx: Context): Promise<void> {
  for (const file of [path.join(ctx.where('HOME') ?? '', '.pydistutils.cfg'), ctx.resolve('setup.cfg')]) {
    const found = await ctx.derive<null, PythonConfig>(file, 'python-config', null, { quiet: true });
    if (found?.settings.some(([section]) => section === 'install')) unsupported(`[install] in ${ctx.nameOf(file)}`);
  }
}

function files(ctx: Context, prefix: string): string[] {
  const named = ctx.where('PIP_CONFIG_FILE');
  if (named === '/dev/null') return [];
  const home = ctx.where('HOME') ?? '';
  const global = (ctx.where('XDG_CONFIG_DIRS') || '/etc/xdg')
    .split(path.delimiter)
    .map((dir) => path.join(dir, 'pip/pip.conf'));
  return [
    ...global,
    '/etc/pip.conf',
    path.join(home, '.pip/pip.conf'),
    path.join(ctx.where('XDG_CONFIG_HOME') || path.join(home, '.config'), 'pip/pip.conf'),
    path.join(prefix, 'pip.conf'),
    ...(named ? [ctx.resolve(named)] : []),
  ];
}

export function withoutUser(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//');
}
