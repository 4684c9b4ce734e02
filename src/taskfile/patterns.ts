/** `sources:` and `generates:` as inputs and outputs of a step. */
import { isAbsolute, join, relative } from 'node:path';
import { globSync } from 'tinyglobby';
import { escapeGlob, fromTop, TOP } from '../base/glob.ts';
import { LITERAL_HINT, TaskfileFault } from './fault.ts';
import { against, literal } from './merge.ts';
import type { Glob, Vars } from './read.ts';
import { fill } from './template.ts';

/**
 * Task goes through its patterns in order, and a later one brings back what an `exclude:` took out; ours take out for good. So an exclude
 * counts only when no pattern stands behind it: otherwise more files are inputs than Task looks at, never fewer. And Task's takes out the
 * files it matches itself, where ours takes out a directory with all that lies in it: then it is handed on as the names of those files.
 */
export function inputsOf(sources: readonly Glob[], scope: Vars, dir: string, cwd: string): string[] {
  const lastPattern = sources.findLastIndex(({ exclude }) => !exclude);
  const globs = sources.map(({ pattern, exclude }) => {
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
    return { exclude, path: relative(escapeGlob(cwd), absolute) || '.' };
  });
  const asksForHidden = globs.some(({ exclude, path }) => !exclude && HIDDEN.test(path));
  return globs.flatMap(({ exclude, path }, index) => {
    if (!exclude) return [path.startsWith('?') ? `./${path}` : path];
    if (index < lastPattern) return [];
    const same = !asksForHidden && (/(^|\/)\*\*(\/\*)?$/.test(path) || !matchesDirectory(path, cwd));
    return (same ? [path] : filesLike(path, cwd)).map((one) => `!${one}`);
  });
}

/** A pattern that matches names with a dot in front, which Task's `*` does not. */
const HIDDEN = /(^|[/{,[])\.(?!\.?(\/|$))/;

const WHOLE = { absolute: true, expandDirectories: false } as const;

function matchesDirectory(pattern: string, cwd: string): boolean {
  return globSync([fromTop(pattern, cwd)], { ...WHOLE, cwd: TOP, dot: true, onlyDirectories: true }).length > 0;
}

/** What is behind links is not taken out: Task may go another way. */
function filesLike(pattern: string, cwd: string): string[] {
  return globSync([fromTop(pattern, cwd)], { ...WHOLE, cwd: TOP, dot: false, followSymbolicLinks: false })
    .sort()
    .map((path) => escapeGlob(relative(cwd, path)));
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
