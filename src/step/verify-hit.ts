/**
 * Whether a hit was right: the command runs in a shadow of the workspace as it was before the hit, and what it leaves is compared with the
 * record by the meaning the record goes by.
 */
import { readFileSync, rmSync } from 'node:fs';
import { digestOf } from '../base/digest.ts';
import type { Host } from '../host.ts';
import type { RecordedOutput, StepRecord } from '../store/record.ts';
import type { Collected } from './collect.ts';
import { changesBetween, type KeyChange } from './diff.ts';
import { environmentOf } from './environment.ts';
import { isTimed, repairOf } from './fresh.ts';
import { readLog } from './log.ts';
import { LOCAL_SCOPE } from './lookup.ts';
import { isExecutable } from './observe.ts';
import { listMade } from './output-tree.ts';
import { covers } from './rules.ts';
import { type RunResult, run } from './run.ts';
import type { Shadow, Unverified } from './shadow.ts';
import type { Step } from './step.ts';
import { CALLED_AS } from './tool.ts';

/** A hit with what was there before it. */
export interface Check {
  readonly seen: Collected;
  readonly record: StepRecord;
  readonly shadow: Shadow | Unverified;
}

/** One thing in which the command, run now, differs from its record. */
export type Difference =
  | { readonly what: 'exit'; readonly exit: number; readonly lastLine: string }
  /** `path` is relative to the root. */
  | { readonly what: 'output' | 'not-made' | 'not-recorded'; readonly path: string }
  | { readonly what: 'stdout' | 'stderr'; readonly line: string };

export type Verified =
  | { readonly verdict: 'same' }
  | { readonly verdict: 'differs'; readonly differences: readonly Difference[] }
  | { readonly verdict: 'unverified'; readonly reason: Unverified };

/** @param seen the step as it was when it hit, @param shadow cast then */
export async function verifyHit(step: Step, seen: Collected, record: StepRecord, shadow: Shadow): Promise<Verified> {
  const there = step.elsewhere(shadow.command);
  const before = await there.look();
  if (before.kind === 'bypass') return unverified({ code: 'not-alike', what: before.reason.code });
  const [change] = changesBetween(seen.key.parts, before.key.parts);
  if (change !== undefined) return unverified({ code: 'not-alike', what: nameOf(change) });
  const lain = madeNow(before);
  const ran = await run(silent(step.host), {
    file: there.tool.path,
    argv: shadow.command.argv,
    cwd: shadow.command.cwd,
    env: environmentOf(there, before, { [CALLED_AS]: there.tool.path }),
    streams: 'watched',
  });
  const differences = await differ(step, record, { before, lain, ran, shadow });
  if (differences.length === 0) return { verdict: 'same' };
  // Somebody may have changed something since the shadow was cast, a server too: then it proves nothing.
  const now = await step.look();
  if (now.kind === 'bypass') return unverified({ code: 'changed-meanwhile', what: now.reason.code });
  const [meanwhile] = changesBetween(seen.key.parts, now.key.parts);
  return meanwhile === undefined
    ? { verdict: 'differs', differences }
    : unverified({ code: 'changed-meanwhile', what: nameOf(meanwhile) });
}

/** The next run makes the record anew. */
export function dropRecord({ store }: Step, { key, root }: StepRecord): void {
  rmSync(store.layout.record({ scope: LOCAL_SCOPE, key, root }), { force: true });
}

function unverified(reason: Unverified): Verified {
  return { verdict: 'unverified', reason };
}

function nameOf(change: KeyChange): string {
  return 'name' in change ? change.name : change.part;
}

interface Rerun {
  readonly before: Collected;
  /** What lay in output directories before the run. */
  readonly lain: ReadonlySet<string>;
  readonly ran: RunResult;
  readonly shadow: Shadow;
}

