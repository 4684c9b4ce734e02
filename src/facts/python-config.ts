import type { Fact } from '../plugin.ts';
import { withoutUser } from './_user-info.ts';
import type { PythonConfig } from './values.ts';

/** As configparser reads it: sections, `key = value` or `key: value`, values that go on in indented lines, comments by `#` and `;`. */
export const fact: Fact<null, PythonConfig> = {
  name: 'python-config',
  version: 2,
  compute(bytes) {
    const settings: [string, string, string][] = [];
    let section = '';
    const text = Buffer.from(bytes)
      .toString('utf8')
      .replace(/^\uFEFF/, '');
    for (const raw of text.split(/\r\n|\r|\n/)) {
      const line = withoutUser(raw);
      if (/^\s*([#;]|$)/.test(line)) continue;
      const header = /^\[([^\]]*)\]/.exec(line);
      const last = settings.at(-1);
      const at = line.search(/[=:]/);
      const key = (at < 0 ? line : line.slice(0, at)).trim().toLowerCase();
      if (header !== null) section = (header[1] ?? '').trim();
      else if (/^\s/.test(line) && last !== undefined) last[2] = `${last[2]} ${line.trim()}`.trim();
      else if (key !== '') settings.push([section, key, at < 0 ? '' : line.slice(at + 1).trim()]);
    }
    return { settings };
  },
};
