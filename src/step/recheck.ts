/** Inputs minus the step's own outputs, compared before and after a run (promise 3). */
import { insideName } from '../base/paths.ts';
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

/**
 * Of a step whose outputs count for its key: what changed in it must be what was captured, and that must still lie there. An output rule speaks of a whole
 * environment, in which others may have been at work.
 * @param again a look after the capture
 * @returns as {@link changedMeanwhile}
 */
export function meddledWith(
  before: Collected,
  after: Collected,
  again: Collected | Unwatched,
  captured: ReadonlySet<string>,
): string | null {
  if (again.kind === 'bypass') return `the step can no longer be watched (${again.reason.code})`;
  const foreign = changesBetween(before.key.parts, after.key.parts).find(({ part, ...change }) => {
    const name = 'name' in change ? change.name : '';
    const path = after.context.places.get(name) ?? before.context.places.get(name);
    return part !== 'input' || path === undefined || !captured.has(insideName(after.context.command.root, path) ?? '');
  });
  const change = foreign ?? changesBetween(after.key.parts, again.key.parts)[0];
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
