/** Promise 10: the command runs as if wgcache were not there. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WgcacheError } from '../../src/errors.ts';
import type { Host } from '../../src/host.ts';
import { LOG_LIMIT, type RunResult, run } from '../../src/step/run.ts';

class Bench {
  readonly dir = mkdtempSync(join(tmpdir(), 'wgcache-run-'));
  readonly written: [1 | 2, string][] = [];
  /** Sends a signal as if to wgcache alone. */
  signal: (signal: NodeJS.Signals) => void = () => undefined;
  listening = 0;
  host: Host = {
    env: {},
    cwd: this.dir,
    write: (stream, bytes) => void this.written.push([stream, Buffer.from(bytes).toString('latin1')]),
    isTerminal: () => false,
    onSignal: (callback) => {
      this.signal = callback;
      this.listening++;
      return () => void this.listening--;
    },
    now: () => performance.now(),
  };

  constructor() {
    onTestFinished(() => rmSync(this.dir, { recursive: true, force: true }));
  }

  run(
    file: string,
    argv: readonly string[],
    env: Record<string, string | undefined> = { PATH: process.env.PATH },
  ): Promise<RunResult> {
    return run(this.host, { file, argv: ['as typed', ...argv], cwd: this.dir, env, streams: 'watched' });
  }

  sh(script: string): Promise<RunResult> {
    return this.run('/bin/sh', ['-c', script]);
  }

  said(stream: 1 | 2): string {
    return this.written
      .filter(([to]) => to === stream)
      .map(([, text]) => text)
      .join('');
  }
}

describe('the end of a command', () => {
  it.each([
    ['exit 0', 0, null],
    ['exit 1', 1, null],
    ['exit 255', 255, null],
    ['kill -TERM $$', 143, 'SIGTERM'],
    ['kill -KILL $$', 137, 'SIGKILL'],
    ['kill -SEGV $$', 139, 'SIGSEGV'],
    ['exit 143', 143, null],
  ])('%s', async (script, exit, signal) => {
    const bench = new Bench();
    expect(await bench.sh(script)).toMatchObject({ exit, signal });
    expect(bench.listening).toBe(0);
  });

  it('is waited for with all its output, also of children it leaves behind', async () => {
    const bench = new Bench();
    await bench.sh('(sleep 0.2; echo late) & echo early');
    expect(bench.said(1)).toBe('early\nlate\n');
  });
});

it('a script without #! is run by sh, as a shell does', async () => {
  const bench = new Bench();
  const file = join(bench.dir, 'script');
  writeFileSync(file, 'echo "ran $1"; exit 4\n', { mode: 0o755 });
  expect(await bench.run(file, ['x'])).toMatchObject({ exit: 4 });
  expect(bench.said(1)).toBe('ran x\n');
});

describe('what cannot be started', () => {
  const failure = async (work: Promise<unknown>): Promise<string> => {
    try {
      await work;
    } catch (error) {
      if (error instanceof WgcacheError) return `${error.code} ${error.exitCode}`;
      throw error;
    }
    throw new Error('it ran');
  };

  it('is said with the code a shell has for it', async () => {
    const bench = new Bench();
    const file = join(bench.dir, 'file');
    writeFileSync(file, '#!/no/such/interpreter\n');
    expect(await failure(bench.run(file, []))).toBe('not-executable 126');
    chmodSync(file, 0o755);
    expect(await failure(bench.run(file, []))).toBe('not-found 127');
    expect(await failure(bench.run(join(bench.dir, 'none'), []))).toBe('not-found 127');
    expect(await failure(bench.run(bench.dir, []))).toBe('not-executable 126');
    expect(await failure(bench.run('/bin/true', ['x'.repeat(3_000_000)]))).toBe('not-executable 126');
    expect(bench.listening).toBe(0);
  });
});

