import type { Fact } from '../plugin.ts';
import { hasUserInfo } from './_user-info.ts';
import type { Shebang } from './values.ts';

/** The first line of a script; for a long path, Python's installers write a script of `sh` that begins with `'''exec' "PYTHON" "$0"` (distlib). */
export const fact: Fact<null, Shebang> = {
  name: 'shebang',
  version: 2,
  compute(bytes) {
    const [first = '', second = ''] = Buffer.from(bytes.subarray(0, 4096)).toString('utf8').split('\n', 2);
    const [, interpreter, argument = ''] = /^#!\s*(\S+)(?:[ \t]+(.*?))?\s*$/.exec(first) ?? [];
    if (interpreter === undefined || hasUserInfo(`${first}\n${second}`)) return null;
    const long = interpreter === '/bin/sh' ? /^'''exec' "?([^"]+?)"? "\$0"/.exec(second)?.[1] : undefined;
    return long === undefined ? { interpreter, argument } : { interpreter: long, argument: '' };
  },
};
