/** A step that is not cached: the command runs on our own streams, and nothing is looked at but what the user's sums say. */
import { WgcacheError } from '../errors.ts';
import { bypassText } from '../report/reasons.ts';
import type { Unwatched } from '../step/collect.ts';
import type { Step } from '../step/step.ts';
import { runUnwatched } from '../step/unwatched.ts';
import type { Ended } from './ended.ts';
import type { WrapFlags } from './wrap-flags.ts';

export type Unseen = Omit<Unwatched, 'kind' | 'tool'>;

/** @throws WgcacheError for a sum where nobody knows which file it is of: who names one wants it held against that file */
export async function runBypass(step: Step, flags: WrapFlags, { reason, label, pins }: Unseen): Promise<Ended> {
  if (flags.dryRun || flags.leavesBypass)
    return { outcome: { kind: 'bypass', reason, ranMs: 0 }, exit: 0, seen: null, label };
  if (pins === null && (step.described?.sha256.length ?? 0) > 0)
    throw new WgcacheError('usage', `--sha256 cannot be checked, so nothing was run: ${bypassText(reason)}`);
  const { ran, wrong } = await runUnwatched(step, pins ?? []);
  const exit = wrong.length > 0 ? 1 : ran.exit;
  return { outcome: { kind: 'bypass', reason, ranMs: ran.ms }, exit, seen: null, label, wrong };
}
