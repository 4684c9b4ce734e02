/** What an audit found, for people and as JSON. */
import type { AccessKind } from '../audit/access.ts';
import type { Finding, Judged } from '../audit/judge.ts';
import { oneLine } from '../base/one-line.ts';

export interface Audited extends Judged {
  readonly label: string;
  readonly plugin: string;
  /** Of the command. */
  readonly exit: number;
}

/** So many of a kind are shown, unless all are asked for. */
const SHOWN = 20;

const KINDS: Readonly<Record<AccessKind, string>> = {
  read: 'Read but not declared',
  list: 'Listed but not declared',
  probe: 'Probed but not declared',
  write: 'Written but not declared',
};

/** One line, for stderr: stdout is the command's. It keeps all, with the reasons of what is no fault. */
export function auditJson({ label, plugin, exit, declared, findings, ignored }: Audited): string {
  return `${JSON.stringify({ v: 1, label, plugin, exit, declared, findings, ignored })}\n`;
}

export function auditText(audited: Audited, { all }: { readonly all: boolean }): string {
  const { label, exit, findings, ignored } = audited;
  const lines = (Object.keys(KINDS) as AccessKind[]).flatMap((kind) =>
    section(
      KINDS[kind],
      findings.filter((finding) => finding.kind === kind),
      all ? Number.POSITIVE_INFINITY : SHOWN,
    ),
  );
  if (all) lines.push(...byReason(ignored));
  const ended = exit === 0 ? '' : `; the command failed (exit ${exit}), so this is not all of what it does`;
  return `${[
    ...lines,
    `wgcache: audit: ${oneLine(label)}: ${countText(audited)}${ended}`,
    ...(findings.length === 0 ? [] : [`         ${hint(audited)}`]),
  ].join('\n')}\n`;
}

function section(title: string, found: readonly Finding[], most: number): string[] {
  if (found.length === 0) return [];
  const more = found.length - most;
  return [
    `${title}:`,
    ...found.slice(0, most).map(row),
    ...(more > 0 ? [`  … ${more} more (--all shows them)`] : []),
    '',
  ];
}

function row({ path, syscall, found }: Finding): string {
  return `  ${oneLine(path)}  (${syscall}${found ? '' : ', nothing there'})`;
}

function byReason(ignored: Judged['ignored']): string[] {
  const reasons = [...new Set(ignored.map(({ why }) => why))].sort();
  return reasons.flatMap((reason) => [
    `No input (${reason}):`,
    ...ignored.filter(({ why }) => why === reason).map((one) => `  ${one.kind} ${oneLine(one.path)}  (${one.syscall})`),
    '',
  ]);
}

function countText({ findings, declared, ignored }: Audited): string {
  const rest = `${declared} accesses declared, ${ignored.length} no input`;
  return findings.length === 0 ? `nothing undeclared (${rest})` : `${findings.length} undeclared (${rest})`;
}

function hint({ plugin, findings }: Audited): string {
  if (plugin !== 'generic') return `A change of these may go unnoticed: please report it, plugin ${plugin}.`;
  return findings.some(({ kind }) => kind !== 'write')
    ? 'A change of these goes unnoticed: declare them with --input, --tool or --output, or let the command leave them alone.'
    : 'A hit does not bring these back: declare them with --output, or let the command leave them alone.';
}
