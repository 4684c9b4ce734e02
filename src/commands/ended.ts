/** How a wrapped step ended, and what is told of it. */
import type { Collected } from '../step/collect.ts';
import { concealLabel } from '../step/conceal.ts';
import type { Outcome, StepReport, Warning } from '../step/outcome.ts';
import type { WrongFile } from '../step/pins.ts';
import type { Step } from '../step/step.ts';
import type { Check } from '../step/verify-hit.ts';

export interface Ended {
  readonly outcome: Outcome;
  readonly exit: number;
  /** Null for a bypass. */
  readonly seen: Collected | null;
  /** What the plugin calls a step that it does not watch. */
  readonly label?: string | null;
  /** Files that are not what the user's sums say. */
  readonly wrong?: readonly WrongFile[];
  /** A hit that is to be verified. */
  readonly check?: Check;
}

export function reportOf(step: Step, ended: Ended, warnings: readonly Warning[], totalMs: number): StepReport {
  const { outcome, exit, seen, label } = ended;
  return {
    plugin: step.plugin.name,
    label: seen?.declaration.label ?? label ?? bareLabel(step),
    words: seen?.declaration.words ?? { fresh: '', restored: '' },
    outcome,
    key: seen?.key.key ?? null,
    exit,
    totalMs,
    warnings: [
      ...(ended.wrong ?? []),
      ...warnings,
      ...foreignTemps(seen),
      ...step.troubles.details.slice(0, 1).map((detail) => ({ code: 'cache-trouble', detail }) as const),
    ],
  };
}

/** Helm's unfinished downloads, left by a process that was killed: they count as inputs, and nobody but the user may delete them. */
function foreignTemps(seen: Collected | null): Warning[] {
  const names = Object.keys(seen?.key.parts.inputs ?? {}).map((name) => /^(.*?tmpcharts-\d+)(\/| |$)/.exec(name)?.[1]);
  return [...new Set(names)].flatMap((path) => (path === undefined ? [] : [{ code: 'foreign-temp', path }]));
}

/** Names a step nobody declared, for the line and the journal: no flag, nothing behind one (it may be a secret), nothing else that is secret. */
export function bareLabel({ command: { argv }, secrets }: Pick<Step, 'command' | 'secrets'>): string {
  const flag = argv.findIndex((word) => word.startsWith('-'));
  return concealLabel((flag < 0 ? argv : argv.slice(0, Math.max(1, flag))).join(' '), secrets);
}
