/** Which paths the output rules of a step speak of: what it may write, and nothing else. */
import { join } from 'node:path';
import { insideName } from '../base/paths.ts';
import type { OutputRule } from '../plugin.ts';
import type { RecordedOutput } from '../store/record.ts';
import type { StepContext } from './context.ts';

/** Whether a path is an output by this rule, or the directory of a set. */
export function covers(rule: OutputRule, path: string, context: StepContext): boolean {
  switch (rule.kind) {
    case 'file':
      return context.resolve(rule.path) === path;
    case 'listed':
    case 'packages':
    case 'tree':
      return insideName(context.resolve(rule.path), path) !== null;
    case 'members':
      return rule.names.has(insideName(context.resolve(rule.dir), path) ?? '');
    case 'set': {
      const name = insideName(context.resolve(rule.dir), path);
      return name !== null && !name.includes('/') && (name === '.' || name.endsWith(rule.suffix));
    }
  }
}

/** Whether these are outputs such rules give: each allowed by one, and none missing that a rule names. */
export function fitsRules(
  outputs: readonly RecordedOutput[],
  rules: readonly OutputRule[],
  context: StepContext,
): boolean {
  const { root } = context.command;
  const left = new Set(rules.filter(namesOne));
  const members = new Set(rules.flatMap((rule) => (rule.kind === 'members' ? pathsOf(rule, context) : [])));
  for (const { path, type } of outputs) {
    const absolute = join(root, path);
    const rule = rules.find((candidate) => covers(candidate, absolute, context));
    if (rule === undefined || (rule.kind === 'set' && type !== 'file')) return false;
    for (const named of left) if (context.resolve(named.path) === absolute) left.delete(named);
    members.delete(absolute);
  }
  return left.size === 0 && members.size === 0;
}

/** Absolute; none of the names climbs. */
export function pathsOf(rule: Extract<OutputRule, { kind: 'members' }>, context: StepContext): string[] {
  const dir = context.resolve(rule.dir);
  return [...rule.names].map((name) => join(dir, name));
}

/** Rules that stand for one path at least. */
function namesOne(rule: OutputRule): rule is Extract<OutputRule, { kind: 'file' | 'tree' }> {
  return rule.kind === 'file' || rule.kind === 'tree';
}
