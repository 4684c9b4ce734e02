/** Reads command lines of install tools. A flag nobody here knows is a bypass: the tool's own run tells what it thinks of it. */
import { bypass, unsupported } from '../_helm/bypass.ts';

/**
 * What a flag takes and does.
 * - `switch`: nothing (or `=true`, `=false`); `value`: a word; `list`: a word, may be repeated.
 * - The same with `quiet-`: says how things are shown, fetched or where they lie meanwhile, and never changes the result.
 * - `no`: not cached.
 */
type FlagKind = 'switch' | 'value' | 'list' | 'quiet-switch' | 'quiet-value' | 'no';

export interface FlagTable {
  /** Name without dashes to kind. */
  readonly flags: Readonly<Record<string, FlagKind>>;
  /** Letter to name. */
  readonly short?: Readonly<Record<string, string>>;
  /** Where a value may stand behind `=`: absent, also after a letter (`-r=FILE`) and after a switch. Elsewhere the program takes it for something else. */
  readonly equals?: 'long' | 'never';
  /** Go's `flag` package: one dash or two, no groups of letters. */
  readonly oneDash?: boolean;
}

export interface Line {
  readonly words: readonly string[];
  /** Values of each flag given, in order; of a switch `true` or `false`. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  on(name: string): boolean;
  value(name: string): string | undefined;
  all(name: string): readonly string[];
}

export function readLine(args: readonly string[], table: FlagTable): Line {
  const values = new Map<string, string[]>();
  const words: string[] = [];
  const rest = [...args];
  const take = (shown: string, name: string, given: string | undefined): void => {
    const kind = Object.hasOwn(table.flags, name) ? table.flags[name] : undefined;
    if (kind === undefined) bypass({ code: 'unknown-flag', flag: shown });
    if (kind === 'no') unsupported(shown);
    const plain = kind.endsWith('switch');
    if (given !== undefined && plain && table.equals !== undefined) bypass({ code: 'unknown-flag', flag: `${shown}=` });
    const value = given ?? (plain ? 'true' : (rest.shift() ?? unsupported(`${shown} without a value`)));
    if (plain && value !== 'true' && value !== 'false') unsupported(`${shown}=${value}`);
    values.set(name, [...(values.get(name) ?? []), value]);
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      words.push(...rest);
      break;
    }
    const [, dashes = '', name = '', , given] = /^(--?)([^=-][^=]*)(=([\s\S]*))?$/.exec(word) ?? [];
    if (dashes === '') words.push(word);
    else if (dashes === '--' && given !== undefined && table.equals === 'never')
      bypass({ code: 'unknown-flag', flag: `--${name}=` });
    else if (dashes === '--' || table.oneDash === true) take(`${dashes}${name}`, name, given);
    else letters(word.slice(1), table, take);
    if (table.oneDash === true && dashes === '') {
      words.push(...rest); // flags end where words begin
      break;
    }
  }
  return {
    words,
    values,
    on: (name) => values.get(name)?.at(-1) === 'true',
    value: (name) => values.get(name)?.at(-1),
    all: (name) => values.get(name) ?? [],
  };
}

/** `-sSo FILE`, `-oFILE`. */
function letters(
  group: string,
  table: FlagTable,
  take: (shown: string, name: string, given: string | undefined) => void,
): void {
  for (let at = 0; at < group.length; at++) {
    const letter = group[at] ?? '';
    const name = table.short?.[letter] ?? bypass({ code: 'unknown-flag', flag: `-${letter}` });
    const rest = group.slice(at + 1);
    if (table.flags[name]?.endsWith('switch')) take(`-${letter}`, name, undefined);
    else {
      if (rest.startsWith('=') && table.equals !== undefined) bypass({ code: 'unknown-flag', flag: `-${letter}=` });
      take(`-${letter}`, name, rest === '' ? undefined : rest.replace(/^=/, ''));
      return;
    }
  }
}

/** Flags in one order, without the quiet ones and those that are left out; of a single value the last counts. */
export function spellFlags(line: Line, table: FlagTable, leftOut: readonly string[] = []): string[] {
  const flags: string[] = [];
  for (const name of [...line.values.keys()].sort()) {
    const kind = table.flags[name] ?? 'no';
    if (kind.startsWith('quiet') || leftOut.includes(name)) continue;
    if (kind === 'switch') flags.push(line.on(name) ? `--${name}` : `--${name}=false`);
    else
      for (const value of kind === 'list' ? line.all(name) : line.all(name).slice(-1)) flags.push(`--${name}=${value}`);
  }
  return flags;
}
