import type { Fact } from '../plugin.ts';
import type { GoEnv } from './values.ts';

/** As `go env -w` writes it and cmd/go reads it: `NAME=value` a line, no quotes, no continuation; other lines are passed over. */
export const fact: Fact<null, GoEnv> = {
  name: 'go-env',
  version: 3,
  compute(bytes) {
    const values: [string, string][] = [];
    for (const line of Buffer.from(bytes).toString('utf8').split('\n')) {
      const at = line.indexOf('=');
      // "Line is not a variable": what does not begin with a capital letter.
      if (at > 0 && /^[A-Z]/.test(line)) values.push([line.slice(0, at), withoutNames(line.slice(at + 1))]);
    }
    return { values: Object.fromEntries(values) }; // the last of two counts
  },
};

/** Facts are remembered as text: of credentials in an address the `@` is left, which tells that there are some. */
function withoutNames(text: string): string {
  return text.replace(/\/\/[^/@]*@/g, '//@');
}
