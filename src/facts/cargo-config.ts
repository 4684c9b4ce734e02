import { digestOf } from '../base/digest.ts';
import type { Fact } from '../plugin.ts';
import { withoutUser } from './_user-info.ts';
import type { CargoConfig } from './values.ts';

const ELSEWHERE = [
  'patch', 'paths', 'include', 'rustc', 'rustc-wrapper', 'rustc-workspace-wrapper', 'root', 'target', 'target-dir', 'build-dir', 'quiet', 'unstable',
  'credential-provider', 'profile',
]; // biome-ignore format: a list to read

/** Lines of TOML by the word before `=` or in `[…]`: what is written in a way this does not see through is told as it stands. */
export const fact: Fact<null, CargoConfig> = {
  name: 'cargo-config',
  version: 2,
  compute(bytes) {
    const elsewhere = new Set<string>();
    const linkers: string[] = [];
    const kept: string[] = [];
    for (const raw of Buffer.from(bytes).toString('utf8').split(/\r?\n/)) {
      const line = withoutUser(raw.trim());
      if (line === '' || line.startsWith('#')) continue;
      if (/token|secret/i.test(line) && !line.startsWith('[')) continue;
      kept.push(line);
      const table = /^\[{1,2} *([^[\]\s]+)/.exec(line)?.[1]?.split('.') ?? [];
      const words = [...line.matchAll(/(?:^|[{,\s.])["']?([A-Za-z][\w-]*)["']?\s*=/g)].map((match) => match[1] ?? '');
      const first = table[0] === undefined ? [] : [table[0]];
      for (const word of [...first.filter((name) => name !== 'target'), ...words])
        if (ELSEWHERE.includes(word)) elsewhere.add(word);
      const linker = /(?:^|[{,\s.])linker\s*=\s*["']([^"']*)["']/.exec(line)?.[1];
      if (linker !== undefined) linkers.push(linker);
    }
    return { elsewhere: [...elsewhere].sort(), linkers, meaning: digestOf(kept.join('\n')) };
  },
};
