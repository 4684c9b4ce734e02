import type { Fact } from '../plugin.ts';
import { readIndex } from './_index.ts';
import type { IndexNames } from './values.ts';

/** Helm writes the names in random order; empty for an index that is not sound. */
export const fact: Fact<null, IndexNames> = {
  name: 'index-names',
  version: 1,
  compute(bytes) {
    const names = [...(readIndex(bytes)?.keys() ?? [])].sort();
    return { text: names.map((name) => `${name}\n`).join('') };
  },
};
