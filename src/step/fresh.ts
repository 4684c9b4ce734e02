/** What of a record's outputs is not as it should be: nothing to do means `fresh`. */
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../base/json.ts';
import { insideName } from '../base/paths.ts';
import type { FactName } from '../plugin.ts';
import type { RecordedOutput, StepRecord } from '../store/record.ts';
import type { Collected } from './collect.ts';
import { isExecutable, portableTarget } from './observe.ts';
import type { Mirror } from './remote.ts';
import { namesIn } from './tree.ts';

export interface Repair {
  /** Outputs that are missing or other than recorded. */
  readonly write: readonly RecordedOutput[];
  /** Absolute paths the tool would have deleted. */
  readonly remove: readonly string[];
  /** Helm's own index files that are not what the server says. */
  readonly mirrors: readonly Mirror[];
}

export async function repairOf(record: StepRecord, collected: Collected): Promise<Repair> {
  const write: RecordedOutput[] = [];
  for (const output of record.outputs) if (!(await isRight(output, collected))) write.push(output);
  const mirrors = collected.mirrors.filter(({ index, digest }) => collected.context.digestAt(index) !== digest);
  return { write, remove: await strays(record, collected), mirrors };
}

export function isNothing(repair: Repair): boolean {
  return repair.write.length === 0 && repair.remove.length === 0 && repair.mirrors.length === 0;
}

async function isRight(output: RecordedOutput, { context }: Collected): Promise<boolean> {
  const { root } = context.command;
  const path = join(root, output.path);
  const seen = context.see(path);
  switch (output.type) {
    case 'absent':
      return seen.type === 'absent';
    case 'dir':
      return seen.type === 'dir' && seen.link === null;
    case 'link':
      return seen.link !== null && portableTarget(root, readlinkSync(path)) === output.target;
    case 'file': {
      if (seen.type !== 'file' || seen.link !== null || isExecutable(seen.stat!) !== output.exec) return false;
      if (context.digestAt(path) === output.digest) return true;
      if (output.same === undefined) return false;
      const value = await context.derive(path, output.same.fact as FactName, null, { quiet: true });
      return fieldOf(value, output.same.field) === output.same.value;
    }
  }
}

/** A text field of a fact's value; null when it is not there. */
export function fieldOf(value: Json, field: string): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const found = (value as { readonly [name: string]: Json })[field];
  return typeof found === 'string' ? found : null;
}

async function strays(record: StepRecord, { declaration, context }: Collected): Promise<string[]> {
  const { root } = context.command;
  const recorded = new Set(record.outputs.map((output) => output.path));
  const found: string[] = [];
  for (const rule of declaration.outputs) {
    if (rule.kind === 'set') {
      for (const path of await ownedIn(rule, context))
        if (!recorded.has(insideName(root, path) ?? '')) found.push(path);
    } else if (rule.kind === 'tree' && rule.exclusive) {
      const dir = context.resolve(rule.path);
      const entries = context.tree(dir, { quiet: true }) ?? [];
      for (const { path } of entries) if (!recorded.has(insideName(root, path) ?? '')) found.push(path);
    }
  }
  return found;
}

/** The files a `set` rule speaks of, absolute. */
export async function ownedIn(
  rule: Extract<Collected['declaration']['outputs'][number], { kind: 'set' }>,
  context: Collected['context'],
): Promise<string[]> {
  const dir = context.resolve(rule.dir);
  if (context.see(dir).type !== 'dir') return [];
  const owned: string[] = [];
  for (const name of namesIn(dir)) {
    const path = join(dir, name);
    if (!name.endsWith(rule.suffix) || context.see(path).type !== 'file') continue;
    const value = await context.derive(path, rule.fact, null, { quiet: true });
    if (rule.owns(value)) owned.push(path);
  }
  return owned;
}
