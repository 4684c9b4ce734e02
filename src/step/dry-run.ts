/** `--dry-run`: what would happen, and nothing happens. */
import type { Collected } from './collect.ts';
import { isNothing, repairOf } from './fresh.ts';
import type { Hit, Miss } from './lookup.ts';
import type { MissReason, Outcome } from './outcome.ts';
import { wouldSow } from './seed.ts';
import type { Step } from './step.ts';

export async function wouldDo(step: Step, seen: Collected, found: Hit | Miss): Promise<Outcome> {
  if (found.kind === 'miss') return await wouldRun(step, seen, found.reason);
  const repair = await repairOf(found.record, seen);
  if (repair.refused !== null) return await wouldRun(step, seen, repair.refused);
  const savedMs = found.record.ranMs;
  if (isNothing(repair)) return { kind: 'fresh', savedMs };
  return {
    kind: 'restored',
    savedMs,
    written: repair.write.length + repair.mirrors.length,
    removed: repair.remove.length,
    bytes: 0,
  };
}

async function wouldRun(step: Step, seen: Collected, reason: MissReason): Promise<Outcome> {
  const sown = await wouldSow(step, seen, reason);
  const how = { reason, ranMs: 0, stored: { stored: false, reason: { code: 'dry-run' } } } as const;
  return sown === null ? { kind: 'miss', ...how } : { kind: 'seeded', ...sown, ...how };
}
