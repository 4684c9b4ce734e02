import type { Fact } from '../plugin.ts';
import { objectOf } from './npm-manifest.ts';
import type { NpmOptional } from './values.ts';

/** For whom npm installs. */
type Target = {
  readonly os: string;
  readonly cpu: string;
  readonly libc: string | null;
  /** Kinds that are left out: `dev`, `optional`, `peer`. */
  readonly omit: readonly string[];
};

type Entry = Record<string, unknown>;
type Entries = ReadonlyMap<string, Entry>;

/**
 * npm passes over optional packages for other platforms, and those that need one; and also, without a word, over those that it could not fetch or build. Here
 * are the places of those it has no reason to pass over (arborist, build-ideal-tree and optional-set). Not looked at: `engines`.
 */
export const fact: Fact<Target, NpmOptional> = {
  name: 'npm-optional',
  version: 1,
  compute(bytes, target) {
    const packages = objectOf(bytes)?.packages;
    const entries: Entries = new Map(Object.entries(isObject(packages) ? packages : {}).filter(isEntry));
    const left = leftOut(entries, target);
    const reached = new Set(['']);
    for (const from of reached) for (const to of needsOf(entries, from, true)) if (!left.has(to)) reached.add(to);
    const wanted = [...entries].filter(
      ([place, entry]) =>
        entry.optional === true && entry.inBundle !== true && reached.has(place) && !isOmitted(entry, target.omit),
    );
    return { wanted: wanted.map(([place]) => place) };
  },
};

function isEntry(pair: [string, unknown]): pair is [string, Entry] {
  return isObject(pair[1]);
}

function isObject(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Optional packages for other platforms, then whatever optional package needs one of them. */
function leftOut(entries: Entries, { os, cpu, libc }: Target): Set<string> {
  const optional = [...entries].filter(([, entry]) => entry.optional === true);
  const left = new Set<string>();
  for (const [place, entry] of optional)
    if (!(fits(os, entry.os) && fits(cpu, entry.cpu) && fits(libc, entry.libc))) left.add(place);
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const [place] of optional) if (needsOf(entries, place, false).some((to) => left.has(to))) left.add(place);
  }
  return left;
}

/** A list as in package.json: names, or names that it must not be, with `!`. */
function fits(actual: string | null, wanted: unknown): boolean {
  if (wanted === undefined) return true;
  const names = (Array.isArray(wanted) ? wanted : [wanted]).map(String);
  if (names.length === 1 && names[0] === 'any') return true;
  const others = names.filter((name) => name.startsWith('!'));
  if (actual === null || others.includes(`!${actual}`)) return false;
  return names.includes(actual) || others.length === names.length;
}

/** Places of what a package needs, with what it may do without or not. */
function needsOf(entries: Entries, place: string, alsoOptional: boolean): string[] {
  const entry = entries.get(place) ?? {};
  const may = new Set([...keysOf(entry.optionalDependencies), ...keysOf(entry.peerDependenciesMeta)]);
  const names = [entry.dependencies, entry.devDependencies, entry.peerDependencies].flatMap(keysOf);
  const needed = names.filter((name) => !may.has(name));
  return [...needed, ...(alsoOptional ? keysOf(entry.optionalDependencies) : [])].flatMap(
    (name) => placeOf(entries, place, name) ?? [],
  );
}

function keysOf(value: unknown): string[] {
  return isObject(value) ? Object.keys(value) : [];
}

/** As Node finds it: below, else beside, else above. */
function placeOf(entries: Entries, from: string, name: string): string | null {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf('node_modules/') - 1, 0))) {
    const place = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (entries.has(place)) return place;
    if (at === '') return null;
  }
}

function isOmitted(entry: Entry, omit: readonly string[]): boolean {
  return omit.includes('optional') || omit.some((kind) => entry[kind] === true);
}
