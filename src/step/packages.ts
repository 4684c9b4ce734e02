/** Outputs that are told by lists which installers leave. Off the path of a hit that has none. */
import { basename, dirname, join, resolve } from 'node:path';
import { insideName } from '../base/paths.ts';
import type { WheelRecord } from '../facts/values.ts';
import type { OutputRule } from '../plugin.ts';
import { Bypass } from './bypass.ts';
import type { StepContext } from './context.ts';
import { namesOf } from './tree.ts';

type PackagesRule = Extract<OutputRule, { kind: 'packages' }>;
type ListedRule = Extract<OutputRule, { kind: 'listed' }>;

interface Listed {
  readonly list: string;
  /** Absolute; null: there is no list, or an empty one. */
  readonly files: readonly string[] | null;
}

export async function listedBy(
  rule: PackagesRule,
  context: StepContext,
  claims: (entry: string) => boolean,
): Promise<Listed[]> {
  const library = context.resolve(rule.library);
  if (context.see(library).type !== 'dir') return [];
  const found: Listed[] = [];
  for (const name of namesOf(context.list(library)).filter((entry) => entry.endsWith('.dist-info') && claims(entry))) {
    const list = join(library, name, 'RECORD');
    const record = await context.derive<null, WheelRecord>(list, 'wheel-record', null, { quiet: true });
    const paths = record?.paths ?? [];
    found.push({ list, files: paths.length === 0 ? null : paths.map((path) => resolve(library, path)) });
  }
  return found;
}

/**
 * What an installer deletes of packages that others take the place of: the files, what Python compiled of them, and directories in which nothing is left.
 * @param recorded names of the record's outputs
 * @throws Bypass for a package without a list: an installer refuses it, too; and for a list that names what is no file
 */
export async function replacedIn(
  rule: PackagesRule,
  context: StepContext,
  recorded: ReadonlyMap<string, string>,
): Promise<string[]> {
  const isRecorded = (path: string) => recorded.has(insideName(context.command.root, path) ?? '');
  const top = context.resolve(rule.path);
  const gone = new Set<string>();
  for (const { list, files } of await listedBy(rule, context, rule.replaces)) {
    if (isRecorded(list)) continue;
    if (files === null)
      throw new Bypass({ code: 'unreadable', path: context.nameOf(list), detail: 'missing or empty' });
    for (const path of [list, ...files.flatMap((file) => [file, ...compiledOf(file, context)])])
      if (isFileBelow(top, path, context) && !isRecorded(path)) gone.add(path);
  }
  const library = context.resolve(rule.library);
  const parents = new Set([...gone].flatMap((path) => between(library, path)));
  for (const dir of [...parents].sort((a, b) => b.length - a.length)) {
    const holds = context.see(dir).type === 'dir' ? namesOf(context.list(dir)).map((name) => join(dir, name)) : [];
    const wanted = [...recorded.keys()].some((path) => path.startsWith(`${insideName(context.command.root, dir)}/`));
    if (!wanted && holds.length > 0 && holds.every((path) => gone.has(path))) gone.add(dir);
  }
  return [...gone];
}

/** Python compiles what it imports, listed or not; left alone, it would keep directories alive that are packages by their names. */
function compiledOf(file: string, context: StepContext): string[] {
  const dir = join(dirname(file), '__pycache__');
  if (!file.endsWith('.py') || context.see(dir).type !== 'dir') return [];
  const stem = `${basename(file, '.py')}.`;
  return namesOf(context.list(dir))
    .filter((name) => name.startsWith(stem) && /^[^.]+\.pyc$/.test(name.slice(stem.length)))
    .map((name) => join(dir, name));
}

/** Files a list names, absolute, as far as they are there and below the rule's path. @throws Bypass when it names what is no file */
export async function namedBy(rule: ListedRule, context: StepContext): Promise<string[]> {
  const value = await context.derive(context.resolve(rule.list), rule.fact, null, { quiet: true });
  const top = context.resolve(rule.path);
  const files = value === null ? [] : rule.files(value).map((path) => context.resolve(path));
  return files.filter((path) => isFileBelow(top, path, context));
}

/** A list is a file that anybody may have written: it stands for files and links, never for a directory with all it holds. */
function isFileBelow(top: string, path: string, context: StepContext): boolean {
  const name = insideName(top, path);
  if (name === null) return false;
  if (path.includes('\0'))
    throw new Bypass({ code: 'unreadable', path: '', detail: 'a list names a path that holds NUL' });
  const { type, link } = context.see(path);
  if (type === 'dir' && link === null)
    throw new Bypass({ code: 'unreadable', path: context.nameOf(path), detail: 'a directory in a list of files' });
  return type !== 'absent';
}

/** Directories above a path, below the library. */
function between(library: string, path: string): string[] {
  const found: string[] = [];
  for (let dir = dirname(path); dir !== library && insideName(library, dir) !== null; dir = dirname(dir))
    found.push(dir);
  return found;
}
