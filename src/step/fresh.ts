/** What of a record's outputs is not as it should be: nothing to do means `fresh`. */
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../base/json.ts';
import { insideName, isUtf8Name } from '../base/paths.ts';
import { FACT_VERSIONS } from '../facts/index.ts';
import type { FactName, OutputRule } from '../plugin.ts';
import type { RecordedOutput, StepRecord } from '../store/record.ts';
import { Bypass } from './bypass.ts';
import type { Collected } from './collect.ts';
import { isExecutable, isOpen, portableTarget } from './observe.ts';
import type { MissReason } from './outcome.ts';
import type { Mirror } from './remote.ts';
import { covers, fitsRules } from './rules.ts';
import { namesOf } from './tree.ts';

/** `mode`: permissions of the file that is there and that the command writes into. */
type Writing = RecordedOutput & { readonly mode?: number };

export interface Repair {
  /** Why the record cannot be applied: the command must run. */
  readonly refused: MissReason | null;
  /** Outputs that are missing or other than recorded. */
  readonly write: readonly Writing[];
  /** Absolute paths the tool would have deleted. */
  readonly remove: readonly string[];
  /** Helm's own index files that are not what the server says. */
  readonly mirrors: readonly Mirror[];
}

const NOTHING = { write: [], remove: [], mirrors: [] };

export async function repairOf(record: StepRecord, collected: Collected): Promise<Repair> {
  const { declaration, context, mirrors } = collected;
  // A record may come from a plugin that declared other outputs, or from somebody's hand: it may write where the step may, no further.
  if (!fitsRules(record.outputs, declaration.outputs, context))
    return { ...NOTHING, refused: { code: 'record-damaged' } };
  try {
    const write = await wrong(record, collected);
    const other =
      write.length > 0 ? (await import('./standing.ts')).standing(declaration.outputs, context, write) : null;
    if (other !== null)
      return { ...NOTHING, refused: { code: 'restore-failed', path: other, detail: 'another file is there' } };
    return {
      refused: null,
      write,
      remove: await strays(record, collected),
      mirrors: mirrors.filter(({ index, digest }) => context.digestAt(index) !== digest),
    };
  } catch (error) {
    if (error instanceof Bypass) return { ...NOTHING, refused: refusalOf(error) };
    throw error;
  }
}

/** What cannot be looked at cannot be put right. */
export function refusalOf({ reason }: Bypass): MissReason {
  return {
    code: 'restore-failed',
    path: 'path' in reason ? reason.path : '',
    detail: 'detail' in reason ? reason.detail : reason.code,
  };
}

export function isNothing(repair: Repair): boolean {
  const { refused, write, remove, mirrors } = repair;
  return refused === null && write.length === 0 && remove.length === 0 && mirrors.length === 0;
}

/** In the record's order: a directory before what it holds. What lies in a directory that is none is not there, even if a link leads to it. */
async function wrong(record: StepRecord, collected: Collected): Promise<Writing[]> {
  const found: Writing[] = [];
  const above: string[] = [];
  for (const output of record.outputs) {
    const { path } = output;
    const wanted = withPermissions(output, collected);
    const lost = above.some((dir) => path.startsWith(dir));
    if (!lost && (await isRight(wanted, collected))) continue;
    found.push(wanted);
    if (!lost && output.type === 'dir') above.push(`${path}/`);
  }
  return found;
}

/** What the command writes into keeps its permissions: it stays a program or none, and private. */
function withPermissions(output: RecordedOutput, { declaration, context }: Collected): Writing {
  if (output.type !== 'file') return output;
  const path = join(context.command.root, output.path);
  const rule = declaration.outputs.find((candidate) => candidate.kind === 'file' && covers(candidate, path, context));
  if (rule?.kind !== 'file' || rule.inPlace !== true) return output;
  const { type, link, stat } = context.see(path);
  if (type !== 'file' || link !== null || stat === null) return { ...output, exec: false };
  return { ...output, exec: isExecutable(stat), mode: Number(stat.mode & 0o777n) };
}

