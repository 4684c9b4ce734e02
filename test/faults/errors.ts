/**
 * The campaign of errors: one call that wgcache makes to its cache (or to the workspace, when it puts outputs back) fails, or all from then
 * on; the step must not show it. `seed` and `at` name a case for good.
 */
import { join } from 'node:path';
import { type Bench, commandLine, explore, openBench, storeOf, wrongIn } from './bench.ts';
import { randomFrom } from './random.ts';
import { SITUATIONS, type Situation, settle } from './situations.ts';
import { STEPS } from './steps.ts';
import { faultsOfStore, removeDamaged } from './store-check.ts';
import { failingAt, type Point, readFailure } from './strace.ts';

interface ErrorCase {
  readonly at: number;
  readonly step: string;
  readonly situation: string;
  /** `ENOSPC at rename 3`, with `onward` when all later ones fail too. */
  readonly where: string;
  readonly error: string;
  readonly place: string;
  readonly line: string;
  /** Whether a call to the cache failed, or one that puts outputs back. */
  readonly struck: boolean;
  readonly outcome: string;
  readonly warned: boolean;
  readonly faults: readonly string[];
}

const FULL = ['ENOSPC', 'EDQUOT'];
const REFUSED = ['EACCES', 'EROFS', 'EIO'];

/** What may go wrong with each call; others are left alone. */
const ERRORS: Readonly<Record<string, readonly string[]>> = {
  openat: [...FULL, ...REFUSED, 'EMFILE', 'ENFILE'],
  open: [...REFUSED, 'EMFILE'],
  read: ['EIO'],
  pread64: ['EIO'],
  write: [...FULL, 'EIO'],
  copy_file_range: [...FULL, 'EIO'],
  ftruncate: ['EIO'],
  rename: [...FULL, ...REFUSED],
  link: [...FULL, ...REFUSED, 'EPERM', 'EMLINK'],
  mkdir: [...FULL, ...REFUSED],
  unlink: REFUSED,
  rmdir: REFUSED,
  unlinkat: REFUSED,
  chmod: REFUSED,
  fchmod: REFUSED,
  getdents64: ['EIO'],
  statx: ['EACCES', 'EIO'],
  newfstatat: ['EACCES', 'EIO'],
  close: ['EIO'],
};

/** Of these every later call may fail too: none of them serves anything but the cache and what is put back. */
const LASTING = new Set([
  'rename',
  'link',
  'mkdir',
  'unlink',
  'unlinkat',
  'rmdir',
  'copy_file_range',
  'chmod',
  'fchmod',
]);

interface ErrorOptions {
  readonly errors: number;
  readonly seed: number;
  readonly onCase?: (done: ErrorCase) => void;
}

export async function errorCampaign({ errors, seed, onCase }: ErrorOptions): Promise<ErrorCase[]> {
  const benches: Bench[] = [];
  for (const step of STEPS) benches.push(await openBench(step));
  const cases: ErrorCase[] = [];
  for (let at = 0, struck = 0; struck < errors && at < errors * 3; at++) {
    const random = randomFrom(seed * 1_000_003 + at);
    const bench = benches[at % benches.length]!;
    const situation = random.pick(SITUATIONS);
    const { points } = await explore(bench, situation, 'bin');
    const fit = points.filter((point) => mayFail(point));
    // Each kind of call alike: there are many reads and few renames.
    const syscall = random.pick([...new Set(fit.map((point) => point.syscall))]);
    const point = random.pick(fit.filter((one) => one.syscall === syscall));
    const error = random.pick(ERRORS[syscall]!);
    const onward = LASTING.has(syscall) && random.below(2) === 0;
    const done = await oneError(bench, situation, { at, point, error, onward, strict: random.below(4) === 0 });
    cases.push(done);
    onCase?.(done);
    if (done.struck) struck++;
  }
  return cases;
}

