/** What a step made where there was nothing, told as of a step that finds it there. */
import { type Captured, captureOutputs } from './capture.ts';
import type { Collected } from './collect.ts';
import type { Step } from './step.ts';

/**
 * Run again at once the command would leave all as it is: what is then the step's is filed under the key it has then.
 * @param now a look after the run
 * @returns null when it is not so, or when somebody was at work meanwhile: the next run tells
 */
export async function settledIn(
  step: Step,
  now: Collected,
  { outputs }: Captured,
): Promise<{ readonly seen: Collected; readonly captured: Captured } | null> {
  if (now.declaration.settles !== true) return null;
  const captured = await captureOutputs(step.store, now.declaration.outputs, now.context);
  if ('code' in captured) return null;
  const made = new Set(outputs.map((output) => JSON.stringify(output)));
  if (!captured.outputs.every((output) => made.has(JSON.stringify(output)))) return null;
  const again = await step.look();
  return again.kind === 'watched' && again.key.key === now.key.key ? { seen: now, captured } : null;
}
