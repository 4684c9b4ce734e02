/** A small seeded generator (mulberry32): the same seed gives the same run everywhere. */
export interface Random {
  /** 0 ≤ n < limit */
  int(limit: number): number;
  pick<T>(items: readonly T[]): T;
  chance(share: number): boolean;
  word(): string;
}

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const int = (limit: number): number => Math.floor(next() * limit);
  return {
    int,
    pick: (items) => items[int(items.length)]!,
    chance: (share) => next() < share,
    word: () => `w${int(1_000_000).toString(36)}`,
  };
}
