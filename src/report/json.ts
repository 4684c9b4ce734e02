/** The outcome as one JSON line (cache-spec/events.md): codes, never texts alone. */
import type { StepReport } from '../step/outcome.ts';
import { bypassText, missText, notStoredText } from './reasons.ts';

export function jsonReport({ plugin, label, outcome, key, exit, totalMs, warnings }: StepReport): string {
  return `${JSON.stringify({ v: 1, plugin, label, key, exit, totalMs: round(totalMs), ...fields(outcome), warnings })}\n`;
}

function fields(outcome: StepReport['outcome']): object {
  switch (outcome.kind) {
    case 'fresh':
      return { outcome: 'fresh', savedMs: outcome.savedMs };
    case 'restored':
      return {
        outcome: 'restored',
        savedMs: outcome.savedMs,
        written: outcome.written,
        removed: outcome.removed,
        bytes: outcome.bytes,
      };
    case 'seeded':
    case 'miss':
      return {
        outcome: outcome.kind,
        ...(outcome.kind === 'seeded' ? { from: outcome.from, files: outcome.files, bytes: outcome.bytes } : {}),
        reason: { ...outcome.reason, text: missText(outcome.reason) },
        ranMs: round(outcome.ranMs),
        stored: outcome.stored.stored,
        ...(outcome.stored.stored
          ? {}
          : { notStored: { ...outcome.stored.reason, text: notStoredText(outcome.stored.reason) } }),
      };
    case 'bypass':
      return {
        outcome: 'bypass',
        reason: { ...outcome.reason, text: bypassText(outcome.reason) },
        ranMs: round(outcome.ranMs),
      };
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
