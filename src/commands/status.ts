/** `wgcache status -- CMD`: exit 0 when the step is fresh, 1 otherwise; fit for `status:` in a Taskfile. Writes nothing, runs nothing of the step. */
import { oneLine } from '../base/one-line.ts';
import type { Host } from '../host.ts';
import { bypassText, missText } from '../report/reasons.ts';
import { isNothing, repairOf } from '../step/fresh.ts';
import { lookup } from '../step/lookup.ts';
import type { StepFlags } from './args.ts';
import { bareLabel } from './ended.ts';
import { openStep } from './open.ts';

type State = { readonly state: 'fresh' | 'stale' | 'miss' | 'bypass'; readonly why: string };

export async function status(host: Host, flags: StepFlags, argv: readonly [string, ...string[]]): Promise<number> {
  const { label, state, why } = await stateOf(host, flags, argv);
  host.write(
    2,
    flags.json
      ? `${JSON.stringify({ v: 1, label, state, why })}\n`
      : `wgcache: ${state}: ${oneLine(`${label}: ${why}`)}\n`,
  );
  return state === 'fresh' ? 0 : 1;
}

async function stateOf(
  host: Host,
  flags: StepFlags,
  argv: readonly [string, ...string[]],
): Promise<State & { readonly label: string }> {
  const { step } = await openStep(host, flags, argv, { writes: false });
  const seen = await step.look();
  if (seen.kind === 'bypass')
    return { label: seen.label ?? bareLabel(step), state: 'bypass', why: bypassText(seen.reason) };
  const { label, words } = seen.declaration;
  const found = await lookup(step, seen);
  if (found.kind === 'miss') {
    const { whyMissed } = await import('../step/explain.ts');
    return {
      label,
      state: 'miss',
      why: missText(found.reason.code === 'first' ? whyMissed(step, seen) : found.reason),
    };
  }
  const repair = await repairOf(found.record, seen);
  if (isNothing(repair)) return { label, state: 'fresh', why: words.fresh };
  if (repair.refused !== null) return { label, state: 'miss', why: missText(repair.refused) };
  const first = repair.write[0]?.path ?? repair.remove[0] ?? repair.mirrors[0]?.index ?? '';
  return {
    label,
    state: 'stale',
    why: `${repair.write.length + repair.remove.length + repair.mirrors.length} to put right, ${first} first; wrap would restore it`,
  };
}
