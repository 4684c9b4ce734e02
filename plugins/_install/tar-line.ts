/** The command line of GNU tar, as far as it extracts an archive (tar 1.34: `tar.c`, `names.c`). */
import { bypass, unsupported } from '../_helm/bypass.ts';
import type { Unpacking } from './unpacking.ts';
import { type FlagTable, type Line, readLine, spellFlags } from './words.ts';

const TABLE: FlagTable = {
  equals: 'long',
  flags: {
    auto: 'quiet-switch',
    bzip2: 'quiet-switch',
    directory: 'quiet-value',
    exclude: 'list',
    extract: 'quiet-switch',
    file: 'quiet-value',
    gzip: 'quiet-switch',
    lzma: 'quiet-switch',
    'no-same-owner': 'switch',
    'no-same-permissions': 'switch',
    'preserve-permissions': 'switch',
    'same-owner': 'switch',
    'strip-components': 'value',
    touch: 'switch',
    verbose: 'switch',
    xz: 'quiet-switch',
    zstd: 'quiet-switch',
  },
  short: {
    a: 'auto',
    C: 'directory',
    f: 'file',
    j: 'bzip2',
    J: 'xz',
    m: 'touch',
    o: 'no-same-owner',
    p: 'preserve-permissions',
    v: 'verbose',
    x: 'extract',
    z: 'gzip',
  },
};

/** Other names of theirs. */
const ALIASES: Readonly<Record<string, string>> = {
  '--auto-compress': '--auto',
  '--get': '--extract',
  '--gunzip': '--gzip',
  '--ungzip': '--gzip',
  '--same-permissions': '--preserve-permissions',
};

export function tarLine(words: readonly string[]): Unpacking {
  const args = unbundled(words).map((word) => ALIASES[word] ?? word);
  const line = readLine(args, TABLE);
  if (!line.on('extract')) unsupported('tar without x');
  const archive = line.value('file') ?? unsupported('an archive that is not named (f)');
  if (archive === '-') bypass({ code: 'stdin', what: 'tar f -' });
  if (archive.includes(':')) unsupported(`the archive ${archive}, which may be on another machine`);
  if (line.all('file').length > 1) unsupported('several archives');
  const dir = directory(line, args);
  const count = line.value('strip-components') ?? '0';
  if (!/^\d{1,3}$/.test(count)) unsupported(`--strip-components=${count}`);
  for (const word of line.words)
    if (/[*?[\]\\]/.test(word) || word === '') unsupported(`a pattern for members: ${word}`);
  for (const pattern of line.all('exclude'))
    if (/[[\]\\]/.test(pattern) || pattern === '') unsupported(`--exclude=${pattern}`);
  return {
    archive,
    dir,
    args: ['tar', ...spellFlags(line, TABLE), '--', ...line.words],
    keepMtime: !line.on('touch'),
    unlessThere: false,
    makesDir: false,
    take: taker(line, Number(count)),
  };
}

/** `tar xzf FILE`: letters without a dash, whose values follow in their order. */
function unbundled([first = '', ...rest]: readonly string[]): string[] {
  if (first.startsWith('-')) return [first, ...rest];
  const spread: string[] = [];
  for (const letter of first) {
    spread.push(`-${letter}`);
    if (TABLE.flags[TABLE.short?.[letter] ?? '']?.endsWith('value'))
      spread.push(rest.shift() ?? unsupported(`tar ${first} without a value`));
  }
  return [...spread, ...rest];
}

/** It counts for the members named after it, and from the directory before it. */
function directory(line: Line, args: readonly string[]): string | undefined {
  const dirs = line.all('directory');
  if (dirs.length > 1) unsupported('several -C');
  const member = line.words[0];
  const last = Math.max(...args.map((word, at) => (/^(-[a-zA-Z]*C|--directory)/.test(word) ? at : -1)));
  if (dirs.length > 0 && member !== undefined && args.indexOf(member) < last) unsupported('-C after a member');
  return dirs[0];
}

/** @returns where a member goes below the directory; null: it is left out */
function taker(line: Line, strip: number): Unpacking['take'] {
  const wanted = line.words.map((word) => word.replace(/\/+$/, ''));
  const excluded = line.all('exclude').map(excluding);
  return (name) => {
    const plain = name.replace(/\/+$/, '');
    if (wanted.length > 0 && !wanted.some((word) => plain === word || plain.startsWith(`${word}/`))) return null;
    if (excluded.some((pattern) => pattern.test(plain))) return null;
    const parts = plain.split('/');
    return parts.length <= strip ? null : parts.slice(strip).join('/');
  };
}

/** Wildcards that match `/` too, from the beginning of any component, and all that lies below what they match. */
function excluding(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^(?:.*/)?${source}(?:/|$)`, 's');
}
