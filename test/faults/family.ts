/** The processes that a wrapped command is made of: found by a word in their environment, also when their parent is dead. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Variable that marks a family, by a directory of its own: a described step gets few others, and this one is in no key. */
const FAMILY = 'TMPDIR';

/** The environment of a family. */
export function familyEnv(word: string): Record<string, string> {
  mkdirSync(word, { recursive: true });
  return { [FAMILY]: word };
}

/** Pids of all living members. */
export function familyOf(word: string): number[] {
  const mark = `${FAMILY}=${word}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environOf(name).includes(mark))
    .map(Number);
}

/** Empty for a zombie, and for one that is gone. */
function environOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}

/** Kills what is left of a family, by its pids. */
export function killFamily(word: string, but?: number): void {
  for (const pid of familyOf(word).filter((one) => one !== but)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // ended by itself
    }
  }
}

export async function familyEnded(word: string, withinMs: number, but?: number): Promise<void> {
  const since = performance.now();
  while (familyOf(word).some((pid) => pid !== but)) {
    if (performance.now() - since > withinMs) throw new Error(`still running after ${withinMs} ms: ${familyOf(word)}`);
    await sleep(5);
  }
}
