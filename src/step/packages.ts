/** Outputs that are told by lists which installers leave. Off the path of a hit that has none. */
import { dirname, join, resolve } from 'node:path';
import { insideName } from '../base/paths.ts';
import type { WheelRecord } from '../facts/values.ts';
import type { OutputRule } from '../plugin.ts';
import { Bypass } from './bypass.ts';
import type { StepContext } from './context.ts';
import { namesOf } from './tree.ts';

type PackagesRule = Extract<OutputRule, { kind: 'packages' }>;
type ListedRule = Extract<OutputRule, { kind: 'listed' }>;

interface Listed {
  /** The directory that holds the list. */
  readonly dir: string;
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
    const dir = join(library, name);
    const list = join(dir, 'RECORD');
    const record = await context.derive<null, WheelRecord>(list, 'wheel-record', null, { quiet: true });
    const paths = record?.paths ?? [];
    found.push({ dir, list, files: paths.length === 0 ? null : paths.map((path) => resolve(library, path)) });
  }
  return found;
}

/**
 * What an installer deletes of packages that others take the place of: the files, and directories in which nothing is left.
 * @param recorded names of the record's outputs
 * @throws Bypass for a package without a list: an installer refuses it, too
 */
export async function replacedIn(
  rule: PackagesRule,
  context: StepContext,
  recorded: ReadonlyMap<string, string>,
): Promise<string[]> {
  const isRecorded = (path: string) => recorded.has(insideName(context.command.root, path) ?? '');
  const gone = new Set<string>();
  for (const { dir, list, files } of await listedBy(rule, context, rule.replaces)) {
    if (isRecorded(list)) continue;
    if (files === null)
      throw new Bypass({ code: 'unreadable', path: context.nameOf(list), detail: 'missing or empty' });
    const top = context.resolve(rule.path);
    for (const path of files)
      if (insideName(top, path) !== null && !isRecorded(path) && context.see(path).type !== 'absent') gone.add(path);
    gone.add(dir);
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

/** Files a list names, absolute, as far as they are there and below the rule's path. */
export async function namedBy(rule: ListedRule, context: StepContext): Promise<string[]> {
  const value = await context.derive(context.resolve(rule.list), rule.fact, null, { quiet: true });
  const top = context.resolve(rule.path);
  const files = value === null ? [] : rule.files(value).map((path) => context.resolve(path));
  return files.filter((path) => insideName(top, path) !== null && context.see(path).type !== 'absent');
}

/** Directories above a path, below the library. */
function between(library: string, path: string): string[] {
  const found: string[] = [];
  for (let dir = dirname(path); dir !== library && insideName(library, dir) !== null; dir = dirname(dir))
    found.push(dir);
  return found;
}