describe('streams', () => {
  it('are passed on and kept byte for byte, each in its order', async () => {
    const bench = new Bench();
    const { pieces } = await bench.sh("printf 'a\\000\\377b'; printf x >&2; printf 'c\\n'");
    expect(bench.said(1)).toBe('a\0\xffbc\n');
    expect(bench.said(2)).toBe('x');
    const kept = (stream: 1 | 2): string =>
      Buffer.concat((pieces ?? []).filter(([from]) => from === stream).map(([, bytes]) => bytes)).toString('latin1');
    expect([kept(1), kept(2)]).toEqual([bench.said(1), bench.said(2)]);
  });

  it('stdin is empty, and no terminal is to be seen', async () => {
    const bench = new Bench();
    await bench.sh('cat; test -t 0 || test -t 1 || test -t 2 || echo none');
    expect(bench.said(1)).toBe('none\n');
  });

  it('of any length are passed on; only the keeping ends', async () => {
    const bench = new Bench();
    let passed = 0;
    bench.host = {
      ...bench.host,
      write: (_, bytes) => {
        passed += bytes.length;
      },
    };
    const size = LOG_LIMIT + 1;
    const { exit, pieces } = await bench.sh(`head -c ${size} /dev/zero`);
    expect({ exit, pieces, passed }).toEqual({ exit: 0, pieces: null, passed: size });
  });

  it('that nobody can take any more end the command as a closed pipe would, and nothing is kept', async () => {
    const bench = new Bench();
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    bench.host = {
      ...bench.host,
      write: () => {
        throw full;
      },
    };
    const { exit, pieces } = await bench.sh('while echo line; do :; done 2>/dev/null; exit 9');
    expect(pieces).toBeNull();
    expect([9, 141]).toContain(exit);
  });
});

describe('the environment', () => {
  it('is what was given, and nothing of ours; the command hears the name it was typed by', async () => {
    const bench = new Bench();
    await bench.run('/usr/bin/env', ['-0'], { A: '1', B: '', C: undefined, D: 'x=\n' });
    expect(bench.said(1).split('\0').sort()).toEqual(['', 'A=1', 'B=', 'D=x=\n']);
    await bench.sh('echo "$0"; tr "\\0" " " < /proc/$$/cmdline; pwd');
    expect(bench.said(1)).toContain('as typed');
    expect(bench.said(1)).toContain(bench.dir);
  });
});

describe('signals', () => {
  /** Waits until the command has said so much. */
  const heard = async (bench: Bench, text: string): Promise<void> => {
    while (!bench.said(1).includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it.each(['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGINT'] as const)(
    '%s sent to us alone is passed on; how the command ends is its own',
    async (signal) => {
      const bench = new Bench();
      const running = bench.sh(`trap 'echo got; exit 5' ${signal.slice(3)}; echo ready; while :; do sleep 0.01; done`);
      await heard(bench, 'ready');
      bench.signal(signal);
      expect(await running).toMatchObject({ exit: 5, signal: null });
      expect(bench.said(1)).toBe('ready\ngot\n');
    },
  );

  it('what a command leaves behind when it is told to end is not waited for, nor is its log taken for whole', async () => {
    const bench = new Bench();
    const running = bench.sh('sleep 60 & echo $! ready; wait; exit 9');
    await heard(bench, 'ready');
    const pid = Number.parseInt(bench.said(1), 10);
    bench.signal('SIGTERM');
    expect(await running).toMatchObject({ exit: 143, signal: 'SIGTERM', pieces: null });
    expect(process.kill(pid, 'SIGKILL')).toBe(true); // it lived on, as it would without us
  });

  it('a command that takes its time to end is not killed for it', async () => {
    const bench = new Bench();
    const running = bench.sh("trap 'sleep 5.5; echo tidy; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
    await heard(bench, 'ready');
    bench.signal('SIGTERM');
    expect(await running).toMatchObject({ exit: 3, signal: null });
    expect(bench.said(1)).toBe('ready\ntidy\n');
  });
});
