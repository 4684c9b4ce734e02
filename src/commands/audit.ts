/** `wgcache audit -- CMD`: runs the command once, watches what it touches, and tells what of that nobody declared. Stores nothing. */
import { type Asked, nothingAsked, overheard } from '../audit/asked.ts';
import { declaredPaths } from '../audit/declared.ts';
import { judge } from '../audit/judge.ts';
import { findStrace, runWatched, type Strace } from '../audit/strace.ts';
import { WgcacheError } from '../errors.ts';
import type { Host } from '../host.ts';
import { auditJson, auditText } from '../report/audit.ts';
import { bypassText } from '../report/reasons.ts';
import type { Collected, Unwatched } from '../step/collect.ts';
import { environmentOf } from '../step/environment.ts';
import { HELD, heldFor, lockStep } from '../step/locking.ts';
import type { Step } from '../step/step.ts';
import { CALLED_AS } from '../step/tool.ts';
import type { StepFlags } from './args.ts';
import { openStep } from './open.ts';

/**
 * @returns 0: all was declared; 1: not all
 * @throws WgcacheError `audit` when there can be none: no strace, a step that is not watched, a command that fails
 */
export async function audit(host: Host, flags: StepFlags, argv: readonly [string, ...string[]]): Promise<number> {
  const strace = findStrace(host.env, process.platform);
  const asked = nothingAsked();
  const overhear: NonNullable<Parameters<typeof openStep>[3]['overhear']> = (plugin) => overheard(plugin, asked);
  const { step } = await openStep(host, flags, argv, { writes: false, overhear });
  const before = watched(await step.look());
  const lock = await lockStep(step, before);
  try {
    const seen = lock.waited ? watched(await step.look()) : before;
    const env = { [HELD]: heldFor(step, lock), [CALLED_AS]: step.tool.path };
    return await watch(step, seen, { strace, asked, env, flags });
  } finally {
    lock.release();
  }
}

function watched(seen: Collected | Unwatched): Collected {
  if (seen.kind === 'watched') return seen;
  throw new WgcacheError('audit', `nothing to audit, this step is not cached: ${bypassText(seen.reason)}`);
}

interface Means {
  readonly strace: Strace;
  readonly asked: Asked;
  /** What the command gets beside its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly flags: StepFlags;
}

async function watch(step: Step, seen: Collected, { strace, asked, env, flags }: Means): Promise<number> {
  const { command, host, plugin } = step;
  const paths = await declaredPaths(asked, seen);
  const { ran, accesses, made } = await runWatched(host, strace, {
    file: step.tool.path,
    argv: command.argv,
    cwd: command.cwd,
    env: environmentOf(step, seen, env),
    streams: 'watched',
  });
  const judged = judge(accesses, { seen, paths, made, around: { command, plugin: plugin.name } });
  const told = { label: seen.declaration.label, plugin: plugin.name, exit: ran.exit, ...judged };
  host.write(2, flags.json ? auditJson(told) : auditText(told, { all: flags.all }));
  if (judged.findings.length > 0) return 1;
  return ran.exit === 0 ? 0 : 3;
}
