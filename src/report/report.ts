/** Tells how a step ended: one line for the person, one event for the journal. */

import { errorCode } from '../base/atomic.ts';
import type { ReportMode } from '../config.ts';
import { type Host, ownLines } from '../host.ts';
import type { StepReport } from '../step/outcome.ts';
import type { Troubles } from '../step/trouble.ts';
import { appendEvent, type StepEvent } from '../store/journal.ts';
import type { Layout } from '../store/layout.ts';
import { hitLine, isHit, type Paint } from './hit.ts';

export interface ReportOptions {
  readonly json: boolean;
  /** False: nothing happened that `stats` should count. */
  readonly journal: boolean;
}

/** Where reports go. */
export interface Reporting {
  readonly host: Host;
  readonly layout: Layout;
  readonly troubles: Troubles;
  readonly mode: ReportMode;
}

export async function reportStep(to: Reporting, report: StepReport, { json, journal }: ReportOptions): Promise<void> {
  if (journal) journalStep(to, report);
  const text = json ? (await import('./json.ts')).jsonReport(report) : await textOf(to, report);
  try {
    to.host.write(2, ownLines(to.host, text));
  } catch (error) {
    if (errorCode(error) === undefined) throw error; // nobody can take it (a full disk): the step has ended all the same
  }
}

/** One event, for `stats`. */
export function journalStep({ troubles, layout }: Reporting, report: StepReport): void {
  troubles.guard(() => appendEvent(layout, eventOf(report)), undefined);
}

async function textOf({ host, mode }: Reporting, report: StepReport): Promise<string> {
  const paint = await painter(host);
  const { outcome, warnings } = report;
  if (isHit(outcome) && warnings.length === 0) return mode === 'none' ? '' : hitLine(report, outcome, paint);
  const { reportLine, warningLines } = await import('./text.ts');
  return warningLines(report, paint) + (mode === 'none' ? '' : reportLine(report, paint));
}

const STYLES = { good: 'green', plain: 'yellow', dim: 'dim', warn: 'yellow' } as const;

/** Colours only on a terminal, and never against NO_COLOR. */
export async function painter(host: Host, stream: 1 | 2 = 2): Promise<Paint> {
  if ((host.env.NO_COLOR ?? '') !== '' || !host.isTerminal(stream)) return (_, text) => text;
  const { styleText } = await import('node:util');
  return (style, text) => styleText(STYLES[style], text, { validateStream: false });
}

function eventOf({ plugin, label, outcome, key, exit, totalMs }: StepReport): StepEvent {
  const hit = isHit(outcome);
  return {
    v: 1,
    at: new Date().toISOString(),
    plugin,
    label,
    outcome: outcome.kind,
    reason: hit ? null : outcome.reason.code,
    key,
    exit,
    totalMs: Math.round(totalMs),
    ranMs: Math.round(hit ? outcome.savedMs : outcome.ranMs),
    bytes: 'bytes' in outcome ? outcome.bytes : 0,
    notStored: 'stored' in outcome && !outcome.stored.stored ? outcome.stored.reason.code : null,
  };
}
