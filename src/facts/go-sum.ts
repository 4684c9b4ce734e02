import type { Fact } from '../plugin.ts';
import type { GoSum } from './values.ts';

/** `PATH VERSION HASH` a line; the hash of a go.mod alone (`VERSION/go.mod`) pins no content. */
export const fact: Fact<null, GoSum> = {
  name: 'go-sum',
  version: 1,
  compute(bytes) {
    const modules = new Set<string>();
    for (const line of Buffer.from(bytes).toString('utf8').split('\n')) {
      const [path, version, hash] = line.trim().split(/\s+/);
      if (path && version && hash?.startsWith('h1:') && !version.endsWith('/go.mod')) modules.add(`${path} ${version}`);
    }
    return { modules: [...modules].sort() };
  },
};
