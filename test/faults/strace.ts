/**
 * Points in the life of a process, by strace: the n-th system call of a kind, which the same process makes again in the next run. There a
 * signal is sent or an error is injected. Only wgcache itself is followed, not the command it starts; what is killed dies before the call.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A call that wgcache makes. */
export interface Point {
  readonly syscall: string;
  /** From 1, among all calls of this kind since the start. */
  readonly nth: number;
  /** What the call is about: a directory of the store, the workspace, the streams, … */
  readonly place: string;
  /** As strace tells it. */
  readonly line: string;
}

interface Places {
  readonly store: string;
  readonly root: string;
}

const KINDS = 'trace=%file,%desc,%process';

/** @throws with what to do, where strace is missing or may not trace */
export function requireStrace(): void {
  try {
    execFileSync('strace', ['-qq', '-o', '/dev/null', 'true'], { stdio: 'pipe' });
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(
      missing
        ? 'strace is not on PATH: install it (apt-get install strace); the fault suite cannot do without'
        : 'strace may not trace here: allow ptrace (a container needs --cap-add SYS_PTRACE)',
      { cause: error },
    );
  }
}

/** A command line under strace, which notes the calls in `log`. */
export function traced(log: string, argv: readonly string[]): string[] {
  return ['strace', '-qq', '-y', '-s', '0', '-o', log, '-e', KINDS, '-e', 'signal=none', ...argv];
}

/** A command line that is sent a signal before the call at `point`. */
export function signalledAt({ syscall, nth }: Point, signal: string, argv: readonly string[]): string[] {
  return injected(syscall, `signal=${signal}:when=${nth}`, '/dev/null', argv);
}

/** A command line whose call at `point` fails; `onward`: and all later ones of its kind. What failed is noted in `log`. */
export function failingAt(
  { syscall, nth }: Point,
  { error, onward, log }: { readonly error: string; readonly onward: boolean; readonly log: string },
  argv: readonly string[],
): string[] {
  return injected(syscall, `error=${error}:when=${nth}${onward ? '+' : ''}`, log, argv);
}

/** The first call that failed, where that has to do with the workspace or the cache. The way there differs a little from run to run. */
export function readFailure(log: string, places: Places): Point | null {
  const struck = readFileSync(log, 'utf8')
    .split('\n')
    .find((line) => line.endsWith('(INJECTED)'));
  rmSync(log, { force: true });
  const syscall = /^(\w+)\(/.exec(struck ?? '')?.[1];
  return struck === undefined || syscall === undefined
    ? null
    : { syscall, nth: 0, place: placeOf(struck, syscall, places), line: struck };
}

function injected(syscall: string, what: string, log: string, argv: readonly string[]): string[] {
  const how = ['-o', log, '-e', `trace=${syscall}`, '-e', 'signal=none', '-e', `inject=${syscall}:${what}`];
  return ['strace', '-qq', '-y', '-s', '0', ...how, ...argv];
}

/** The calls in a log, from the first on that has to do with the workspace: before, the run-time starts. */
export function readPoints(log: string, places: Places): Point[] {
  const counts = new Map<string, number>();
  const points: Point[] = [];
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const syscall = /^(\w+)\(/.exec(line)?.[1];
    if (syscall === undefined) continue;
    const nth = (counts.get(syscall) ?? 0) + 1;
    counts.set(syscall, nth);
    if (syscall === 'execve') continue;
    const place = placeOf(line, syscall, places);
    if (points.length > 0 || place !== 'the run-time') points.push({ syscall, nth, place, line });
  }
  rmSync(log, { force: true });
  return points;
}

function placeOf(line: string, syscall: string, { store, root }: Places): string {
  // Of two paths the last counts: where something is put. A descriptor of the current directory says nothing.
  const paths = [...line.replace(/AT_FDCWD<[^>]*>/g, '').matchAll(/["<](\/[^">]*)[">]/g)].map(([, path]) => path!);
  const path = paths.at(-1) ?? '';
  const kept = join(store, 'v1/');
  if (path.startsWith(kept)) return path.slice(kept.length).split('/')[0]!;
  if (path.startsWith(store)) return 'the cache directory';
  if (path.startsWith(root)) return 'the workspace';
  if (syscall === 'write' && /^write\([12]</.test(line)) return 'streams';
  if (/^(v?fork|clone3?|wait4|waitid|exit_group|pidfd_\w+|recvfrom|recvmsg|epoll_p?wait2?)$/.test(syscall))
    return 'processes';
  return 'the run-time';
}
