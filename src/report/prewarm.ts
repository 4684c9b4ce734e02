/** What `wgcache prewarm` says in the end: a table, or JSON. */
import { oneLine } from '../base/one-line.ts';
import type { WgcacheError } from '../errors.ts';
import type { StepReport } from '../step/outcome.ts';
import type { Installed } from '../tools/install.ts';
import type { Planned } from '../tools/plan.ts';
import type { Tried } from '../tools/trying.ts';
import { isHit, type Paint } from './hit.ts';
import { bypassText, missText, notStoredText } from './reasons.ts';
import { problemText } from './tools.ts';
import { bytes, duration } from './units.ts';

export type WarmEnd =
  | { readonly how: 'installed'; readonly result: Tried<Installed> }
  /** Of a dry run. */
  | { readonly how: 'planned'; readonly result: Tried<Planned> }
  | { readonly how: 'wrapped'; readonly report: StepReport; readonly dryRun: boolean }
  | { readonly how: 'refused'; readonly error: WgcacheError }
  /** Its tool could not be had; or, in a dry run, is not there yet. */
  | { readonly how: 'without-tool'; readonly tool: string; readonly dryRun: boolean }
  /** A signal came before. */
  | { readonly how: 'stopped' };

/** One entry of the config, done with. */
export interface Warmed {
  readonly name: string;
  readonly kind: 'tool' | 'step';
  readonly ms: number;
  readonly end: WarmEnd;
  /** The last lines of what a step printed. */
  readonly output: readonly string[];
}

type WarmOutcome = 'fresh' | 'restored' | 'made' | 'seeded' | 'miss' | 'bypass' | 'failed' | 'stopped' | 'unknown';

export interface Verdict {
  readonly outcome: WarmOutcome;
  /** The cache has it now (in a dry run: would have it). */
  readonly warm: boolean;
  readonly why: string;
}

export function verdictOf({ end }: Warmed): Verdict {
  switch (end.how) {
    case 'installed':
    case 'planned':
      return toolVerdict(end.result);
    case 'wrapped':
      return stepVerdict(end.report, end.dryRun);
    case 'refused':
      return { outcome: 'failed', warm: false, why: end.error.message };
    case 'without-tool':
      return end.dryRun
        ? { outcome: 'unknown', warm: false, why: `depends on ${end.tool}, which is not in place yet` }
        : { outcome: 'failed', warm: false, why: `${end.tool} could not be installed` };
    case 'stopped':
      return { outcome: 'stopped', warm: false, why: '' };
  }
}

function toolVerdict(result: Tried<Installed | Planned>): Verdict {
  if (!result.ok)
    return { outcome: 'failed', warm: false, why: problemText(result.problem).text.split('\n', 1)[0] ?? '' };
  const { value } = result;
  const size = 'bytes' in value && value.bytes > 0 ? `, ${bytes(value.bytes)}` : '';
  const why = value.version === null ? `${result.wanted.version} is found out first` : value.version + size;
  return { outcome: value.how === 'installed' ? 'made' : value.how, warm: true, why };
}

function stepVerdict({ outcome, exit, words }: StepReport, dryRun: boolean): Verdict {
  if (isHit(outcome)) return { outcome: outcome.kind, warm: true, why: words[outcome.kind] };
  if (outcome.kind === 'bypass') return { outcome: 'bypass', warm: false, why: bypassText(outcome.reason) };
  const { stored } = outcome;
  const because = missText(outcome.reason);
  if (stored.stored || dryRun) return { outcome: outcome.kind, warm: true, why: because };
  if (exit !== 0) return { outcome: 'failed', warm: false, why: notStoredText(stored.reason) };
  return { outcome: outcome.kind, warm: false, why: `${because}; not stored: ${notStoredText(stored.reason)}` };
}

