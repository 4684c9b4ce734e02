/** Runs a command under strace, which sees static programs too, and reads what it noted. Linux only. */
import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { errorCode } from '../base/atomic.ts';
import { WgcacheError } from '../errors.ts';
import type { Host } from '../host.ts';
import { type RunRequest, type RunResult, run } from '../step/run.ts';
import type { Access } from './access.ts';
import { CallReader, type Happened } from './calls.ts';
import { Births, Replay } from './replay.ts';
import { SYSCALLS } from './syscalls.ts';

/** A strace that may trace here. */
export interface Strace {
  readonly file: string;
  /** Stops a process only at calls that are traced; not every kernel and container lets it. */
  readonly filters: boolean;
}

/**
 * @param platform of Node, as `linux`
 * @throws WgcacheError `audit`, with what to do
 */
export function findStrace(env: Host['env'], platform: NodeJS.Platform): Strace {
  if (platform !== 'linux')
    throw new WgcacheError('audit', `audit watches system calls by strace, which is Linux's: not on ${platform}`, {
      hint: 'run the audit in a Linux container or a CI job',
    });
  for (const filters of [true, false]) {
    const tried = spawnSync('strace', [...OPTIONS, ...(filters ? [FILTER] : []), '-o', '/dev/null', 'true'], {
      env: env as NodeJS.ProcessEnv,
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (tried.error !== undefined)
      throw new WgcacheError(
        'audit',
        errorCode(tried.error) === 'ENOENT'
          ? 'strace is not on PATH, and an audit needs it'
          : `strace cannot be started: ${tried.error.message}`,
        { hint: 'install it: apt-get install strace, dnf install strace, apk add strace', cause: tried.error },
      );
    if (tried.status === 0 && tried.stderr === '') return { file: 'strace', filters };
    if (!filters) throw refused(tried.stderr, tried.status);
  }
  throw new Error('unreachable');
}

function refused(said: string, status: number | null): WgcacheError {
  const line = said.trim().split('\n')[0] ?? '';
  if (/ptrace|Operation not permitted|EPERM/i.test(line))
    return new WgcacheError('audit', `strace may not trace here (${line})`, {
      hint: 'allow ptrace: docker run --cap-add SYS_PTRACE; kernel.yama.ptrace_scope below 3; no sandbox around wgcache',
    });
  return new WgcacheError('audit', `strace does not work here: ${line === '' ? `exit ${status}` : line}`, {
    hint: '5.3 or newer is needed',
  });
}

/** `-y`: what lies behind descriptors; `-xx`: all texts in hexadecimal; `-s 0`: no data. Ends of processes are told, signals are not. */
const OPTIONS = [
  '-f',
  '-q',
  '-y',
  '-xx',
  '-s',
  '0',
  '-e',
  `trace=${Object.keys(SYSCALLS)
    .map((name) => `?${name}`)
    .join(',')}`,
  '-e',
  'signal=none',
];
const FILTER = '--seccomp-bpf';

export interface Watched {
  readonly ran: RunResult;
  readonly accesses: readonly Access[];
  /** What the command made: absolute paths. */
  readonly made: ReadonlySet<string>;
}

/** Runs the command once, for real. */
export async function runWatched(host: Host, strace: Strace, request: RunRequest): Promise<Watched> {
  const dir = mkdtempSync(join(tmpdir(), 'wgcache-audit-'));
  const trace = join(dir, 'trace');
  try {
    const [, ...args] = request.argv;
    const words = [...OPTIONS, ...(strace.filters ? [FILTER] : []), '-o', trace, '--', request.file, ...args];
    const ran = await run(host, { ...request, file: strace.file, argv: ['strace', ...words] });
    return { ran, ...(await readTrace(trace, request.cwd)) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @param cwd where the command was started */
export async function readTrace(file: string, cwd: string): Promise<Omit<Watched, 'ran'>> {
  const births = new Births();
  for await (const happened of happenings(file)) births.note(happened);
  const replay = new Replay(births, cwd);
  for await (const happened of happenings(file)) replay.play(happened);
  return { accesses: replay.accesses, made: replay.made };
}

async function* happenings(file: string): AsyncGenerator<Happened> {
  const reader = new CallReader();
  for await (const line of createInterface({ input: createReadStream(file, 'latin1'), crlfDelay: Infinity })) {
    const happened = reader.read(line);
    if (happened !== null) yield happened;
  }
}
