import type { Fact } from '../plugin.ts';
import { withoutUser } from './_user-info.ts';
import type { Npmrc } from './values.ts';

/** Ends of keys whose values are credentials, of a registry (`//host/:_authToken`) or of all. */
const SECRET = /^(_.*|username|email|cert|key|certfile|keyfile)$|token|password|auth/i;

/** An ini file: `key = value`, `key[] = value`, comments by `;` or `#`, also behind a value. What stands in a `[section]` is no setting of npm. */
export const fact: Fact<null, Npmrc> = {
  name: 'npmrc',
  version: 2,
  compute(bytes) {
    const settings: [string, string][] = [];
    let section = '';
    for (const raw of Buffer.from(bytes)
      .toString('utf8')
      .split(/[\r\n]/)) {
      const line = raw.trim();
      if (/^\[[^\]]*\]$/.test(line)) section = `${line} `;
      const at = line.indexOf('=');
      const key = (at < 0 ? line : line.slice(0, at)).trim();
      if (/^([;#[]|$)/.test(key) || SECRET.test(key.slice(key.lastIndexOf(':') + 1))) continue;
      const value = at < 0 ? 'true' : bare(line.slice(at + 1).trim());
      settings.push([section + withoutUser(key), withoutUser(value)]);
    }
    return { settings };
  },
};

/** Without quotes, or without the comment behind it. */
function bare(value: string): string {
  const quote = value[0];
  if (value.length > 1 && (quote === '"' || quote === "'") && value.endsWith(quote)) return value.slice(1, -1);
  const [text = ''] = /^(?:\\.|[^;#\\])*\\?/.exec(value) ?? [];
  return text.replace(/\\([\\;#])/g, '$1').trim();
}
