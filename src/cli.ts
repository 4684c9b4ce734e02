/**
 * The entry: the only file that touches the process. A glance at a step nothing of which has changed; for everything else the command is
 * loaded. All is written when a command ends, so the process is told to: left to itself Node waits for its compiler's threads (1 to 20 ms
 * on two busy cores).
 */
import { fstatSync, writeSync } from 'node:fs';
import { glance } from './commands/glance.ts';
import { type Host, writing } from './host.ts';

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

function processHost(): Host {
  return {
    env: process.env,
    get cwd() {
      return process.cwd();
    },
    ...writing(writeFully, together),
    isTerminal,
    onSignal(callback) {
      for (const signal of SIGNALS) process.on(signal, callback);
      return () => {
        for (const signal of SIGNALS) process.removeListener(signal, callback);
      };
    },
    now: () => Number(process.hrtime.bigint()) / 1e6, // `performance` loads node:perf_hooks, 2 ms
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

/** Whether stdout and stderr are one terminal, pipe or file. */
function together(): boolean {
  try {
    const err = fstatSync(2);
    const { dev, ino } = fstatSync(1);
    return err.dev === dev && err.ino === ino;
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
      if (code === 'EPIPE' || code === 'EBADF') return; // the reader has gone away, or closed it before we came
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5); // the reader is behind, and somebody made the pipe non-blocking
    }
  }
}

async function run(host: Host, argv: readonly string[]): Promise<number> {
  return (await glance(host, argv)) ?? (await (await import('./commands/main.ts')).main(host, argv));
}

run(processHost(), process.argv.slice(2)).then(
  (exit) => process.exit(exit),
  (error: unknown) => {
    throw error; // a bug of ours: Node tells where
  },
);