function mayFail({ syscall, place }: Point): boolean {
  if (ERRORS[syscall] === undefined || ['the run-time', 'streams', 'processes'].includes(place)) return false;
  // What is read of the workspace is read by the command as well: only what wgcache itself writes there.
  return place !== 'the workspace' || LASTING.has(syscall);
}

interface Failure {
  readonly at: number;
  readonly point: Point;
  readonly error: string;
  readonly onward: boolean;
  readonly strict: boolean;
}

async function oneError(bench: Bench, situation: Situation, failure: Failure): Promise<ErrorCase> {
  const { at, point, error, onward, strict } = failure;
  const { rig, step } = bench;
  const faults: string[] = [];
  const log = join(rig.base, 'strace.log');
  let struck: Point | null = null;
  let outcome = '';
  let warned = false;
  try {
    await situation.prepare(bench);
    const ran = await rig.bare(failingAt(point, { error, onward, log }, commandLine(bench, 'bin')));
    struck = readFailure(log, { store: storeOf(bench), root: rig.root });
    if (struck !== null && !mayFail(struck)) struck = null;
    outcome = ran.told[0]?.outcome ?? 'none';
    warned = ran.said.length > 0;
    const trouble = ran.said.filter((line) => line.startsWith('warning: cache trouble, going on without: '));
    if (trouble.length > 1) faults.push(`${trouble.length} warnings`);
    faults.push(...wrongIn(bench, { ...ran, said: ran.said.filter((line) => !trouble.includes(line)) }, 'this run'));
    if (ran.told.length !== 1 && struck !== null) faults.push('this run: told no outcome');
    if (!situation.damages) faults.push(...faultsOfStore(storeOf(bench)).map((fault) => `afterwards: ${fault}`));
    if (strict && !situation.runs) await judgeStrict(bench, situation, failure, faults);
    const next = await rig.wrap(step.argv, { flags: step.flags });
    faults.push(...wrongIn(bench, next, 'the next run'));
    rig.remove(...step.outputs);
    const back = await rig.wrap(step.argv, { flags: step.flags });
    faults.push(...wrongIn(bench, back, 'what was stored'));
    if (back.outcome.outcome !== 'restored' && !situation.damages)
      faults.push(`what was stored: ${back.outcome.outcome} ${back.outcome.reason?.text}`);
    const last = await rig.wrap(step.argv, { flags: step.flags });
    if (last.outcome.outcome !== 'fresh') faults.push(`the last run: ${last.outcome.outcome}`);
    if (situation.damages) removeDamaged(storeOf(bench)); // what could not be taken out of the way, and no record names any more
    faults.push(...faultsOfStore(storeOf(bench)).map((fault) => `at the end: ${fault}`));
  } catch (cause) {
    faults.push(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
  }
  if (faults.length > 0) await settle(bench);
  const where = `${point.syscall} ${point.nth}${onward ? ' onward' : ''}`;
  const told = { at, step: step.name, situation: situation.name, where, error, place: (struck ?? point).place };
  return { ...told, line: (struck ?? point).line, struck: struck !== null, outcome, warned, faults };
}

/** `--strict`: what was a warning is a failure, and nothing else is. */
async function judgeStrict(
  bench: Bench,
  situation: Situation,
  { point, error, onward }: Failure,
  faults: string[],
): Promise<void> {
  await situation.prepare(bench);
  const log = join(bench.rig.base, 'strace.log');
  const ran = await bench.rig.bare(failingAt(point, { error, onward, log }, commandLine(bench, 'bin', ['--strict'])));
  const struck = readFailure(log, { store: storeOf(bench), root: bench.rig.root });
  if (struck !== null && !mayFail(struck)) return; // the flag leads another way, where something else failed
  const failed = ran.exit === 1 && ran.said.length === 1 && ran.said[0]!.startsWith('cache trouble: ');
  if (!failed) faults.push(...wrongIn(bench, ran, 'with --strict'));
}