async function differ(step: Step, record: StepRecord, { before, lain, ran, shadow }: Rerun): Promise<Difference[]> {
  const { context, declaration } = before;
  if (ran.exit !== 0) return [{ what: 'exit', exit: ran.exit, lastLine: lastLine(ran, shadow) }];
  context.forget();
  const repair = await repairOf(record, { ...before, mirrors: [] });
  const recorded = new Set(record.outputs.map(({ path }) => path));
  const wrong = repair.write.filter(
    (output) => !isRightRenamed(output, context, shadow) && !isRightButForTime(output, before),
  );
  const found: Difference[] = [
    ...wrong.map(({ path, type }): Difference => {
      const there = context.see(context.resolve(`${context.command.root}/${path}`)).type !== 'absent';
      return { what: type === 'absent' ? 'not-recorded' : there ? 'output' : 'not-made', path };
    }),
    ...[...repair.remove, ...[...madeNow(before)].filter((path) => !lain.has(path))]
      .map((path) => context.nameOf(path))
      .filter((path) => !recorded.has(path))
      .map((path): Difference => ({ what: 'not-recorded', path })),
  ];
  const isNamed = (path: string): boolean => found.some((one) => 'path' in one && one.path === path);
  if (repair.refused !== null && 'path' in repair.refused && !isNamed(repair.refused.path))
    found.push({ what: 'output', path: repair.refused.path });
  // A build tool that finds its work done says otherwise: where there are outputs, they are what counts.
  if (declaration.outputs.length === 0 || declaration.stdout === 'product')
    found.push(...(await differentLines(step, record, declaration.stdout === 'product', ran, shadow)));
  return found;
}

/** Everything in directories that are outputs as a whole, absolute. */
function madeNow({ declaration, context }: Collected): Set<string> {
  const trees = declaration.outputs.flatMap((rule) => (rule.kind === 'tree' ? [context.resolve(rule.path)] : []));
  return new Set(trees.filter((dir) => context.see(dir).type !== 'absent').flatMap(listMade));
}

/** Progress comes in an order that is nobody's promise (Helm's goroutines); the product line by line. */
async function differentLines(
  step: Step,
  record: StepRecord,
  isProduct: boolean,
  ran: RunResult,
  shadow: Shadow,
): Promise<Difference[]> {
  const kept = await readLog(step.store, record.log, step.command.root);
  if (kept === null || ran.pieces === null) return [];
  return ([1, 2] as const).flatMap((stream) => {
    const inOrder = isProduct && stream === 1;
    const before = linesOf(kept, stream, (text) => text);
    const after = linesOf(ran.pieces ?? [], stream, (text) => original(text, shadow));
    const [a, b] = inOrder ? [before, after] : [before.toSorted(), after.toSorted()];
    const at = [...Array(Math.max(a.length, b.length)).keys()].find((i) => a[i] !== b[i]);
    if (at === undefined) return [];
    return [{ what: stream === 1 ? 'stdout' : 'stderr', line: b[at] ?? a[at] ?? '' } as const];
  });
}

/** A file that names the place where it was made, and is right but for that. */
function isRightRenamed(output: RecordedOutput, context: Collected['context'], { names }: Shadow): boolean {
  const path = context.resolve(`${context.command.root}/${output.path}`);
  const { type, stat } = context.see(path);
  if (output.type !== 'file' || type !== 'file' || stat === null || stat.size > RENAMED_LIMIT) return false;
  const text = names.reduce(
    (told, [shadow, name]) =>
      told.replaceAll(Buffer.from(shadow).toString('latin1'), Buffer.from(name).toString('latin1')),
    readFileSync(path, 'latin1'),
  );
  return digestOf(Buffer.from(text, 'latin1')) === output.digest && isExecutable(stat) === output.exec;
}

/** Installed anew at another time. Python's compiled files hold the time of their sources: they say nothing that these do not. */
function isRightButForTime(output: RecordedOutput, { context, declaration }: Collected): boolean {
  const path = context.resolve(`${context.command.root}/${output.path}`);
  const { type, stat } = context.see(path);
  if (output.type !== 'file' || type !== 'file' || stat === null) return false;
  if (!isTimed(declaration.outputs.find((rule) => covers(rule, path, context)))) return false;
  if (path.endsWith('.pyc')) return true;
  return context.digestAt(path) === output.digest && isExecutable(stat) === output.exec;
}

/** A larger file is compared as it is. */
const RENAMED_LIMIT = 64n * 1024n * 1024n;

type Pieces = readonly (readonly [1 | 2, Uint8Array])[];

function linesOf(pieces: Pieces, stream: 1 | 2, told: (text: string) => string): string[] {
  const bytes = Buffer.concat(pieces.filter(([from]) => from === stream).map(([, piece]) => piece));
  return told(bytes.toString('utf8')).split('\n');
}

function original(text: string, { names }: Shadow): string {
  return names.reduce((told, [shadow, name]) => told.replaceAll(shadow, name), text);
}

function lastLine(ran: RunResult, shadow: Shadow): string {
  const lines = linesOf(ran.pieces ?? [], 2, (text) => original(text, shadow));
  return lines.findLast((line) => line.trim() !== '') ?? '';
}

/** Signals still reach the command; what it says is compared, not shown. */
function silent(host: Host): Host {
  return Object.create(host, { write: { value: () => undefined } }) as Host;
}
