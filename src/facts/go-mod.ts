import type { Fact } from '../plugin.ts';
import type { GoMod } from './values.ts';

/** Directives of go.mod and go.work, by their first word; what neither knows is an error to Go, and its own run says so. */
export const fact: Fact<null, GoMod> = {
  name: 'go-mod',
  version: 2,
  compute(bytes) {
    const found = {
      go: [] as string[],
      toolchain: [] as string[],
      requires: [] as string[],
      replaced: [] as string[],
      local: [] as string[],
      uses: [] as string[],
    };
    let block: string | null = null;
    for (const line of Buffer.from(bytes).toString('utf8').split('\n')) {
      const words = wordsOf(line);
      if (words.length === 0) continue;
      if (block !== null && words[0] === ')') {
        block = null;
        continue;
      }
      if (block === null && words.at(-1) === '(') {
        block = words[0] ?? '';
        continue;
      }
      directive(block ?? words[0] ?? '', block === null ? words.slice(1) : words, found);
    }
    return found;
  },
};

type Found = { readonly [list in keyof GoMod]: string[] };

function directive(name: string, words: readonly string[], found: Found): void {
  if ((name === 'go' || name === 'toolchain') && words[0] !== undefined) found[name].push(words[0]);
  if (name === 'require' && words.length >= 2) found.requires.push(`${words[0]} ${words[1]}`);
  if (name === 'use' && words[0] !== undefined) found.uses.push(words[0]);
  if (name !== 'replace') return;
  const arrow = words.indexOf('=>');
  const [target, version] = words.slice(arrow + 1);
  if (arrow < 0 || target === undefined) return;
  found.replaced.push(words.slice(0, arrow).join(' '));
  if (version === undefined) found.local.push(target);
  else found.requires.push(`${target} ${version}`);
}

/** Words of a line, quotes taken off, its comment left out. A quote that nobody closes goes to the end (an error to Go), so that it is looked for once. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word, quoted, raw] of line.matchAll(
    /\/\/.*|"((?:[^"\\]|\\.)*)(?:"|\\?$)|`([^`]*)(?:`|$)|=>|[()]|[^\s()"`]+/g,
  )) {
    if (word.startsWith('//')) break;
    words.push(quoted ?? raw ?? word);
  }
  return words;
}
