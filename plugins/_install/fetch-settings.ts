/** Files and variables that change what curl and wget do, beside their command lines. */
import path from 'node:path';
import type { Context, Fact } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';
import { isDisabled } from './curl-line.ts';

/** curl takes the first there is (`tool_findfile.c`, 7.88 and 8). */
export function countCurlSettings(ctx: Context, args: readonly string[]): void {
  if (isDisabled(args)) return;
  const home = homeOf(ctx);
  const places: [string, string][] = [
    ['~/.curlrc', path.join(home, '.curlrc')],
    ['~/.config/curlrc', path.join(home, '.config/curlrc')],
    ['~/.config/.curlrc', path.join(home, '.config/.curlrc')],
  ];
  for (const name of ['CURL_HOME', 'XDG_CONFIG_HOME']) {
    const dir = ctx.where(name);
    if (dir) for (const file of ['.curlrc', 'curlrc']) places.push([`$${name}/${file}`, path.join(dir, file)]);
  }
  const there = places.find(([role, file]) => ctx.input(file, 'presence', role) !== 'absent');
  if (there !== undefined) unsupported(`settings in ${there[0]}; curl -q leaves them out`);
}

/** Wget reads that of the system, then the user's. */
export async function countWgetSettings(ctx: Context, args: readonly string[]): Promise<void> {
  if (args.includes('--no-config')) return;
  const files: [string, string][] = [['~/.wgetrc', ctx.where('WGETRC') || path.join(homeOf(ctx), '.wgetrc')]];
  for (const file of [ctx.where('SYSTEM_WGETRC'), '/etc/wgetrc', '/usr/local/etc/wgetrc'])
    if (file) files.push([file, file]);
  for (const [role, file] of files) {
    const settings = (await ctx.derive(file, SETTINGS, null, { role })) ?? [];
    const other = settings.find((name) => !SILENT.has(name));
    if (other !== undefined) unsupported(`the setting ${other} in ${role}; wget --no-config leaves it out`);
  }
}

/** What they say of how it is fetched, never of what. */
const SILENT = new Set(['dnscache', 'passiveftp', 'progress', 'tries', 'waitretry', 'timeout', 'readtimeout', 'hsts']);

/** Names alone: values may be passwords. Wget reads them in any case, with or without `-` and `_`. */
const SETTINGS: Fact<null, string[]> = {
  name: 'fetch/wgetrc',
  version: 1,
  compute: (bytes) =>
    new TextDecoder()
      .decode(bytes)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => (line.split('=')[0] ?? '').toLowerCase().replace(/[\s_-]/g, '')),
};

/** Credentials that are sent without a word on the command line, and a way we would not go. @returns what stands for it in a sentence */
export function silentlyLoose(ctx: Context, tool: string, args: readonly string[]): string | null {
  if (tool === 'curl') {
    for (const name of ['ALL_PROXY', 'all_proxy']) if (ctx.env(name, { secret: true })) return `the variable ${name}`;
    return null;
  }
  if (args.includes('--no-netrc')) return null;
  const there = ctx.input(path.join(homeOf(ctx), '.netrc'), 'presence', '~/.netrc') !== 'absent';
  return there ? 'a ~/.netrc (wget --no-netrc leaves it out)' : null;
}

/** Roots that curl trusts in place of the system's. */
export function curlRoots(ctx: Context): string | undefined {
  return ctx.where('CURL_CA_BUNDLE') || ctx.where('SSL_CERT_FILE') || undefined;
}

function homeOf(ctx: Context): string {
  return ctx.where('HOME') || unsupported('no HOME, below which settings would lie');
}
