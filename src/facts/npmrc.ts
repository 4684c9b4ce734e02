import type { Fact } from '../plugin.ts';
import type { Npmrc } from './values.ts';

/** Keys whose values are credentials, of a registry (`//host/:_authToken`) or of all. */
const SECRET = /(^|:)(_\w+|username|email|cert|key|certfile|keyfile|.*(token|password|auth).*)$/i;

/** An ini file: `key = value`, `key[] = value`, comments by `;` or `#`. */
export const fact: Fact<null, Npmrc> = {
  name: 'npmrc',
  version: 1,
  compute(bytes) {
    const settings: [string, string][] = [];
    const variables = new Set<string>();
    for (const line of Buffer.from(bytes)
      .toString('utf8')
      .split(/\r\n|\r|\n/)) {
      const [, key = '', , value = 'true'] = /^\s*([^\s;#=[][^=]*?)\s*(=\s*(.*?)\s*)?$/.exec(line) ?? [];
      if (key === '' || SECRET.test(key)) continue;
      settings.push([key, value.replace(/^(["'])(.*)\1$/, '$2').replace(/\/\/[^/@]*@/, '//')]);
      for (const [, name = ''] of line.matchAll(/\$\{([^}]+)\}/g)) variables.add(name.replace(/\?$/, ''));
    }
    return { settings, variables: [...variables].sort() };
  },
};
