/** What a version query (`@latest`, `@v1`) rests on: the versions that the module proxy lists for each module a package may be in. */
import type { Context } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';
import { unpinned } from './declaring.ts';
import { type GoSettings, matchesPrefix } from './go-settings.ts';

const VERSION = /^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;
/** A version made of a commit. */
const PSEUDO = /[.-]\d{14}-[0-9a-f]{12}(\+.*)?$/;
/** Queries that lists of versions answer; a branch or a commit they do not. */
const LISTED = /^(latest|upgrade|patch|v\d+(\.\d+)?|[<>]=?v\d+(\.\d+){0,2})$/;

/** Whether a version names one content for good. */
export function isPinned(version: string): boolean {
  return VERSION.test(version);
}

/**
 * Puts the lists into the key. Go takes the longest module path that holds the package; what is newest in it, less what it retracts,
 * follows from the lists, since a published version never changes. Not asked: what `direct` alone would know.
 */
export async function countVersions(ctx: Context, settings: GoSettings, target: string, query: string): Promise<void> {
  const named = `${target}@${query}`;
  if (!LISTED.test(query)) unpinned(`${named} is no version: name one (v1.2.3), or latest`);
  const proxies =
    settings.get('GOPROXY') || unpinned(`GOPROXY is not set, nor in GOROOT/go.env: name the version of ${target}`);
  const priv = settings.get('GONOPROXY') || settings.get('GOPRIVATE');
  if (matchesPrefix(priv, target)) unpinned(`${named} is asked of no module proxy (GOPRIVATE): name its version`);
  const words = target.split('/');
  const paths = words.map((_, i) => words.slice(0, words.length - i).join('/'));
  const lists = await Promise.all(paths.map((path) => listed(ctx, proxies, path)));
  if (lists.every((list) => list === null)) unpinned(`no module proxy knows ${named}: name its version`);
  for (const [i, path] of paths.entries()) ctx.note(`versions of ${path}`, lists[i] ?? null);
}

/** Versions in one order; of a module without any, the one its proxy takes for the latest. */
async function listed(ctx: Context, proxies: string, path: string): Promise<readonly string[] | null> {
  for (const proxy of proxies.split(/[,|]/).map((text) => text.trim())) {
    if (proxy === 'direct' || proxy === 'off') return null;
    if (!/^https?:\/\/[^@/]+(\/|$)/.test(proxy)) unsupported('GOPROXY holds credentials, or is no URL');
    const base = `${proxy.replace(/\/+$/, '')}/${path.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`)}`;
    const list = await ctx.remote({ kind: 'resource', method: 'GET', url: `${base}/@v/list` });
    const versions = list.text
      .split('\n')
      .map((line) => line.trim().split(/\s/)[0] ?? '')
      .filter((version) => version !== '' && !PSEUDO.test(version)); // Go passes over them too
    if (list.found && versions.length > 0) return versions.sort();
    const latest = await ctx.remote({ kind: 'resource', method: 'GET', url: `${base}/@latest` });
    if (latest.found) return [`latest ${/"Version":\s*"([^"]*)"/.exec(latest.text)?.[1] ?? latest.text}`];
  }
  return null;
}
