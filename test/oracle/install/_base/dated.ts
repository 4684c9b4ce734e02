/** Files that count with their time. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from '../../../e2e/trees.ts';

/** Adds to the files below a directory when they were last changed: in seconds, or `now`. @param place ends in `/` */
export function dated(tree: Tree, root: string, place: string): Tree {
  const withTime = ([name, what]: [string, string]): [string, string] => {
    if (!name.startsWith(place) || !/^(file|program) /.test(what)) return [name, what];
    const seconds = Math.floor(statSync(join(root, name)).mtimeMs / 1000);
    return [name, `${what} of ${Date.now() / 1000 - seconds < 3600 ? 'now' : seconds}`];
  };
  return Object.fromEntries(Object.entries(tree).map(withTime));
}

/** A difference that is but the time of a right file. */
export const isTouched = (place: string, difference: string): boolean =>
  difference.startsWith(place) && /^.*: the command alone «(.*) of \w+», with wgcache «\1 of \w+»$/.test(difference);
