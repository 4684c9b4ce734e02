/** A hit → outputs as they should be and the log replayed; or a reason why the command must run after all. */
import { WgcacheError } from '../errors.ts';
import type { StepRecord } from '../store/record.ts';
import { Bypass } from './bypass.ts';
import type { Collected } from './collect.ts';
import { isNothing, refusalOf, repairOf } from './fresh.ts';
import { readLog } from './log.ts';
import type { Hit } from './lookup.ts';
import type { MissReason, Outcome } from './outcome.ts';
import { replay, unsaid } from './replay.ts';
import type { Step } from './step.ts';

type HitOutcome = Extract<Outcome, { kind: 'fresh' | 'restored' }>;

/** Nothing to write: replays the log. `null`: something is to be written, which needs the locks. */
export async function applyFresh(
  step: Step,
  { record }: Hit,
  seen: Collected,
): Promise<HitOutcome | MissReason | null> {
  const repair = await repairOf(record, seen);
  return isNothing(repair) ? await replayed(step, record, seen, { kind: 'fresh', savedMs: record.ranMs }) : null;
}

/** Puts right what is not. Only under the locks of the outputs. */
export async function applyRestore(step: Step, { record }: Hit, seen: Collected): Promise<HitOutcome | MissReason> {
  seen.context.forget(); // what was seen before the locks were ours may be different by now
  const repair = await repairOf(record, seen);
  if (repair.refused !== null) return repair.refused;
  if (isNothing(repair)) return await replayed(step, record, seen, { kind: 'fresh', savedMs: record.ranMs });
  const { restore } = await import('./restore.ts');
  const done = await restore(step.store, step.command.root, repair);
  if (!done.ok)
    return done.why === 'blob-gone'
      ? { code: 'blob-gone', path: done.path }
      : { code: 'restore-failed', path: done.path, detail: done.detail };
  const { applyMirrors } = await import('./mirror.ts');
  try {
    await applyMirrors(step, seen, repair.mirrors);
  } catch (error) {
    if (error instanceof Bypass) return refusalOf(error); // an index is gone from the cache: Helm fetches it
    throw error;
  }
  const { written, removed, bytes } = done;
  return await replayed(step, record, seen, {
    kind: 'restored',
    savedMs: record.ranMs,
    written: written + repair.mirrors.length,
    removed,
    bytes,
  });
}

export function isOutcome(value: HitOutcome | MissReason): value is HitOutcome {
  return 'kind' in value;
}

async function replayed(
  step: Step,
  record: StepRecord,
  { declaration }: Collected,
  outcome: HitOutcome,
): Promise<HitOutcome | MissReason> {
  const pieces = await readLog(step.store, record.log, step.command.root);
  if (pieces === null) return { code: 'blob-gone', path: 'its log' };
  try {
    replay(step.host, pieces, { stdout: declaration.stdout, logMode: step.config.log });
  } catch (error) {
    throw new WgcacheError('output', unsaid(error), { cause: error });
  }
  return outcome;
}
