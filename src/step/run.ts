/** Runs the real command. Its streams, exit code and signals come through as if wgcache were not there (promise 10). */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { errorCode } from '../base/atomic.ts';
import { WgcacheError } from '../errors.ts';
import type { Host } from '../host.ts';
import { scriptText } from './tool.ts';

export interface RunRequest {
  /** The program to execute, and the name it is called by. */
  readonly file: string;
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `watched`: empty stdin, output kept and passed on. `inherit`: the command has our own streams. */
  readonly streams: 'watched' | 'inherit';
}

export interface RunResult {
  /** As a shell tells it: 128 + n for signal n. */
  readonly exit: number;
  readonly signal: string | null;
  readonly ms: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** What came, in order of arrival; null above {@link LOG_LIMIT}, or when it could not be passed on. Empty for `inherit`. */
  readonly pieces: readonly (readonly [1 | 2, Uint8Array])[] | null;
}

/** A log is held in memory until it is stored; a step that prints more is not stored. */
export const LOG_LIMIT: number = 64 * 1024 * 1024;

/** @throws WgcacheError when the program cannot be started */
export async function run(host: Host, request: RunRequest): Promise<RunResult> {
  const started = host.now();
  const startedAt = Date.now();
  let child: Child | null = null;
  // Before the command is there: it may make itself heard, and us be told to end, while we are still busy starting it.
  const stopListening = host.onSignal((signal) => {
    if (host.ownGroups === true) endGroup(child, signal);
    else if (!fromTerminal(signal)) child?.kill(signal);
    if (ENDING.includes(signal)) child?.once('exit', () => void setTimeout(letGo, LEFT_BEHIND_MS).unref());
  });
  const kept: [1 | 2, Uint8Array][] = [];
  let size = 0;
  const keep = (stream: 1 | 2, source: Readable | null) =>
    source?.on('data', (bytes: Uint8Array) => {
      size += bytes.length;
      try {
        host.write(stream, bytes);
      } catch (error) {
        if (errorCode(error) === undefined) throw error;
        size = Number.POSITIVE_INFINITY; // nobody can take it (a full disk): the command finds its stream closed, as it would without us
        source.destroy();
      }
      if (size <= LOG_LIMIT) kept.push([stream, bytes]);
      else kept.length = 0;
    });
  const letGo = (): void => {
    for (const source of [child?.stdout, child?.stderr]) {
      if (source == null || source.closed) continue;
      size = Number.POSITIVE_INFINITY;
      source.destroy();
    }
  };
  try {
    child = start({ ...request, ownGroup: host.ownGroups === true });
    keep(1, child.stdout);
    keep(2, child.stderr);
    const result = await child;
    if (result.exitCode === undefined && result.signal === undefined)
      throw startFailure(request, result.cause ?? result);
    const exit = result.exitCode ?? 128 + (constants.signals[result.signal as NodeJS.Signals] ?? 0);
    const ms = host.now() - started;
    return { exit, signal: result.signal ?? null, ms, startedAt, pieces: size <= LOG_LIMIT ? kept : null };
  } finally {
    stopListening();
  }
}

/**
 * A command that was told to end has ended; what it leaves behind may hold its streams for as long as it likes, and without us nobody would wait
 * for it. All that the command itself wrote is in the pipe by then.
 */
const LEFT_BEHIND_MS = 1_000;

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

type Child = ReturnType<typeof spawnCommand>;

interface Start extends RunRequest {
  readonly ownGroup: boolean;
}

/** A script without `#!` is run by sh, as every shell does; Node's spawn does so by itself, bun's refuses and says nothing of use. */
function start(request: Start): Child {
  try {
    return spawnCommand(request, request.file, request.argv.slice(1));
  } catch (error) {
    const text = scriptText(request.file);
    if (text === null || text.startsWith('#!')) throw startFailure(request, error);
  }
  try {
    return spawnCommand(request, '/bin/sh', [request.file, ...request.argv.slice(1)]);
  } catch (error) {
    throw startFailure(request, error);
  }
}

function spawnCommand(request: Start, file: string, args: readonly string[]) {
  const watched = request.streams === 'watched';
  return execa(file, args, {
    argv0: request.argv[0],
    cwd: request.cwd,
    env: request.env as Record<string, string>,
    extendEnv: false,
    stdin: watched ? 'ignore' : 'inherit',
    stdout: watched ? 'pipe' : 'inherit',
    stderr: watched ? 'pipe' : 'inherit',
    buffer: false,
    encoding: 'buffer',
    reject: false,
    cleanup: false,
    detached: request.ownGroup,
    forceKillAfterDelay: false, // a signal passed on is all we send: the command may take its time
    stripFinalNewline: false,
  });
}

function startFailure(request: RunRequest, cause: unknown): WgcacheError {
  const code = errorCode(cause);
  if (code === 'ENOENT') return new WgcacheError('not-found', `${request.argv[0]}: command not found`, { cause });
  return new WgcacheError(
    'not-executable',
    `${request.argv[0]}: cannot be executed${code === undefined ? '' : ` (${code})`}`,
    {
      cause,
    },
  );
}

/** How often, and how far apart, what is left of a group is told to end. */
const REMINDERS = 20;
const REMINDER_MS = 250;

/**
 * What its leader leaves behind when it ends has nobody else to end it: background jobs of a shell ignore SIGINT. It is told more than once: a
 * shell's child that has yet to begin, on a busy machine, still has the shell's trap and loses the signal.
 */
function endGroup(child: Child | null, signal: NodeJS.Signals): void {
  const pid = child?.pid;
  if (ENDING.includes(signal))
    child?.once('exit', () => {
      let left = REMINDERS;
      const remind = (): void => {
        killGroup(pid, 'SIGTERM');
        if (--left === 0) clearInterval(reminder);
      };
      const reminder = setInterval(remind, REMINDER_MS);
      child.once('close', () => clearInterval(reminder));
      remind();
    });
  killGroup(pid, signal);
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error; // all of it has ended
  }
}

/**
 * Ctrl-C and Ctrl-\ go to the whole foreground group: the child has them already. What was sent to us alone is passed on.
 * Not told apart: `kill -INT` of wgcache alone while it is in the foreground of a terminal.
 */
function fromTerminal(signal: NodeJS.Signals): boolean {
  if (signal !== 'SIGINT' && signal !== 'SIGQUIT') return false;
  try {
    // /proc/self/stat after the name: state ppid pgrp session tty_nr tpgid
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\)\s/s, '')
      .split(' ');
    return Number(fields[5]) > 0 && fields[5] === fields[2];
  } catch {
    return true; // no /proc: a terminal is the usual sender
  }
}
