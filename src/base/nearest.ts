/** "Did you mean": the one known word that a mistyped one most likely stands for. */
import { distance } from 'fastest-levenshtein';

/** The nearest candidate, or `null` when none is near enough to be worth saying. Case does not count. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const typed = word.toLowerCase();
  const begun = candidates.filter((candidate) => candidate.toLowerCase().startsWith(typed));
  if (typed.length > 1 && begun.length === 1) return begun[0] as string;
  // Two letters swapped are a distance of 2; a longer word may hold more slips.
  let least = typed.length <= 2 ? 2 : Math.max(2, Math.floor(typed.length / 3)) + 1;
  let best: string | null = null;
  for (const candidate of candidates) {
    const apart = distance(typed, candidate.toLowerCase());
    if (apart < least) [least, best] = [apart, candidate];
  }
  return best;
}
