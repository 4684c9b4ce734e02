/** Why a step missed: against the nearest earlier record of the same step. Loaded only on a miss. */
import { digestOf } from '../base/digest.ts';
import { readIfThere } from '../store/local.ts';
import { recentKeys } from '../store/recent.ts';
import type { Collected } from './collect.ts';
import { stepId } from './collect.ts';
import { changesBetween, type KeyChange } from './diff.ts';
import type { KeyParts } from './key.ts';
import type { MissReason } from './outcome.ts';
import type { Step } from './step.ts';

export interface Nearest {
  readonly key: string;
  readonly tool: string | null;
  readonly changes: readonly KeyChange[];
}

/** The earlier run of this step with the fewest differences; the latest of several. */
export function nearestOf(step: Step, collected: Collected): Nearest | null {
  const { layout } = step.store;
  let best: Nearest | null = null;
  for (const { key, tool } of recentKeys(layout, recentId(step, collected))) {
    const parts = readParts(step, key);
    if (parts === null) continue;
    const changes = changesBetween(parts, collected.key.parts);
    if (best === null || changes.length < best.changes.length) best = { key, tool, changes };
  }
  return best;
}

export function whyMissed(step: Step, collected: Collected): MissReason {
  const nearest = step.troubles.guard(() => nearestOf(step, collected), null);
  if (nearest === null) return { code: 'first' };
  if (nearest.changes.length === 0) return { code: 'record-gone' };
  return {
    code: 'changed',
    changes: nearest.changes.map((change) =>
      change.part === 'tool' && change.name === collected.declaration.tool?.name
        ? { ...change, before: nearest.tool ?? change.before }
        : change,
    ),
  };
}

export function recentId(step: Step, { declaration }: Collected): string {
  return stepId(step.command.root, step.plugin.name, step.command.cwd, declaration.shape);
}

/** The text the key was made of; null when it is gone or damaged, or the blob is another one. */
function readParts(step: Step, key: string): KeyParts | null {
  const text = readIfThere(step.store.layout.blob(key));
  if (text === null || digestOf(text) !== key) return null;
  try {
    const parts = JSON.parse(text.toString('utf8')) as KeyParts | null;
    const maps = [parts?.tools, parts?.env, parts?.inputs, parts?.facts];
    if (parts === null || !maps.every((map) => typeof map === 'object' && map !== null)) return null;
    return Object.values(parts.tools).every((tool) => typeof tool === 'string') ? parts : null;
  } catch {
    return null;
  }
}
