/** `--verify-hits`: a hit is run again in a shadow of what was there, and compared with its record. Nothing of it is loaded when it is off. */
import { reportCheck } from '../report/verify-hits.ts';
import type { Collected } from '../step/collect.ts';
import { castShadow } from '../step/shadow.ts';
import type { Step } from '../step/step.ts';
import { type Check, dropRecord, type Verified, verifyHit } from '../step/verify-hit.ts';
import { appendCheck } from '../store/journal.ts';
import type { StepRecord } from '../store/record.ts';
import type { StepFlags } from './args.ts';
import type { Ended } from './ended.ts';

/** Casts the shadow, and then has the step settled. */
export async function withShadow(
  step: Step,
  seen: Collected,
  record: StepRecord,
  settle: () => Promise<Ended>,
): Promise<Ended> {
  const shadow = castShadow(step, seen);
  try {
    return { ...(await settle()), check: { seen, record, shadow } };
  } catch (error) {
    if ('close' in shadow) shadow.close();
    throw error;
  }
}

/** @returns the exit code: that of the hit, but 1 for a wrong one when `--strict` */
export async function verifyHits(step: Step, ended: Ended, check: Check, { json }: StepFlags): Promise<number> {
  const { seen, record, shadow } = check;
  const close = (): void => {
    if ('close' in shadow) shadow.close();
  };
  try {
    // It became a run after all: what it left is stored, and there is nothing to verify.
    if (ended.outcome.kind !== 'fresh' && ended.outcome.kind !== 'restored') return ended.exit;
    const verified: Verified =
      'close' in shadow ? await verifyHit(step, seen, record, shadow) : { verdict: 'unverified', reason: shadow };
    if (verified.verdict === 'differs') step.troubles.guard(() => dropRecord(step, record), undefined);
    const { label } = seen.declaration;
    const told = { plugin: step.plugin.name, label, key: record.key, ...verified };
    step.troubles.guard(() => appendCheck(step.store.layout, told), undefined);
    await reportCheck(step, told, json);
    return verified.verdict === 'differs' && step.config.strict ? 1 : ended.exit;
  } finally {
    close();
  }
}
