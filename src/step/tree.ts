/** Lists everything below a directory, links followed, as Helm walks it. */
import { type Dirent, readdirSync } from 'node:fs';
import { sep } from 'node:path';
import { errorCode } from '../base/atomic.ts';
import { byCodeUnit, isUtf8Name } from '../base/paths.ts';
import { Bypass } from './bypass.ts';
import type { Seen } from './observe.ts';

export interface Listed {
  readonly path: string;
  readonly rel: string;
  readonly seen: Seen;
}

/** Who looks: what it is told of is what enters the key. */
interface Looker {
  see(path: string): Seen;
  list(dir: string): readonly Dirent[];
}

/**
 * Entries in code-unit order of their relative path at each level, directories before what they hold.
 * @throws Bypass for a name that is no UTF-8, a link that leads back to a directory it lies in, a directory that cannot be read
 */
export function listTree(dir: string, looker: Looker, depth: number = Number.POSITIVE_INFINITY): Listed[] {
  const found: Listed[] = [];
  walk(dir, '', [], looker, found, depth);
  return found;
}

function walk(
  dir: string,
  rel: string,
  above: readonly string[],
  looker: Looker,
  found: Listed[],
  depth: number,
): void {
  const here = looker.see(dir).stat;
  const id = here === null ? dir : `${here.dev}:${here.ino}`;
  if (above.includes(id)) throw new Bypass({ code: 'link-cycle', path: dir });
  for (const name of namesOf(looker.list(dir))) {
    const path = dir.endsWith(sep) ? dir + name : dir + sep + name; // both are normal: no need for `join`, which shows on a hit
    if (!isUtf8Name(name)) throw new Bypass({ code: 'path-not-utf8', path });
    const seen = looker.see(path);
    const entry = { path, rel: rel === '' ? name : `${rel}/${name}`, seen };
    found.push(entry);
    if (seen.type === 'dir' && depth > above.length + 1) walk(path, entry.rel, [...above, id], looker, found, depth);
  }
}

export function namesOf(entries: readonly Dirent[]): string[] {
  return entries.map(({ name }) => name).sort(byCodeUnit);
}

/** @throws Bypass for a directory that cannot be read */
export function entriesIn(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    throw new Bypass({ code: 'unreadable', path: dir, detail: code });
  }
}
