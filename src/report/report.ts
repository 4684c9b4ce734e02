/** Tells how a step ended: one line for the person, one event for the journal. */

import { errorCode } from '../base/atomic.ts';
import type { StepReport } from '../step/outcome.ts';
import type { Step } from '../step/step.ts';
import { appendEvent, type StepEvent } from '../store/journal.ts';
import { isHit, type Paint, reportLine, warningLines } from './text.ts';

export interface ReportOptions {
  readonly json: boolean;
  /** False: nothing happened that `stats` should count. */
  readonly journal: boolean;
}

export async function reportStep(step: Step, report: StepReport, { json, journal }: ReportOptions): Promise<void> {
  if (journal) step.troubles.guard(() => appendEvent(step.store.layout, eventOf(report)), undefined);
  const text = json ? (await import('./json.ts')).jsonReport(report) : await textOf(step, report);
  try {
    step.host.write(2, text);
  } catch (error) {
    if (errorCode(error) === undefined) throw error; // nobody can take it (a full disk): the step has ended all the same
  }
}

async function textOf(step: Step, report: StepReport): Promise<string> {
  const paint = await painter(step);
  return warningLines(report, paint) + (step.config.report === 'none' ? '' : reportLine(report, paint));
}

const STYLES = { good: 'green', plain: 'yellow', dim: 'dim', warn: 'yellow' } as const;

/** Colours only on a terminal, and never against NO_COLOR. */
async function painter({ host }: Step): Promise<Paint> {
  if ((host.env.NO_COLOR ?? '') !== '' || !host.isTerminal(2)) return (_, text) => text;
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
    bytes: outcome.kind === 'restored' ? outcome.bytes : 0,
    notStored: 'stored' in outcome && !outcome.stored.stored ? outcome.stored.reason.code : null,
  };
}
