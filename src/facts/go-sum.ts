import type { Fact } from '../plugin.ts';
import type { GoSum } from './values.ts';

/** `PATH VERSION HASH` a line; that of a go.mod alone is of `VERSION/go.mod`. */
export const fact: Fact<null, GoSum> = {
  name: 'go-sum',
  version: 2,
  compute(bytes) {
    const modules = new Set<string>();
    const mods = new Set<string>();
    for (const line of Buffer.from(bytes).toString('utf8').split('\n')) {
      const [path, version, hash] = line.trim().split(/\s+/);
      if (!path || !version || !hash?.startsWith('h1:')) continue;
      const [, bare] = /^(.*)\/go\.mod$/.exec(version) ?? [];
      if (bare === undefined) modules.add(`${path} ${version}`);
      else mods.add(`${path} ${bare}`);
    }
    return { modules: [...modules].sort(), mods: [...mods].sort() };
  },
};
