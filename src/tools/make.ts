/** From the source into the store: made in a directory of its own, checked, kept. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { makePrivate } from '../base/atomic.ts';
import type { StepRecord } from '../store/record.ts';
import { ToolFault } from './problem.ts';
import { keepTool, toolKey } from './record.ts';
import type { Choice, Pin, Source, Work } from './work.ts';

/**
 * @param pin what it must be
 * @param locked what of that the lock file says
 * @throws ToolFault, NetError, and errors of the system
 */
export async function makeTool(
  choice: Choice,
  source: Source,
  pin: Pin | null,
  locked: Pin | null,
  work: Work,
): Promise<{ readonly record: StepRecord; readonly pin: Pin }> {
  const { store } = work;
  makePrivate(store.layout.temp);
  const dir = mkdtempSync(join(store.layout.temp, 'tool-'));
  const started = performance.now();
  try {
    const found = await source.make(choice, pin, dir, work).catch((error: unknown) => {
      throw locked === null ? error : blamedOnLock(error);
    });
    const ms = performance.now() - started;
    const checked = pin !== null || choice.wanted.from !== 'url';
    // What nobody vouches for is not run.
    const shown = checked ? await askVersion(dir, choice, work) : null;
    // It answers to the next one who asks with as little as this one, and to who knows its sums: to these alone, if nobody vouches for it.
    const keys = (checked ? [pin, locked, found] : [found]).map((one) => toolKey(choice, one));
    const [first, ...others] = [...new Map(keys.map((key) => [key.key, key])).values()];
    const record = await keepTool(store, [first!, ...others], dir, { choice, ms, shown });
    return { record, pin: found };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** What does not fit the lock file is the lock file's word against the server's. */
function blamedOnLock(error: unknown): unknown {
  if (!(error instanceof ToolFault) || error.problem.code !== 'checksum') return error;
  return new ToolFault({ ...error.problem, by: 'lock' });
}

/** What the program says of itself, for people: never believed. */
async function askVersion(dir: string, { wanted }: Choice, { env, store }: Work): Promise<string | null> {
  const { name, definition } = wanted;
  const program = Object.keys(definition.bin ?? {})[0] ?? name;
  const home = mkdtempSync(join(store.layout.temp, 'home-'));
  try {
    const { stdout, stderr, failed } = await execa(join(dir, 'bin', program), definition.versionArgs ?? ['--version'], {
      reject: false,
      timeout: 10_000,
      stdin: 'ignore',
      extendEnv: false,
      cwd: home,
      env: { PATH: env.PATH ?? '', HOME: home },
    });
    if (failed) return null;
    const line = `${stdout}\n${stderr}`.split('\n').find((text) => /\d+\.\d+/.test(text));
    return line === undefined ? null : line.trim().slice(0, 100);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
