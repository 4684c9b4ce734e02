/** Steps by their spellings: several command lines that are one step. */
import type { Play } from '../../kind.ts';
import type { Random } from '../../random.ts';

export type Spelt = readonly [id: string, ...spellings: (readonly string[])[]];

/** One of its spellings. @param before, after words around it */
export function spelt(
  [id, ...spellings]: Spelt,
  random: Random,
  before: readonly string[] = [],
  after: readonly string[] = [],
): Pick<Play, 'id' | 'argv'> {
  return { id, argv: [...before, ...random.pick(spellings), ...after] };
}
