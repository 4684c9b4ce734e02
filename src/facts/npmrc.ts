import type { Fact } from '../plugin.ts';
import { withoutUser } from './_user-info.ts';
import type { Npmrc } from './values.ts';

/** Ends of keys whose values are credentials, of a registry (`//host/:_authToken`) or of all. */
const SECRET = /^(_.*|username|email|cert|key|certfile|keyfile)$|token|password|auth/i;

/** An ini file: `key = value`, `key[] = value`, comments by `;` or `#`. */
export const fact: Fact<null, Npmrc> = {
  name: 'npmrc',
  version: 1,
  compute(bytes) {
    const settings: [string, string][] = [];
    const variables = new Set<string>();
    for (const raw of Buffer.from(bytes)
      .toString('utf8')
      .split(/[\r\n]/)) {
      const line = raw.trim();
      const at = line.indexOf('=');
      const key = (at < 0 ? line : line.slice(0, at)).trim();
      if (/^([;#[]|$)/.test(key) || SECRET.test(key.slice(key.lastIndexOf(':') + 1))) continue;
      const value = at < 0 ? 'true' : withoutQuotes(line.slice(at + 1).trim());
      settings.push([withoutUser(key), withoutUser(value)]);
      for (const part of line.split('${').slice(1)) variables.add(part.split('}', 1)[0]?.replace(/\?$/, '') ?? '');
    }
    return { settings, variables: [...variables].sort() };
  },
};

function withoutQuotes(value: string): string {
  const quote = value[0];
  return value.length > 1 && (quote === '"' || quote === "'") && value.endsWith(quote) ? value.slice(1, -1) : value;
}
