/** The report line: what happened to the step and why, in one line on stderr. */
import { oneLine } from '../base/one-line.ts';
import type { Outcome, StepReport, Warning } from '../step/outcome.ts';
import { type HitOutcome, hitLine, isHit, type Paint } from './hit.ts';
import { bypassText, missText, notStoredText, seededText, warningText } from './reasons.ts';
import { duration } from './units.ts';

/** One line a warning, each ended by a newline. */
export function warningLines({ warnings }: StepReport, paint: Paint): string {
  const word = ({ code }: Warning): string => (code === 'wrong-file' ? 'error' : 'warning');
  return warnings.map((one) => `wgcache: ${paint('warn', word(one))}: ${oneLine(warningText(one))}\n`).join('');
}

/** The report line, ended by a newline. */
export function reportLine(report: StepReport, paint: Paint): string {
  const { outcome, label } = report;
  if (isHit(outcome)) return hitLine(report, outcome, paint);
  const word = paint(outcome.kind === 'bypass' ? 'dim' : 'plain', outcome.kind);
  const times = paint('dim', `(ran ${duration(outcome.ranMs)})`);
  return `wgcache: ${word}: ${oneLine(`${label}: ${whyText(outcome)}`)} ${times}\n`;
}

function whyText(outcome: Exclude<Outcome, HitOutcome>): string {
  switch (outcome.kind) {
    case 'seeded':
    case 'miss': {
      const reason = missText(outcome.reason) + (outcome.kind === 'seeded' ? `; ${seededText(outcome)}` : '');
      if (outcome.stored.stored) return reason;
      return `${reason}; not stored: ${notStoredText(outcome.stored.reason)}`;
    }
    case 'bypass':
      return bypassText(outcome.reason);
  }
}
