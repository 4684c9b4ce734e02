/** Lists what a step made below a directory: links are outputs themselves and are not followed. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { byCodeUnit } from '../base/paths.ts';
import { entriesIn } from './tree.ts';

/**
 * Absolute paths, directories before what they hold, in code-unit order. The directory itself comes first.
 * @throws Bypass for a directory that cannot be read
 */
export function listMade(dir: string): string[] {
  const found = [dir];
  if (!lstatSync(dir).isDirectory()) return found;
  for (const entry of entriesIn(dir).sort((a, b) => byCodeUnit(a.name, b.name))) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) found.push(...listMade(path));
    else found.push(path);
  }
  return found;
}
