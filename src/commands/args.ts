/** Reads the command line. Pure, and on the path of every hit: no library (node:util parseArgs costs 0.5 ms more, and its errors name no neighbour). */

import { nearest } from '../base/nearest.ts';
import { isPercent } from '../base/percent.ts';
import { quoteWords } from '../base/shell.ts';
import { WgcacheError } from '../errors.ts';
import { COMMANDS, type CommandName, FLAGS, type FlagName, flagsOf, type StepCommand } from './flags.ts';

/** What the flags before `--` said. `null`: not said. */
export interface StepFlags {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly env: readonly string[];
  readonly secrets: readonly string[];
  readonly tools: readonly string[];
  readonly sha256: readonly string[];
  readonly name: string | null;
  readonly task: string | null;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly log: 'full' | 'errors' | 'none' | null;
  readonly strict: boolean | null;
  readonly json: boolean;
  /** Of `audit`: what is no fault, too. */
  readonly all: boolean;
  readonly stdin: boolean;
  readonly envMode: 'strict' | 'loose' | null;
  /** Per cent. */
  readonly verifyHits: number | null;
}

export interface VerifyFlags {
  readonly repair: boolean;
  readonly json: boolean;
}

/** Sizes and durations as they were typed; `null`: not said. */
export interface GcFlags {
  readonly maxSize: string | null;
  readonly maxAge: string | null;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export type Invocation =
  | { readonly kind: StepCommand; readonly flags: StepFlags; readonly argv: readonly [string, ...string[]] }
  | { readonly kind: 'stats'; readonly json: boolean }
  | { readonly kind: 'tools' | 'prewarm'; readonly words: readonly string[] }
  | { readonly kind: 'verify'; readonly flags: VerifyFlags }
  | { readonly kind: 'gc'; readonly flags: GcFlags }
  | { readonly kind: 'help'; readonly topic: string | null }
  | { readonly kind: 'version' };

export type Values = ReadonlyMap<FlagName, readonly string[]>;

export interface ReadFlags {
  readonly values: Values;
  /** `--help` was among the flags. */
  readonly help: boolean;
  /** Where reading stopped: the index of `--`, of the first word that is no flag, or of the end. */
  readonly stop: number;
}

/**
 * @param argv the words after the program's own name
 * @throws WgcacheError `usage`, with the nearest right word or the corrected command line as hint
 */
export function parseArgs(argv: readonly string[]): Invocation {
  const [first, ...words] = argv;
  switch (first) {
    case undefined:
      return { kind: 'help', topic: null };
    case '--version':
    case '-v':
      return nothingAfter('wgcache --version', words, { kind: 'version' });
    case '--help':
    case '-h':
    case 'help': {
      const [topic = null, ...more] = words;
      return nothingAfter('wgcache help', more, {
        kind: 'help',
        topic: topic === '--help' || topic === '-h' ? 'help' : topic,
      });
    }
    case 'wrap':
    case 'status':
    case 'explain':
    case 'audit':
      return readStep(first, words);
    case 'tools':
    case 'prewarm':
      return { kind: first, words };
    case 'stats':
    case 'verify':
    case 'gc':
      return readBare(first, words);
    default:
      throw unknownCommand(first, argv);
  }
}

function readStep(kind: StepCommand, words: readonly string[]): Invocation {
  const { values, help, stop } = readFlags(kind, words);
  if (help) return { kind: 'help', topic: kind };
  const form = `wgcache ${kind} [flags] -- COMMAND …`;
  if (stop === words.length) throw usage(`wgcache ${kind}: no command given`, form);
  if (words[stop] !== '--') {
    const corrected = ['wgcache', kind, ...words.slice(0, stop), '--', ...words.slice(stop)];
    throw usage(`wgcache ${kind}: the command must stand behind --`, quoteWords(corrected));
  }
  const [program, ...args] = words.slice(stop + 1);
  if (program === undefined || program === '') throw usage(`wgcache ${kind}: no command after --`, form);
  return { kind, flags: stepFlags(values), argv: [program, ...args] };
}

/** Commands that stand alone. */
function readBare(kind: 'stats' | 'verify' | 'gc', words: readonly string[]): Invocation {
  const { values, help, stop } = readFlags(kind, words);
  if (help) return { kind: 'help', topic: kind };
  const json = values.has('json');
  const last = (name: FlagName): string | null => values.get(name)?.at(-1) ?? null;
  const invocation: Invocation =
    kind === 'stats'
      ? { kind, json }
      : kind === 'verify'
        ? { kind, flags: { repair: values.has('repair'), json } }
        : { kind, flags: { maxSize: last('max-size'), maxAge: last('max-age'), dryRun: values.has('dry-run'), json } };
  return nothingAfter(`wgcache ${kind}`, words.slice(stop), invocation);
}

export function stepFlags(values: Values): StepFlags {
  const list = (name: FlagName): readonly string[] => values.get(name) ?? [];
  const last = (name: FlagName): string | null => values.get(name)?.at(-1) ?? null;
  return {
    inputs: list('input'),
    outputs: list('output'),
    env: list('env'),
    secrets: list('secret'),
    tools: list('tool'),
    sha256: list('sha256').map((sum) => sum.toLowerCase()),
    name: last('name'),
    task: last('task'),
    force: values.has('force'),
    dryRun: values.has('dry-run'),
    log: last('log') as StepFlags['log'],
    strict: values.has('strict') ? true : null,
    json: values.has('json'),
    all: values.has('all'),
    stdin: values.has('stdin'),
    envMode: last('env-mode') as StepFlags['envMode'],
    verifyHits: values.has('verify-hits') ? Number(last('verify-hits')) : null,
  };
}

export function readFlags(command: CommandName, words: readonly string[]): ReadFlags {
  const values = new Map<FlagName, readonly string[]>();
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] as string;
    if (word === '--help' || word === '-h') return { values, help: true, stop: at };
    if (word === '--' || word === '-' || !word.startsWith('-')) break;
    const equals = word.indexOf('=');
    const name = flagName(command, equals < 0 ? word : word.slice(0, equals));
    const flag = FLAGS[name];
    let value = equals < 0 ? '' : word.slice(equals + 1);
    if (flag.arg === undefined) {
      if (equals >= 0) throw usage(`wgcache ${command}: --${name} takes no value`);
    } else {
      if (equals < 0 && words[at + 1]?.startsWith('-') === false) value = words[++at] as string;
      checkValue(command, name, value);
    }
    values.set(name, [...(values.get(name) ?? []), value]);
  }
  return { values, help: false, stop: at };
}