const STYLE: Readonly<Record<WarmOutcome, 'good' | 'plain' | 'dim' | 'warn'>> = {
  fresh: 'good',
  restored: 'good',
  made: 'plain',
  seeded: 'plain',
  miss: 'plain',
  bypass: 'dim',
  failed: 'warn',
  stopped: 'warn',
  unknown: 'dim',
};

/** A line as each one ends, ended by a newline. */
export function warmLine(warmed: Warmed, at: string): string {
  const { outcome, why } = verdictOf(warmed);
  return `wgcache: ${at} ${oneLine(`${warmed.name}: ${outcome}${why === '' ? '' : `: ${why}`}`)} (${duration(warmed.ms)})\n`;
}

/** What to do next about a failure; `''` when nobody knows. */
export function warmHint({ end }: Warmed): string {
  const hint =
    end.how === 'refused'
      ? end.error.hint
      : (end.how === 'installed' || end.how === 'planned') && !end.result.ok
        ? problemText(end.result.problem).hint
        : undefined;
  return hint === undefined ? '' : `         ${oneLine(hint)}\n`;
}

export interface Whole {
  readonly dryRun: boolean;
  readonly ms: number;
}

export function warmTable(all: readonly Warmed[], { dryRun, ms }: Whole, paint: Paint): string {
  const rows = all.map((one) => ({ one, verdict: verdictOf(one) }));
  const cells = [
    ['name', 'kind', dryRun ? 'would be' : 'outcome', 'time', 'why'],
    ...rows.map(({ one, verdict }) => [
      one.name,
      one.kind,
      verdict.outcome,
      dryRun || verdict.outcome === 'stopped' ? '' : duration(one.ms),
      verdict.why,
    ]),
  ].map((row) => row.map(oneLine));
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row, at) =>
    row
      .map((cell, column) => {
        const padded = column === row.length - 1 ? cell : cell.padEnd(widths[column]!);
        const verdict = rows[at - 1]?.verdict;
        return column === 2 && verdict !== undefined ? paint(STYLE[verdict.outcome], padded) : padded;
      })
      .join('  ')
      .trimEnd(),
  );
  const warm = rows.filter(({ verdict }) => verdict.warm).length;
  const failed = rows.filter(({ verdict }) => verdict.outcome === 'failed').length;
  const sum = `${warm} of ${rows.length} ${dryRun ? 'would be ' : ''}warm${failed === 0 ? '' : `, ${failed} failed`}`;
  return `${lines.join('\n')}\n${sum}${dryRun ? '' : ` (${duration(ms)})`}\n`;
}

export function warmJson(all: readonly Warmed[], { dryRun, ms }: Whole, exit: number): string {
  const items = all.map((one) => {
    const { outcome, warm, why } = verdictOf(one);
    const { name, kind, end } = one;
    return { name, kind, outcome, warm, ms: Math.round(one.ms), why, ...detailsOf(end), ...outputOf(one, outcome) };
  });
  return `${JSON.stringify({ v: 1, dryRun, exit, ms: Math.round(ms), items }, null, 2)}\n`;
}

function outputOf({ kind, output }: Warmed, outcome: WarmOutcome): object {
  return kind === 'step' && outcome === 'failed' ? { output } : {};
}

/** Codes, for programs. */
function detailsOf(end: WarmEnd): object {
  switch (end.how) {
    case 'installed':
    case 'planned':
      return end.result.ok ? { version: end.result.value.version } : { problem: end.result.problem };
    case 'wrapped': {
      const { outcome, key, exit } = end.report;
      const reason = 'reason' in outcome ? outcome.reason : null;
      const notStored = 'stored' in outcome && !outcome.stored.stored ? outcome.stored.reason : null;
      return { key, exit, reason, notStored: end.dryRun ? null : notStored };
    }
    case 'refused':
      return { problem: { code: end.error.code } };
    case 'without-tool':
      return { problem: { code: 'without-tool', tool: end.tool } };
    case 'stopped':
      return {};
  }
}
