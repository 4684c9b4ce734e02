import type { Fact } from '../plugin.ts';
import { isVisible, readIndex, skippedIn } from './_index.ts';
import { listAt, stringAt } from './_shape.ts';
import { hasUserInfo } from './_user-info.ts';
import type { IndexEntries } from './values.ts';

const UNSOUND: IndexEntries = { sound: false, skipped: null, entries: [] };

/**
 * What an index says of one chart; of none with `name: null`, which asks for `sound` alone. An entry of that chart Helm may
 * skip makes the index unsound for it: whether it counts is then Helm's to say.
 */
export const fact: Fact<{ readonly name: string | null }, IndexEntries> = {
  name: 'index-entries',
  version: 3,
  compute(bytes, { name }) {
    const charts = readIndex(bytes);
    const listed = name === null ? [] : (charts?.get(name) ?? []);
    if (charts === undefined || !listed.every(isVisible)) return UNSOUND;
    const entries = listed.map((entry) => ({
      version: stringAt(entry, 'version') ?? '',
      urls: listAt(entry, 'urls').filter((url) => typeof url === 'string'),
      digest: stringAt(entry, 'digest') || null,
    }));
    if (entries.some(({ urls }) => urls.some(hasUserInfo))) return UNSOUND;
    return { sound: true, skipped: skippedIn(charts), entries };
  },
};
