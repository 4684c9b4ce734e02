/** The report line of a hit. Apart, since a hit loads no texts of reasons. */
import { oneLine } from '../base/one-line.ts';
import type { Outcome, StepReport } from '../step/outcome.ts';
import { duration } from './units.ts';

export type Paint = (style: 'good' | 'plain' | 'dim' | 'warn', text: string) => string;

export type HitOutcome = Extract<Outcome, { kind: 'fresh' | 'restored' }>;

export function isHit(outcome: Outcome): outcome is HitOutcome {
  return outcome.kind === 'fresh' || outcome.kind === 'restored';
}

/** Ended by a newline. */
export function hitLine({ label, words, totalMs }: StepReport, { kind, savedMs }: HitOutcome, paint: Paint): string {
  const times = `${duration(totalMs)}, saved ${duration(Math.max(0, savedMs - totalMs))}`;
  return `wgcache: ${paint('good', kind)}: ${oneLine(`${label}: ${words[kind]}`)} ${paint('dim', `(${times})`)}\n`;
}