async function isRight(output: RecordedOutput, { context, declaration }: Collected): Promise<boolean> {
  const { root } = context.command;
  const path = join(root, output.path);
  const seen = context.see(path);
  switch (output.type) {
    case 'absent':
      return seen.type === 'absent';
    case 'dir':
      return seen.type === 'dir' && seen.link === null && !(output.private === true && isOpen(seen.stat!));
    case 'link':
      return seen.link !== null && portableTarget(root, readlinkSync(path)) === output.target;
    case 'file': {
      if (seen.type !== 'file' || seen.link !== null || isExecutable(seen.stat!) !== output.exec) return false;
      if (output.private === true && isOpen(seen.stat!)) return false;
      if (context.digestAt(path) === output.digest) {
        const timed = declaration.outputs.find((rule) => covers(rule, path, context));
        return !isTimed(timed) || isThen(seen.stat!.mtimeNs, output.mtime);
      }
      if (output.same === undefined || !Object.hasOwn(FACT_VERSIONS, output.same.fact)) return false;
      const value = await context.derive(path, output.same.fact as FactName, null, { quiet: true });
      return fieldOf(value, output.same.field) === output.same.value;
    }
  }
}

/** Python takes compiled code for that of a file by the file's time: one without the other is as good as none. */
export function isTimed(rule: OutputRule | undefined): boolean {
  return rule?.kind === 'packages' || (rule?.kind === 'tree' && rule.keepMtime === true);
}

/** As near as a restore sets it. */
function isThen(actual: bigint, recorded: string | undefined): boolean {
  if (recorded === undefined) return true;
  const apart = actual - BigInt(recorded);
  return apart < 10_000n && apart > -10_000n;
}

/** A text field of a fact's value; null when it is not there. */
export function fieldOf(value: Json, field: string): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const found = (value as { readonly [name: string]: Json })[field];
  return typeof found === 'string' ? found : null;
}

async function strays(record: StepRecord, { declaration, context }: Collected): Promise<string[]> {
  const { root } = context.command;
  const recorded = new Map(record.outputs.map(({ path, type }) => [path, type]));
  const found: string[] = [];
  for (const rule of declaration.outputs) {
    if (rule.kind === 'set') {
      for (const path of await ownedIn(rule, context))
        if (!recorded.has(insideName(root, path) ?? '')) found.push(path);
    } else if (rule.kind === 'listed') {
      const { namedBy } = await import('./packages.ts');
      const named = await namedBy(rule, context);
      found.push(...named.filter((path) => !recorded.has(insideName(root, path) ?? '')));
    } else if (rule.kind === 'packages') {
      const { replacedIn } = await import('./packages.ts');
      found.push(...(await replacedIn(rule, context, recorded)));
    } else if (rule.kind === 'tree' && rule.exclusive) {
      const dir = context.resolve(rule.path);
      const seen = context.see(dir);
      if (seen.type === 'dir' && seen.link === null) straysIn(dir, context, recorded, found);
    }
  }
  return found;
}

/** Links are not followed: what lies behind one is not the step's. A stray directory stands for all it holds. */
function straysIn(
  dir: string,
  context: Collected['context'],
  recorded: ReadonlyMap<string, string>,
  found: string[],
): void {
  for (const entry of context.list(dir)) {
    const path = join(dir, entry.name);
    if (!isUtf8Name(entry.name)) throw new Bypass({ code: 'path-not-utf8', path });
    const type = recorded.get(insideName(context.command.root, path) ?? '');
    if (type === undefined) found.push(path);
    else if (type === 'dir' && entry.isDirectory()) straysIn(path, context, recorded, found);
  }
}

/** The files a `set` rule speaks of, absolute. */
export async function ownedIn(
  rule: Extract<Collected['declaration']['outputs'][number], { kind: 'set' }>,
  context: Collected['context'],
): Promise<string[]> {
  const dir = context.resolve(rule.dir);
  if (context.see(dir).type !== 'dir') return [];
  const owned: string[] = [];
  for (const name of namesOf(context.list(dir))) {
    const path = join(dir, name);
    if (!name.endsWith(rule.suffix) || context.see(path).type !== 'file') continue;
    const value = await context.derive(path, rule.fact, null, { quiet: true });
    if (rule.owns(value)) owned.push(path);
  }
  return owned;
}
