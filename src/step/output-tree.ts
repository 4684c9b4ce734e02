/** Lists what a step made below a directory: links are outputs themselves and are not followed. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { byCodeUnit } from '../base/paths.ts';

/** Absolute paths, directories before what they hold, in code-unit order. The directory itself comes first. */
export function listMade(dir: string): string[] {
  const found = [dir];
  if (!lstatSync(dir).isDirectory()) return found;
  const entries = readdirSync(dir, { withFileTypes: true }).sort((a, b) => byCodeUnit(a.name, b.name));
  for (const entry of entries) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) found.push(...listMade(path));
    else found.push(path);
  }
  return found;
}
