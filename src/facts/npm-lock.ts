import type { Fact } from '../plugin.ts';
import { hasUserInfo, withoutUser } from './_user-info.ts';
import { objectOf } from './npm-manifest.ts';
import type { NpmLock } from './values.ts';

export const fact: Fact<null, NpmLock> = {
  name: 'npm-lock',
  version: 3,
  compute(bytes) {
    const lock = objectOf(bytes);
    const packages = isObject(lock?.packages) ? lock.packages : {};
    const ok = (lock?.lockfileVersion === 2 || lock?.lockfileVersion === 3) && isObject(lock.packages);
    const found = { links: [] as string[], fetched: [] as string[], unpinned: [] as string[], scripts: [] as string[] };
    for (const [place, entry] of ok ? Object.entries(packages) : []) {
      if (place !== '' && isObject(entry)) sort(place, entry, isBundled(packages, place), found);
    }
    return { ok, ...found };
  },
};

function sort(
  place: string,
  entry: Record<string, unknown>,
  bundled: boolean,
  found: Omit<{ [list in keyof NpmLock]: string[] }, 'ok'>,
): void {
  const resolved = typeof entry.resolved === 'string' ? entry.resolved : '';
  if (entry.link === true || !place.includes('node_modules/')) found.links.push(place);
  else if (/^(git|file:|github:|gitlab:|bitbucket:|gist:)/.test(resolved))
    found.fetched.push(`${place} from ${withoutUser(resolved)}`);
  else if (hasUserInfo(resolved))
    found.fetched.push(`${place} has credentials in its address, which npm writes into node_modules`);
  else if (!hasHash(entry) && !bundled) found.unpinned.push(place);
  if (entry.hasInstallScript === true) found.scripts.push(place.replace(/^.*node_modules\//, ''));
}

/** Comes with a package it lies in, which has a hash. What the project itself bundles is fetched like all else. */
function isBundled(packages: Record<string, unknown>, place: string): boolean {
  const entryAt = (at: string): Record<string, unknown> => (isObject(packages[at]) ? packages[at] : {});
  if (entryAt(place).inBundle !== true) return false;
  for (let at = place.lastIndexOf('/node_modules/'); at > 0; at = place.lastIndexOf('/node_modules/', at - 1))
    if (hasHash(entryAt(place.slice(0, at)))) return true;
  return false;
}

function hasHash({ integrity }: Record<string, unknown>): boolean {
  return typeof integrity === 'string' && /^sha\d+-./.test(integrity);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
