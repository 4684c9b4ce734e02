/** `sources:` and `generates:` as inputs and outputs of a step. */
import { isAbsolute, join, relative } from 'node:path';
import { escapeGlob } from '../base/glob.ts';
import { LITERAL_HINT, TaskfileFault } from './fault.ts';
import { against, literal } from './merge.ts';
import type { Glob, Vars } from './read.ts';
import { fill } from './template.ts';

/**
 * Task goes through its patterns in order, and a later one brings back what an `exclude:` took out; ours take out for good. So an exclude
 * counts only when no pattern stands behind it: otherwise more files are inputs than Task looks at, never fewer.
 */
export function inputsOf(sources: readonly Glob[], scope: Vars, dir: string, cwd: string): string[] {
  const lastPattern = sources.findLastIndex(({ exclude }) => !exclude);
  return sources.flatMap(({ pattern, exclude }, index) => {
    if (exclude && index < lastPattern) return [];
    const text = literal({ ...pattern, text: fill(pattern, scope) });
    // Task escapes the parentheses of a pattern; for us they would be a group.
    const glob = text.replace(/[()]/g, '\\$&');
    if (text.startsWith('!')) {
      throw new TaskfileFault(
        pattern,
        `Task takes the ! of ${text} as part of the name`,
        'Write `exclude:` to leave files out.',
      );
    }
    const absolute = isAbsolute(glob) ? glob : join(escapeGlob(dir), glob);
    const path = relative(escapeGlob(cwd), absolute) || '.';
    return [exclude ? `!${path}` : path.startsWith('?') ? `./${path}` : path];
  });
}

export function outputOf({ pattern, exclude }: Glob, scope: Vars, dir: string, cwd: string): string {
  if (exclude) throw new TaskfileFault(pattern, 'exclude: in generates is not supported', LITERAL_HINT);
  const text = literal({ ...pattern, text: fill(pattern, scope) });
  // All that lies in a directory is the directory.
  const path = text.replace(/\/\*\*(\/\*)?$/, '');
  if (/[*?[\]{}]/.test(path)) {
    throw new TaskfileFault(
      pattern,
      `generates ${text}: outputs are files and whole directories`,
      'Name the file, or DIRECTORY/**.',
    );
  }
  return relative(cwd, against(dir, path)) || '.';
}
