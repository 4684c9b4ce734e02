/** Accesses against what was declared: what nobody declared is a finding, what need not be is told with its reason. */
import { lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { insideName } from '../base/paths.ts';
import type { OutputRule } from '../plugin.ts';
import { type Collected, pathOf } from '../step/collect.ts';
import { covers } from '../step/rules.ts';
import type { Access, AccessKind } from './access.ts';
import type { DeclaredPaths } from './declared.ts';
import type { Around } from './ignorable.ts';
import { whyIgnored } from './ignored.ts';

/** What was done to one path, and by which call first. */
export interface Finding {
  readonly kind: AccessKind;
  /** Relative to the root; absolute for what lies outside. */
  readonly path: string;
  readonly syscall: string;
  /** False: the call failed. */
  readonly found: boolean;
}

interface Ignored extends Finding {
  readonly why: string;
}

export interface Judged {
  readonly findings: readonly Finding[];
  /** Not declared and no fault. */
  readonly ignored: readonly Ignored[];
  /** How many accesses were declared, or were to what the command itself had made. */
  readonly declared: number;
}

/** What accesses are judged by. */
export interface Judge {
  readonly seen: Collected;
  readonly paths: DeclaredPaths;
  /** What the command made: absolute paths. */
  readonly made: ReadonlySet<string>;
  readonly around: Around;
}

export function judge(accesses: readonly Access[], by: Judge): Judged {
  const findings = new Map<string, Finding>();
  const ignored = new Map<string, Ignored>();
  let declared = 0;
  for (const given of accesses) {
    const access = asMeant(given);
    const { kind, syscall, found } = access;
    const name = insideName(by.seen.context.command.root, access.path) ?? access.path;
    const told = { kind, path: name, syscall, found };
    const why = whyFine(access, by);
    if (why === null) findings.set(`${kind} ${name}`, told);
    else if (why === DECLARED) declared++;
    else ignored.set(`${kind} ${name}`, { ...told, why });
  }
  return { findings: inOrder(findings), ignored: inOrder(ignored), declared };
}

const DECLARED = '';

/** An opened directory is only looked at: what it holds comes by `list`. */
function asMeant(access: Access): Access {
  if (access.kind !== 'read') return access;
  return statSync(access.path, { throwIfNoEntry: false })?.isDirectory() === true
    ? { ...access, kind: 'probe' }
    : access;
}

/** @returns {@link DECLARED}, a reason, or null for a finding */
function whyFine(access: Access, by: Judge): string | null {
  if (access.own && access.kind !== 'write') return DECLARED;
  const { paths, around } = by;
  const places = [...new Set([access.path, access.real ?? access.path, paths.real(access.path)])];
  const reasons = places.map((path) => whyFineAt(path, access, by));
  if (reasons.includes(DECLARED)) return DECLARED;
  const reason = reasons.find((why) => why !== null) ?? null;
  return reason ?? places.map((path) => whyIgnored({ ...access, path }, around)).find((why) => why !== null) ?? null;
}

function whyFineAt(path: string, access: Access, { seen, paths, made }: Judge): string | null {
  const { context, declaration } = seen;
  const rules = declaration.outputs;
  switch (access.kind) {
    case 'write': {
      if (rules.some((rule) => covers(rule, path, context))) return DECLARED;
      if (seen.mirrors.some(({ index, names }) => path === index || path === names)) return DECLARED;
      if (rules.some((rule) => isOnTheWay(path, rule, context))) return DECLARED;
      return isGone(path) && isMade(path, made) ? TEMPORARY : null;
    }
    case 'list':
      return paths.isListed(path) || rules.some((rule) => rule.kind !== 'file' && covers(rule, path, context))
        ? DECLARED
        : null;
    case 'probe': {
      const known = paths.level(path) !== null || paths.isAbove(path) || paths.isAbsent(path);
      return known || rules.some((rule) => covers(rule, path, context) || isOnTheWay(path, rule, context))
        ? DECLARED
        : null;
    }
    case 'read': {
      const level = paths.level(path);
      if (level === 'content') return DECLARED;
      return level === 'presence' ? BY_PRESENCE : null;
    }
  }
}

const TEMPORARY = 'temporary: made by the command, and gone again when it had ended';
const BY_PRESENCE =
  'declared by presence: the plugin says that what is in it does not change the result, only that it is there';

/** A directory an output lies in: the command may make it. */
function isOnTheWay(path: string, rule: OutputRule, context: Collected['context']): boolean {
  const output = context.resolve(pathOf(rule));
  if (rule.kind === 'members') {
    const name = insideName(output, path);
    if (name === '.' || (name !== null && [...rule.names].some((one) => one.startsWith(`${name}/`)))) return true;
  }
  for (let at = dirname(output); at !== dirname(at); at = dirname(at)) if (at === path) return true;
  return false;
}

/** It, or a directory above it. */
function isMade(path: string, made: ReadonlySet<string>): boolean {
  for (let at = path; ; at = dirname(at)) {
    if (made.has(at)) return true;
    if (at === dirname(at)) return false;
  }
}

function isGone(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined;
}

/** Reads before the rest, each by path: code units. */
function inOrder<T extends Finding>(found: ReadonlyMap<string, T>): T[] {
  const kinds: readonly AccessKind[] = ['read', 'list', 'probe', 'write'];
  return [...found.values()].sort(
    (a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
  );
}
