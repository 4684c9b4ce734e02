/** `--dry-run`: what would happen, and nothing happens. */
import type { Collected } from './collect.ts';
import { isNothing, repairOf } from './fresh.ts';
import type { Hit, Miss } from './lookup.ts';
import type { Outcome } from './outcome.ts';

export async function wouldDo(
  seen: Collected,
  found: Hit | Miss,
): Promise<{ outcome: Outcome; exit: number; seen: Collected }> {
  return { outcome: await outcomeOf(seen, found), exit: 0, seen };
}

async function outcomeOf(seen: Collected, found: Hit | Miss): Promise<Outcome> {
  if (found.kind === 'miss')
    return { kind: 'miss', reason: found.reason, ranMs: 0, stored: { stored: false, reason: { code: 'dry-run' } } };
  const repair = await repairOf(found.record, seen);
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
