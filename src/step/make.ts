/** A miss → the command runs, is looked at again, and what it left is stored. The step's result is the command's, whatever the cache does. */
import { errorCode } from '../base/atomic.ts';
import { insideName } from '../base/paths.ts';
import { WgcacheError } from '../errors.ts';
import type { NotStoredReason } from '../plugin.ts';
import { rememberKey } from '../store/recent.ts';
import { Bypass } from './bypass.ts';
import { captureOutputs, storeRecord } from './capture.ts';
import { type Collected, pluginFailed, type Unwatched } from './collect.ts';
import { environmentOf } from './environment.ts';
import { recentId } from './explain.ts';
import type { Pieces } from './log.ts';
import type { Miss } from './lookup.ts';
import type { MissReason, Outcome, Sown, Stored } from './outcome.ts';
import { rejectWrong, type WrongFile } from './pins.ts';
import { changedMeanwhile, meddledWith } from './recheck.ts';
import { type RunResult, run } from './run.ts';
import { settledIn } from './settled.ts';
import { standing } from './standing.ts';
import type { Step } from './step.ts';
import { toolVersion } from './tool-version.ts';

export interface Surroundings {
  /** What the command gets beside its environment: our guards and the locks held for it. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether a command whose wgcache was killed may write to the same outputs. */
  readonly orphans: boolean;
}

export interface Made {
  readonly ran: RunResult;
  readonly stored: Stored;
  /** What the tool says of its version. */
  readonly tool: string | null;
  /** Files that are not what the user's sums say. */
  readonly wrong: readonly WrongFile[];
}

export async function make(step: Step, seen: Collected, miss: Miss, { env, orphans }: Surroundings): Promise<Made> {
  const { command, host } = step;
  const ran = await run(host, {
    file: step.tool.path,
    argv: command.argv,
    cwd: command.cwd,
    env: environmentOf(step, seen, env),
    streams: 'watched',
  });
  const tool = step.troubles.guard(() => toolVersion(step, seen), null);
  const wrong = ran.exit === 0 ? rejectWrong(seen.declaration.pins ?? [], command.root) : [];
  const refused =
    wrong[0] === undefined
      ? await step.troubles.guardAsync(() => keepOrSay(step, seen, miss, ran, tool, orphans), {
          code: 'cache-trouble',
          detail: '',
        } as NotStoredReason)
      : mismatch(wrong[0]);
  step.memo.save();
  return {
    ran,
    stored: refused === null ? { stored: true } : { stored: false, reason: withDetail(refused, step) },
    tool,
    wrong,
  };
}

function mismatch({ file, expected, actual }: WrongFile): NotStoredReason {
  return { code: 'digest-mismatch', file, expected, actual, pinned: true };
}

/** A file that the command leaves alone, and so makes another one that nobody knows of: told instead of run, as a bypass. */
export function standingBefore({ declaration, context }: Collected): Omit<Unwatched, 'kind' | 'tool'> | null {
  const file = standing(declaration.outputs, context);
  if (file === null) return null;
  const what = `${file} is there already, and the command would write beside it`;
  const { label, pins } = declaration;
  return { reason: { code: 'unsupported', what }, label, pins: pins === undefined ? [] : null };
}

/** Whatever stands in the way of storing: the command has run, and its result is what counts. @returns why nothing was stored, or null */
async function keepOrSay(...args: Parameters<typeof keep>): Promise<NotStoredReason | null> {
  try {
    return await keep(...args);
  } catch (error) {
    // An input that the command itself deleted, say: a usage error before the run, none after it.
    if (error instanceof WgcacheError && error.code !== 'cache') return { code: 'inputs-changed', what: error.message };
    if (errorCode(error) !== undefined) throw error; // trouble with the cache: for whoever counts it
    if (!(error instanceof Bypass)) return pluginFailed(args[0].plugin, error);
    const { reason } = error;
    const path = 'path' in reason ? reason.path : 'an output';
    const detail = 'detail' in reason ? reason.detail : reason.code;
    return { code: 'output-unsupported', path: insideName(args[0].command.root, path) ?? path, detail };
  }
}

