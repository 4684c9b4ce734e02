/** The command line of Info-ZIP's unzip, as far as it extracts an archive (6.00). */
import { bypass, unsupported } from '../_helm/bypass.ts';
import type { Unpacking } from './unpacking.ts';
import { type FlagTable, readLine, spellFlags } from './words.ts';

/** Not here: to list, test or print, to convert texts or names, to pick by pattern, to decrypt. */
const TABLE: FlagTable = {
  equals: 'never',
  flags: {
    dir: 'quiet-value',
    junk: 'switch',
    never: 'switch',
    overwrite: 'switch',
    quiet: 'quiet-switch',
    exclude: 'no',
    freshen: 'no',
    list: 'no',
    print: 'no',
    screen: 'no',
    test: 'no',
    update: 'no',
    verbose: 'no',
    comment: 'no',
    info: 'no',
    text: 'no',
    binary: 'no',
    lower: 'no',
    nocase: 'no',
    owner: 'no',
    password: 'no',
  },
  short: {
    d: 'dir', j: 'junk', n: 'never', o: 'overwrite', q: 'quiet', x: 'exclude', f: 'freshen', l: 'list', p: 'print', c: 'screen', t: 'test',
    u: 'update', v: 'verbose', z: 'comment', Z: 'info', a: 'text', b: 'binary', L: 'lower', C: 'nocase', X: 'owner', P: 'password',
  }, // biome-ignore format: a list to read
};

export function unzipLine(args: readonly string[]): Unpacking {
  // -D is counted: twice, files too get the time of now.
  const untimed = args.join(' ').match(/(^| )-[a-zA-Z]*D/) !== null;
  if (untimed) unsupported('unzip -D');
  const long = args.find((word) => word.startsWith('--'));
  if (long !== undefined) bypass({ code: 'unknown-flag', flag: long }); // it has letters alone
  const line = readLine(args, TABLE);
  const [archive, ...members] = line.words;
  if (archive === undefined) unsupported('no archive');
  // Behind the archive stand names of members, also where they look like flags; -d and -x alone are heard there.
  const behind = args.slice(args.indexOf(archive) + 1).find((word) => /^-(?![dx])/.test(word));
  if (behind !== undefined) unsupported(`${behind} behind the archive`);
  for (const word of line.words) if (/[*?[\]\\]/.test(word)) unsupported(`a pattern: ${word}`);
  if (line.on('overwrite') && line.on('never')) unsupported('-o and -n');
  const junk = line.on('junk');
  return {
    archive,
    dir: line.value('dir'),
    args: ['unzip', ...spellFlags(line, TABLE), '--', ...members],
    keepMtime: true,
    unlessThere: !line.on('overwrite'),
    makesDir: true,
    take(name) {
      if (members.length > 0 && !members.includes(name)) return null;
      if (!junk) return name.replace(/\/$/, '');
      return name.endsWith('/') ? null : name.replace(/^.*\//, '');
    },
  };
}
