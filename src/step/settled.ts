/** What a step made where there was nothing, told as of a step that finds it there. */
import { insideName } from '../base/paths.ts';
import { type Captured, pathsMade } from './capture.ts';
import type { Collected } from './collect.ts';
import type { Step } from './step.ts';

/**
 * Run again at once the command would leave all as it is: what is then the step's, a part of what was captured, is filed under the key it has then.
 * @param now a look after the run
 * @returns null when it is not so, or when somebody was at work meanwhile: the next run tells
 */
export async function settledIn(
  step: Step,
  now: Collected,
  captured: Captured,
): Promise<{ readonly seen: Collected; readonly captured: Captured } | null> {
  if (now.declaration.settles !== true) return null;
  const paths = await pathsMade(now.declaration.outputs, now.context);
  const names = new Set(paths?.map((path) => insideName(step.command.root, path) ?? ''));
  const outputs = captured.outputs.filter(({ path }) => names.has(path));
  if (paths === null || outputs.length < names.size) return null;
  const again = await step.look();
  if (again.kind === 'bypass' || again.key.key !== now.key.key) return null;
  return { seen: now, captured: { ...captured, outputs } };
}
