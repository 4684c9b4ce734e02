/**
 * Reads a helm command line as pflag does: flags anywhere, `--flag=value`, `--flag value`, `-fvalue`, switches with
 * `=false`, `--` before words that are no flags. Whatever Helm itself would refuse, or nobody here has heard of, is a
 * bypass: the run then tells the user in Helm's words.
 */
import { bypass, unsupported } from './bypass.ts';
import { type FlagKind, flagOf, type ReadCommand, shortFlag } from './flag-tables.ts';
import { helmCommand, helmWords } from './subcommand.ts';

export interface CommandLine {
  readonly command: ReadCommand;
  /** Words after the command's own. */
  readonly words: readonly string[];
  /** Names of the flags given, in the order first seen. */
  readonly given: readonly string[];
  /** A switch; off when not given. */
  on(name: string): boolean;
  /** The last value of a flag; `undefined` when not given. An `optional` flag without value gives the empty string. */
  value(name: string): string | undefined;
  /** All values of a repeatable flag, in order; commas of a `csv` flag are taken apart. */
  all(name: string): readonly string[];
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

export function readCommandLine(argv: readonly string[], command: ReadCommand): CommandLine {
  const values = new Map<string, string[]>();
  const words: string[] = [];
  const add = (name: string, kind: FlagKind, value: string) => {
    const list = values.get(name) ?? [];
    if (kind === 'csv') list.push(...splitCsv(name, value));
    else list.push(value);
    values.set(name, list);
  };
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i]!;
    const next = (flag: string): string => {
      i++;
      return argv[i] ?? unsupported(`${flag} without a value`);
    };
    if (word === '--') {
      words.push(...argv.slice(i + 1));
      break;
    }
    if (word.startsWith('--')) readLong(command, word, add, next);
    else if (word.startsWith('-') && word !== '-') readShort(command, word, add, next);
    else words.push(word);
  }
  const own = helmWords(argv) ?? [];
  // Helm finds its command before it knows the command's flags; where the two readings differ we do not guess.
  if (helmCommand(argv) !== command || own.some((word, i) => words[i] !== word))
    unsupported('flags before the command');
  for (const [name, list] of values) {
    if (flagOf(command, name)?.kind === 'switch' && list.some((v) => !TRUE.has(v) && !FALSE.has(v))) {
      unsupported(`--${name}=${list.at(-1)}`);
    }
  }
  return {
    command,
    words: words.slice(own.length),
    given: [...values.keys()],
    on: (name) => TRUE.has(values.get(name)?.at(-1) ?? 'false'),
    value: (name) => values.get(name)?.at(-1),
    all: (name) => values.get(name) ?? [],
  };
}

type Add = (name: string, kind: FlagKind, value: string) => void;
type Next = (flag: string) => string;

function readLong(command: ReadCommand, word: string, add: Add, next: Next): void {
  const equals = word.indexOf('=');
  const name = word.slice(2, equals === -1 ? undefined : equals);
  const flag = flagOf(command, name) ?? bypass({ code: 'unknown-flag', flag: `--${name}` });
  if (equals !== -1) add(flag.name, flag.kind, word.slice(equals + 1));
  else if (flag.kind === 'switch') add(flag.name, flag.kind, 'true');
  else if (flag.kind === 'optional') add(flag.name, flag.kind, '');
  else add(flag.name, flag.kind, next(`--${name}`));
}

/** A group of one-letter flags: `-gf values.yaml`, `-nprod`, `-f=values.yaml`. */
function readShort(command: ReadCommand, word: string, add: Add, next: Next): void {
  for (let rest = word.slice(1); rest !== ''; ) {
    const letter = rest[0]!;
    const name = shortFlag(command, letter);
    const flag = name === null ? null : flagOf(command, name);
    if (flag === null) bypass({ code: 'unknown-flag', flag: `-${letter}` });
    rest = rest.slice(1);
    if (rest.startsWith('=')) {
      add(flag.name, flag.kind, rest.slice(1));
      return;
    }
    if (flag.kind === 'switch') {
      add(flag.name, flag.kind, 'true');
      continue;
    }
    add(flag.name, flag.kind, rest === '' ? next(`-${letter}`) : rest);
    return;
  }
}

function splitCsv(name: string, value: string): string[] {
  // pflag reads these with a CSV reader; quotes and line breaks are its own dialect.
  if (/["\r\n]/.test(value)) unsupported(`quotes in --${name}`);
  return value === '' ? [] : value.split(',');
}
