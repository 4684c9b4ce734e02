/** The report line: what happened to the step and why, in one line on stderr. */
import { oneLine } from '../base/one-line.ts';
import type { Outcome, StepReport } from '../step/outcome.ts';
import { bypassText, missText, notStoredText, warningText } from './reasons.ts';
import { duration } from './units.ts';

export type Paint = (style: 'good' | 'plain' | 'dim' | 'warn', text: string) => string;

/** One line a warning, each ended by a newline. */
export function warningLines({ warnings }: StepReport, paint: Paint): string {
  return warnings.map((warning) => `wgcache: ${paint('warn', 'warning')}: ${oneLine(warningText(warning))}\n`).join('');
}

/** The report line, ended by a newline. */
export function reportLine(report: StepReport, paint: Paint): string {
  const { outcome } = report;
  const word = paint(
    outcome.kind === 'fresh' || outcome.kind === 'restored' ? 'good' : outcome.kind === 'bypass' ? 'dim' : 'plain',
    outcome.kind,
  );
  return `wgcache: ${word}: ${oneLine(`${report.label}: ${whyText(report)}`)} ${paint('dim', `(${timeText(report)})`)}\n`;
}

function whyText({ outcome, words }: StepReport): string {
  switch (outcome.kind) {
    case 'fresh':
      return words.fresh;
    case 'restored':
      return words.restored;
    case 'seeded':
    case 'miss': {
      const reason = missText(outcome.reason);
      if (outcome.stored.stored) return reason;
      return `${reason}; not stored: ${notStoredText(outcome.stored.reason)}`;
    }
    case 'bypass':
      return bypassText(outcome.reason);
  }
}

function timeText({ outcome, totalMs }: StepReport): string {
  if (isHit(outcome)) return `${duration(totalMs)}, saved ${duration(Math.max(0, outcome.savedMs - totalMs))}`;
  return `ran ${duration(outcome.ranMs)}`;
}

export function isHit(outcome: Outcome): outcome is Extract<Outcome, { kind: 'fresh' | 'restored' }> {
  return outcome.kind === 'fresh' || outcome.kind === 'restored';
}