function flagName(command: CommandName, typed: string): FlagName {
  const name = typed.replace(/^--?/, '');
  if (typed.startsWith('--') && Object.hasOwn(FLAGS, name)) {
    const { commands } = FLAGS[name as FlagName];
    if (commands.includes(command)) return name as FlagName;
    const others = commands.map((other) => `wgcache ${other}`).join(', ');
    throw usage(`wgcache ${command}: --${name} means nothing here`, `It is a flag of ${others}.`);
  }
  const near = nearest(name, [...flagsOf(command), 'help']);
  throw usage(
    `wgcache ${command}: unknown flag ${typed}`,
    near === null ? `\`wgcache help ${command}\` lists the flags.` : `Did you mean --${near}?`,
  );
}

function checkValue(command: CommandName, name: FlagName, value: string): void {
  const { arg, choices } = FLAGS[name];
  if (value === '') throw usage(`wgcache ${command}: --${name} needs a value`, `--${name}=${arg}`);
  if (choices !== undefined && !choices.includes(value)) {
    throw usage(`wgcache ${command}: --${name} is one of ${choices.join(', ')}; not ${value}`);
  }
  if (name === 'verify-hits' && !isPercent(value))
    throw usage(`wgcache ${command}: --${name} is a number from 0 to 100; not ${value}`);
  if (name === 'sha256' && !/^[0-9a-f]{64}$/i.test(value))
    throw usage(`wgcache ${command}: --${name} is a sum of 64 hex digits; not ${value}`);
  if ((name === 'env' || name === 'secret') && value.includes('=')) {
    throw usage(
      `wgcache ${command}: --${name} takes the name of a variable, not its value`,
      `--${name}=${value.slice(0, value.indexOf('='))}`,
    );
  }
}

function nothingAfter(command: string, words: readonly string[], invocation: Invocation): Invocation {
  if (words.length > 0) throw usage(`${command}: unexpected ${quoteWords(words)}`);
  return invocation;
}

function unknownCommand(typed: string, argv: readonly string[]): WgcacheError {
  if (typed.startsWith('-')) {
    if (argv.includes('--')) return usage('which command of wgcache?', quoteWords(['wgcache', 'wrap', ...argv]));
    const near = nearest(typed.replace(/^--?/, ''), ['help', 'version']);
    return usage(
      `unknown flag ${typed}`,
      near === null ? '`wgcache help` lists the commands.' : `Did you mean --${near}?`,
    );
  }
  const near = nearest(typed, [...COMMANDS, 'version']);
  const meant = near === 'version' ? '--version' : near;
  if (meant !== null && argv.includes('--')) {
    return usage(`unknown command ${typed}`, `Did you mean: ${quoteWords(['wgcache', meant, ...argv.slice(1)])}`);
  }
  const wrapped = `To cache a command: ${quoteWords(['wgcache', 'wrap', '--', ...argv])}`;
  return usage(
    `unknown command ${quoteWords([typed])}`,
    meant === null ? wrapped : `Did you mean \`wgcache ${meant}\`? ${wrapped}`,
  );
}

export function usage(message: string, hint?: string): WgcacheError {
  return new WgcacheError('usage', message, hint === undefined ? {} : { hint });
}