/** @param sown what was put into the tool's caches before the run */
export function ranOutcome(
  { declaration }: Collected,
  miss: Miss,
  { ran, stored, tool }: Made,
  sown: Sown | null | undefined,
): Outcome {
  const how = { reason: withVersion(miss.reason, declaration.tool?.name, tool), ranMs: ran.ms, stored };
  return sown == null ? { kind: 'miss', ...how } : { kind: 'seeded', ...sown, ...how };
}

/** A changed tool is named by what it says of itself now. */
function withVersion(reason: MissReason, name: string | undefined, version: string | null): MissReason {
  if (reason.code !== 'changed' || version === null) return reason;
  return {
    ...reason,
    changes: reason.changes.map((change) =>
      change.part === 'tool' && change.name === name && change.after !== null ? { ...change, after: version } : change,
    ),
  };
}

/** @returns why nothing was stored, or null */
async function keep(
  step: Step,
  seen: Collected,
  miss: Miss,
  ran: RunResult,
  tool: string | null,
  orphans: boolean,
): Promise<NotStoredReason | null> {
  if (ran.signal !== null) return { code: 'killed', signal: ran.signal };
  if (ran.exit !== 0) return { code: 'failed', exit: ran.exit };
  if (orphans) return { code: 'still-running' };
  if (ran.pieces === null)
    return { code: 'output-unsupported', path: 'its log', detail: 'it is over 64 MiB, or could not be passed on' };
  const trouble = troubleIn(ran.pieces, seen.declaration.trouble);
  if (trouble !== null) return { code: 'trouble-told', line: trouble };
  const { makes } = seen.declaration;
  const after = await step.look(makes);
  const changed = changedMeanwhile(seen, after);
  if (changed !== null || after.kind === 'bypass') return { code: 'inputs-changed', what: changed ?? '' };
  const now = makes === undefined ? after : await step.look();
  if (now.kind === 'bypass') return { code: 'inputs-changed', what: changedMeanwhile(seen, now) ?? '' };
  const captured = await captureOutputs(step.store, seen.declaration.outputs, now.context, ran.startedAt);
  if ('code' in captured) return captured;
  const refused = (await after.declaration.confirm?.(captured.made, now.context)) ?? null;
  if (refused !== null) return refused;
  if (seen.declaration.settles === true) {
    const meddled = meddledWith(seen, after, await step.look(), new Set(captured.outputs.map(({ path }) => path)));
    if (meddled !== null) return { code: 'inputs-changed', what: meddled };
  }
  const digest = seen.declaration.tool === null ? null : seen.context.digestAt(step.tool.real);
  const finished = {
    pieces: ran.pieces,
    ranMs: Math.round(ran.ms),
    tool: digest === null ? null : { name: seen.declaration.tool?.name ?? '', digest, version: tool },
  };
  await storeRecord(step.store, miss, seen, captured, finished);
  // Without the lock of that key: a record is one rename, and each that anybody could write there is right.
  const settled = seen.declaration.settles === true ? { seen: after, captured } : await settledIn(step, now, captured);
  const key = settled?.seen.key.key ?? miss.key;
  if (settled !== null && key !== miss.key)
    await storeRecord(step.store, { ...miss, key }, settled.seen, settled.captured, finished);
  rememberKey(step.store.layout, recentId(step, seen), { key, tool });
  return null;
}

function troubleIn(pieces: Pieces, trouble: RegExp | undefined): string | null {
  if (trouble === undefined) return null;
  for (const stream of [1, 2] as const) {
    const text = Buffer.concat(pieces.filter(([from]) => from === stream).map(([, bytes]) => bytes)).toString('utf8');
    const line = text.split('\n').find((candidate) => trouble.test(candidate));
    if (line !== undefined) return line.trim();
  }
  return null;
}

function withDetail(reason: NotStoredReason, step: Step): NotStoredReason {
  return reason.code === 'cache-trouble'
    ? { ...reason, detail: step.troubles.details.at(-1) ?? reason.detail }
    : reason;
}
