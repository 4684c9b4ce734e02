/** The flag tables against the real `--help`: a flag we do not know is a bypass, one we misread would be a wrong key. */
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { FLAGS, type FlagKind, GLOBAL_FLAGS, type ReadCommand, shortFlag } from '../../plugins/_helm/flag-tables.ts';

interface RealFlag {
  readonly name: string;
  readonly short: string | null;
  readonly kind: FlagKind;
}

const HELMS = ['WGCACHE_TEST_HELM3', 'WGCACHE_TEST_HELM4'] as const;

/** Types of pflag that can be given again and are split at commas. */
const CSV = new Set(['strings', 'stringToString', 'postRendererArgsSlice']);

function realFlags(variable: string, command: string): { readonly own: RealFlag[]; readonly global: RealFlag[] } {
  const helm = process.env[variable];
  if (helm === undefined) throw new Error(`${variable} must name a helm binary`);
  const help = execFileSync(helm, [...command.split(' '), '--help'], { encoding: 'utf8' });
  const [, own = '', global = ''] = /\nFlags:\n([\s\S]*?)(?:\nGlobal Flags:\n([\s\S]*))?$/.exec(help) ?? [];
  return { own: flagsIn(own), global: flagsIn(global) };
}

function flagsIn(text: string): RealFlag[] {
  return [...text.matchAll(/^ +(?:-(\w), )?--([\w-]+)(?: (\w+))?(\[=[^\]]*\])?(?= {2,}|$)/gm)].map((m) => {
    const [, short = null, name = '', type, optional] = m;
    return { name, short, kind: optional !== undefined ? 'optional' : kindOf(type) };
  });
}

function kindOf(type: string | undefined): FlagKind {
  if (type === undefined) return 'switch';
  if (type === 'stringArray') return 'list';
  return CSV.has(type) ? 'csv' : 'text';
}

/** How many words a flag takes is what must not be wrong; one that is `optional` to us may be a plain switch in one Helm. */
function fits(ours: FlagKind | undefined, real: FlagKind): boolean {
  return ours === real || (ours === 'optional' && real === 'switch');
}

const COMMANDS = Object.keys(FLAGS) as ReadCommand[];
const CASES = HELMS.flatMap((variable) => COMMANDS.map((command) => [variable, command] as const));

describe.each(CASES)('%s: %s', (variable, command) => {
  test('every flag is known, with its arity and its letter', () => {
    const { own, global } = realFlags(variable, command);
    expect(own.length).toBeGreaterThan(0);
    expect(global.length).toBeGreaterThan(10);
    const wrong = [...own, ...global].filter(
      ({ name, kind }) => !fits(FLAGS[command][name] ?? GLOBAL_FLAGS[name], kind),
    );
    expect(wrong).toEqual([]);
    const letters = [...own, ...global].filter(
      ({ short, name }) => short !== null && shortFlag(command, short) !== name,
    );
    expect(letters).toEqual([]);
  });
});

test.each(COMMANDS)('%s: no flag is in the table that no Helm has', (command) => {
  const real = new Set(HELMS.flatMap((variable) => realFlags(variable, command).own.map(({ name }) => name)));
  // Hidden from help, still taken.
  const hidden = new Set(['validate']);
  expect(Object.keys(FLAGS[command]).filter((name) => !real.has(name) && !hidden.has(name))).toEqual([]);
});

test('no global flag is in the table that no Helm has', () => {
  const real = new Set(HELMS.flatMap((variable) => realFlags(variable, 'lint').global.map(({ name }) => name)));
  expect(Object.keys(GLOBAL_FLAGS).filter((name) => !real.has(name) && name !== 'help')).toEqual([]);
});
