/** Files that a command leaves alone where they are (`unlessThere`). Apart, since a hit that writes nothing needs it not. */
import type { OutputRule } from '../plugin.ts';
import type { RecordedOutput } from '../store/record.ts';
import type { StepContext } from './context.ts';
import { pathsOf } from './rules.ts';

/** A file that the command would not write over, by its name. @param outputs only those are looked at; absent: all that rules name */
export function standing(
  rules: readonly OutputRule[],
  context: StepContext,
  outputs?: readonly RecordedOutput[],
): string | null {
  const written = outputs === undefined ? null : new Set(outputs.map(({ path }) => path));
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
