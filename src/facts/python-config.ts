import type { Fact } from '../plugin.ts';
import { withoutUser } from './_user-info.ts';
import type { PythonConfig } from './values.ts';

/**
 * As configparser reads it: sections, `key = value` or `key: value`, comments by `#` and `;`, and values that go on in lines set in deeper than
 * their key. What comes before any section is pyvenv.cfg, where nothing goes on.
 */
export const fact: Fact<null, PythonConfig> = {
  name: 'python-config',
  version: 3,
  compute(bytes) {
    const settings: [string, string, string][] = [];
    let section = '';
    let open: (typeof settings)[number] | null = null;
    let depth = 0;
    const text = Buffer.from(bytes)
      .toString('utf8')
      .replace(/^\uFEFF/, '');
    for (const raw of text.split(/\r\n|\r|\n/)) {
      const line = withoutUser(raw);
      const words = line.trim();
      if (words === '' || /^[#;]/.test(words)) continue;
      const within = line.search(/\S/);
      if (open !== null && section !== '' && within > depth) {
        open[2] = `${open[2]} ${words}`.trim();
        continue;
      }
      depth = within;
      const header = /^\[([^\]]*)\]/.exec(words);
      if (header !== null) {
        section = (header[1] ?? '').trim();
        open = null;
        continue;
      }
      const at = words.search(/[=:]/);
      const key = (at < 0 ? words : words.slice(0, at)).trim().toLowerCase();
      open = [section, key, at < 0 ? '' : words.slice(at + 1).trim()];
      if (key !== '') settings.push(open);
    }
    return { settings };
  },
};
