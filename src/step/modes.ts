/** Permissions of what a hit writes, where the exec bit does not tell them. */
import { join } from 'node:path';
import { insideName } from '../base/paths.ts';
import type { OutputRule } from '../plugin.ts';
import type { RecordedOutput } from '../store/record.ts';
import type { StepContext } from './context.ts';
import { covers } from './rules.ts';

/** `mode`: permissions other than those by the exec bit and the umask. */
export type Writing = RecordedOutput & { readonly mode?: number };

/** Those of a file that the command writes into, which keeps them, and of what an archive has for its owner alone. */
export function withModes(
  rules: readonly OutputRule[],
  context: StepContext,
  write: readonly RecordedOutput[],
): Writing[] {
  return write.map((output) => {
    const path = join(context.command.root, output.path);
    const rule = rules.find((candidate) => covers(candidate, path, context));
    if (rule?.kind === 'file' && rule.inPlace === true) {
      const { type, link, stat } = context.see(path);
      return type === 'file' && link === null && stat !== null
        ? { ...output, mode: Number(stat.mode & 0o777n) }
        : output;
    }
    const isPrivate = rule?.kind === 'members' && rule.privates.has(insideName(context.resolve(rule.dir), path) ?? '');
    if (!isPrivate || (output.type !== 'file' && output.type !== 'dir')) return output;
    return { ...output, mode: output.type === 'dir' || output.exec ? 0o700 : 0o600 };
  });
}
