import type { Fact } from '../plugin.ts';
import { objectOf } from './npm-manifest.ts';
import type { NpmLock } from './values.ts';

export const fact: Fact<null, NpmLock> = {
  name: 'npm-lock',
  version: 1,
  compute(bytes) {
    const lock = objectOf(bytes);
    const packages = lock?.packages;
    const ok = (lock?.lockfileVersion === 2 || lock?.lockfileVersion === 3) && isObject(packages);
    const found = { links: [] as string[], fetched: [] as string[], unpinned: [] as string[], scripts: [] as string[] };
    for (const [place, entry] of ok ? Object.entries(packages) : []) {
      if (place !== '' && isObject(entry)) sort(place, entry, found);
    }
    return { ok, ...found };
  },
};

function sort(
  place: string,
  entry: Record<string, unknown>,
  found: Omit<{ [list in keyof NpmLock]: string[] }, 'ok'>,
): void {
  const resolved = typeof entry.resolved === 'string' ? entry.resolved : '';
  if (entry.link === true || !place.includes('node_modules/')) found.links.push(place);
  else if (/^(git|file:|github:|gitlab:|bitbucket:|gist:)/.test(resolved))
    found.fetched.push(`${place} from ${resolved.replace(/\/\/[^/@]*@/, '//')}`);
  else if (typeof entry.integrity !== 'string' && entry.inBundle !== true) found.unpinned.push(place);
  if (entry.hasInstallScript === true) found.scripts.push(place.replace(/^.*node_modules\//, ''));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
