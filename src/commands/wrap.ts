/**
 * `wgcache wrap -- CMD`: command → match plugin → collect inputs → key → look up → hit? fresh or restore : lock → look up again →
 * seed → run → re-check inputs → capture → store → report. Each arrow is one call into `step/`.
 */
import { watchEnvironment } from '../base/watched.ts';
import { isOff } from '../config.ts';
import { type Host, withEnvironment } from '../host.ts';
import { reportStep } from '../report/report.ts';
import { applyFresh, applyRestore, isOutcome } from '../step/apply.ts';
import type { Collected } from '../step/collect.ts';
import { addressesOf, type Hit, lookup, type Miss } from '../step/lookup.ts';
import type { MissReason, Outcome } from '../step/outcome.ts';
import type { Step } from '../step/step.ts';
import { type Ended, reportOf } from './ended.ts';
import { openStep } from './open.ts';
import type { Unseen } from './unwatched.ts';
import type { WrapFlags } from './wrap-flags.ts';

/** @returns the exit code: always the command's own, or what a shell says when it cannot be started */
export async function wrap(host: Host, flags: WrapFlags, argv: readonly [string, ...string[]]): Promise<number> {
  const started = host.now();
  if (isOff(host.env)) return await (await import('../step/unwatched.ts')).runOff(host, argv);
  const asked = watchEnvironment(host.env);
  const { step, warnings } = await openStep(withEnvironment(host, asked.env), flags, argv, { writes: !flags.dryRun });
  const ended: Ended = flags.stdin
    ? await unwatched(step, flags, { reason: { code: 'stdin', what: '--stdin' }, label: null, pins: null })
    : await settle(step, flags);
  step.memo.save();
  const report = reportOf(step, ended, warnings, host.now() - started);
  const reporting = { host, layout: step.store.layout, troubles: step.troubles, mode: step.config.report };
  await (flags.tell ?? reportStep)(reporting, report, { json: flags.json, journal: !flags.dryRun });
  if (!flags.dryRun) await noteUse(step, ended);
  const { seen, outcome } = ended;
  if (outcome.kind === 'fresh' && seen !== null && isPlain(flags) && step.config.verifyHits === 0) {
    const { keepGlance } = await import('../step/keep-glance.ts');
    await step.troubles.guardAsync(() => keepGlance(step, seen, report, asked), undefined);
  }
  if (ended.check === undefined) return ended.exit;
  return await (await import('./verify-hits.ts')).verifyHits(step, ended, ended.check, flags);
}

/** What `gc` goes by: when a record was used last. What was stored may make others too many. */
async function noteUse(step: Step, { outcome, seen }: Ended): Promise<void> {
  if ('stored' in outcome && outcome.stored.stored) (await import('./tidy.ts')).tidy(step);
  if (seen === null || (outcome.kind !== 'fresh' && outcome.kind !== 'restored')) return;
  for (const address of addressesOf(seen.key.key, step.command.root)) step.store.noteUse(address);
}

async function settle(step: Step, flags: WrapFlags): Promise<Ended> {
  const seen = await step.look();
  if (seen.kind === 'bypass') return await unwatched(step, flags, seen);
  const found = await find(step, seen, flags.force);
  if (flags.dryRun)
    return { outcome: await (await import('../step/dry-run.ts')).wouldDo(step, seen, found), exit: 0, seen };
  if (found.kind === 'hit' && Math.random() * 100 < step.config.verifyHits)
    return await (await import('./verify-hits.ts')).withShadow(step, seen, found.record, () =>
      settleHit(step, seen, found, flags),
    );
  return await settleHit(step, seen, found, flags);
}

async function settleHit(step: Step, seen: Collected, found: Hit | Miss, flags: WrapFlags): Promise<Ended> {
  const fresh = found.kind === 'hit' ? await step.troubles.guardAsync(() => applyFresh(step, found, seen), null) : null;
  return fresh !== null && isOutcome(fresh) ? { outcome: fresh, exit: 0, seen } : await settleLocked(step, seen, flags);
}

/** Nobody else works on this key or writes these outputs now. What was seen before a wait is seen anew. */
async function settleLocked(step: Step, before: Collected, flags: WrapFlags): Promise<Ended> {
  const { lockStep } = await import('../step/locking.ts');
  const lock = await lockStep(step, before);
  try {
    const seen = lock.waited ? await step.look() : before;
    if (seen.kind === 'bypass') {
      lock.release(); // the command is not told of our locks: one that wraps inside would wait for them
      return await unwatched(step, flags, seen);
    }
    const miss = await hitOrMiss(step, seen, flags.force && !lock.waited);
    if ('outcome' in miss) return miss;
    return await (await import('./missed.ts')).runMissed(step, flags, seen, miss, lock);
  } finally {
    lock.release();
  }
}

async function hitOrMiss(step: Step, seen: Collected, force: boolean): Promise<Ended | Miss> {
  const found = await find(step, seen, force);
  if (found.kind === 'miss') return found;
  const applied = await step.troubles.guardAsync<Outcome | MissReason>(() => applyRestore(step, found, seen), {
    code: 'restore-failed',
    path: '',
    detail: 'cache trouble',
  });
  return 'kind' in applied ? { outcome: applied, exit: 0, seen } : { kind: 'miss', reason: applied, key: seen.key.key };
}

async function find(step: Step, seen: Collected, force: boolean): Promise<Hit | Miss> {
  const { key } = seen.key;
  if (force) return { kind: 'miss', reason: { code: 'forced' }, key };
  const found = await lookup(step, seen);
  if (found.kind === 'hit' || found.reason.code !== 'first') return found;
  const { whyMissed } = await import('../step/explain.ts');
  return { ...found, reason: whyMissed(step, seen) };
}

async function unwatched(step: Step, flags: WrapFlags, why: Unseen): Promise<Ended> {
  return await (await import('./unwatched.ts')).runBypass(step, flags, why);
}

/** Called without any flag but `--json`: the next time a glance may do. */
function isPlain({ json, ...others }: WrapFlags): boolean {
  return Object.values(others).every(
    (said) => said === null || said === false || (Array.isArray(said) && said.length === 0),
  );
}
