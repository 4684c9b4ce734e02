/** The shortest sequence that still goes wrong: moves are left out, halves first, as long as the same fault is found. */
import type { Fault, Move } from './play.ts';

export async function shrink(
  moves: readonly Move[],
  fails: (moves: readonly Move[]) => Promise<Fault | null>,
  budget: number,
): Promise<readonly Move[]> {
  let kept = [...moves];
  let tries = 0;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = kept.length - 1 - size; at >= 0 && tries < budget; at -= size) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)]; // never the last: it is the one that went wrong
      tries++;
      if ((await fails(without)) !== null) kept = without;
    }
  }
  return kept;
}
