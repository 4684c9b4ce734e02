/** Files that a command leaves alone where they are (`unlessThere`). Apart, since a hit that writes nothing needs it not. */
import { join } from 'node:path';
import type { OutputRule } from '../plugin.ts';
import type { RecordedOutput } from '../store/record.ts';
import type { StepContext } from './context.ts';
import { covers, pathsOf } from './rules.ts';

/** A file that the command would not write over, or a link that it may write through, by its name. @param outputs only those are looked at; absent: all that rules name */
export function standing(
  rules: readonly OutputRule[],
  context: StepContext,
  outputs?: readonly RecordedOutput[],
): string | null {
  const written = outputs === undefined ? null : new Set(outputs.map(({ path }) => path));
  // What lies behind would stay as it was. Of a tree that is the step's alone the link is its own.
  const trees = rules.filter((rule) => rule.kind === 'tree' && !rule.exclusive);
  for (const { type, path } of outputs ?? []) {
    const absolute = context.resolve(join(context.command.root, path));
    if (type === 'file' && context.see(absolute).link !== null && trees.some((rule) => covers(rule, absolute, context)))
      return path;
  }
  for (const rule of rules) {
    if (!('unlessThere' in rule) || rule.unlessThere !== true) continue;
    for (const path of rule.kind === 'members' ? pathsOf(rule, context) : [context.resolve(rule.path)]) {
      const name = context.nameOf(path);
      if (written?.has(name) === false) continue;
      const { type, link } = context.see(path);
      // A directory is no matter: the command fills it.
      if (link !== null || (type !== 'absent' && type !== 'dir')) return name;
    }
  }
  return null;
}
