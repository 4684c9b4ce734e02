/** A miss: the command runs and is stored, unless it would leave alone what it is to make. Apart from the flow, since no hit needs it. */
import type { Collected } from '../step/collect.ts';
import { HELD, heldFor } from '../step/locking.ts';
import type { Miss } from '../step/lookup.ts';
import { make, ranOutcome, standingBefore } from '../step/make.ts';
import type { Step } from '../step/step.ts';
import { CALLED_AS } from '../step/tool.ts';
import type { Lock } from '../store/lock.ts';
import type { Ended } from './ended.ts';
import { runBypass } from './unwatched.ts';
import type { WrapFlags } from './wrap-flags.ts';

/** @param lock held; released before a command runs that is not told of it */
export async function runMissed(step: Step, flags: WrapFlags, seen: Collected, miss: Miss, lock: Lock): Promise<Ended> {
  const standing = standingBefore(seen);
  if (standing !== null) {
    lock.release();
    return await runBypass(step, flags, standing);
  }
  const seeding = seen.declaration.seeds && (await (await import('../step/seed.ts')).seed(step, seen, miss));
  const made = await make(step, seen, miss, {
    env: { [HELD]: heldFor(step, lock), [CALLED_AS]: step.tool.path },
    orphans: lock.orphans,
  });
  await seeding?.keep(made);
  const { ran, wrong } = made;
  const outcome = ranOutcome(seen, miss, made, seeding?.sown);
  return { outcome, exit: wrong.length > 0 ? 1 : ran.exit, seen, wrong };
}
