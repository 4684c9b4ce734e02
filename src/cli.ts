/** The entry: the only file that touches the process. Loads one command, hands it a {@link Host}, ends with its exit code. */
import { fstatSync, writeSync } from 'node:fs';
import { parseArgs } from './commands/args.ts';
import { WgcacheError } from './errors.ts';
import type { Host } from './host.ts';

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

async function main(host: Host, argv: readonly string[]): Promise<number> {
  const call = parseArgs(argv);
  switch (call.kind) {
    case 'wrap':
      return await (await import('./commands/wrap.ts')).wrap(host, call.flags, call.argv);
    case 'status':
      return await (await import('./commands/status.ts')).status(host, call.flags, call.argv);
    case 'explain':
      return await (await import('./commands/explain.ts')).explain(host, call.flags, call.argv);
    case 'stats':
      return await (await import('./commands/stats.ts')).stats(host, call.json);
    case 'help':
      host.write(1, (await import('./commands/help.ts')).helpText(call.topic));
      return 0;
    case 'version':
      return await (await import('./commands/version.ts')).version(host);
  }
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new WgcacheError('usage', 'the current directory is gone', { hint: 'change to one that is there', cause });
  }
}

function processHost(): Host {
  return {
    env: process.env,
    get cwd() {
      return currentDirectory();
    },
    write: (stream, bytes) => writeFully(stream, typeof bytes === 'string' ? Buffer.from(bytes) : bytes),
    isTerminal,
    onSignal(callback) {
      for (const signal of SIGNALS) process.on(signal, callback);
      return () => {
        for (const signal of SIGNALS) process.removeListener(signal, callback);
      };
    },
    now: () => performance.now(),
  };
}

/**
 * Linux tells terminals by their device number: 4 and 5 are consoles, 136 to 143 the slave ends of pseudo-terminals. Only what may be one is
 * asked: loading node:tty costs a hit some 3 %.
 */
function isTerminal(stream: 1 | 2): boolean {
  try {
    const stat = fstatSync(stream);
    const major = (stat.rdev >> 8) & 0xfff;
    if (
      !stat.isCharacterDevice() ||
      (process.platform === 'linux' && major !== 4 && major !== 5 && (major < 136 || major > 143))
    )
      return false;
    return process.getBuiltinModule('node:tty').isatty(stream);
  } catch {
    return false; // closed
  }
}

/** Straight to the descriptor: `process.stdout` costs 7 ms to open under bun, and may drop what is unwritten at exit. */
function writeFully(stream: 1 | 2, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(stream, bytes, at, bytes.length - at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5); // the reader is behind, and somebody made the pipe non-blocking
    }
  }
}

function tell(host: Host, error: unknown): number {
  if (!(error instanceof WgcacheError)) throw error;
  host.write(2, `wgcache: ${error.message}\n${error.hint === undefined ? '' : `         ${error.hint}\n`}`);
  return error.exitCode;
}

const host = processHost();
main(host, process.argv.slice(2)).then(
  (exit) => {
    process.exitCode = exit;
  },
  (error: unknown) => {
    process.exitCode = tell(host, error);
  },
);
