/** `--dry-run`: what would happen, and nothing happens. */
import type { Collected } from './collect.ts';
import { isNothing, repairOf } from './fresh.ts';
import type { Hit, Miss } from './lookup.ts';
import type { MissReason, Outcome } from './outcome.ts';

export async function wouldDo(seen: Collected, found: Hit | Miss): Promise<Outcome> {
  if (found.kind === 'miss') return wouldRun(found.reason);
  const repair = await repairOf(found.record, seen);
  if (repair.refused !== null) return wouldRun(repair.refused);
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

function wouldRun(reason: MissReason): Outcome {
  return { kind: 'miss', reason, ranMs: 0, stored: { stored: false, reason: { code: 'dry-run' } } };
}
