/** Files that a command leaves alone where they are (`unlessThere`). Apart, since a hit that writes nothing needs it not. */
import type { OutputRule } from '../plugin.ts';
import type { RecordedOutput } from '../store/record.ts';
import type { StepContext } from './context.ts';

/** A file that the command would not write over, by its name. @param outputs only those are looked at; absent: all that rules name */
export function standing(
  rules: readonly OutputRule[],
  context: StepContext,
  outputs?: readonly RecordedOutput[],
): string | null {
  for (const rule of rules) {
    if (rule.kind !== 'file' || rule.unlessThere !== true) continue;
    const name = context.nameOf(rule.path);
    if (outputs?.some(({ path }) => path === name) === false) continue;
    if (context.see(context.resolve(rule.path)).type !== 'absent') return name;
  }
  return null;
}
