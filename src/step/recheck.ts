/** Inputs minus the step's own outputs, compared before and after a run (promise 3). */
import type { Collected, Unwatched } from './collect.ts';
import { changesBetween, type KeyChange } from './diff.ts';
import { covers } from './rules.ts';

/** @returns what changed meanwhile in words for the reason; null when nothing did */
export function changedMeanwhile(before: Collected, after: Collected | Unwatched): string | null {
  if (after.kind === 'bypass') return `the step can no longer be watched (${after.reason.code})`;
  const changes = changesBetween(before.key.parts, after.key.parts).filter(
    (found) => !isOwnOutput(found, before, after),
  );
  const change = changes.find(({ part }) => part === 'input') ?? changes[0]; // a file tells more than what follows from it
  return change === undefined ? null : nameOf(change);
}

function nameOf(change: KeyChange): string {
  return 'name' in change ? change.name : change.part;
}

function isOwnOutput(change: KeyChange, before: Collected, after: Collected): boolean {
  if (change.part !== 'input') return false;
  const path = after.context.places.get(change.name) ?? before.context.places.get(change.name);
  return path !== undefined && before.declaration.outputs.some((rule) => covers(rule, path, before.context));
}
