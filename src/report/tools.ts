/** What `wgcache tools` says, for people and as JSON. */
import { oneLine } from '../base/one-line.ts';
import type { Installed } from '../tools/install.ts';
import type { Locked } from '../tools/lock.ts';
import type { Problem } from '../tools/problem.ts';
import type { Tried } from '../tools/trying.ts';
import { bytes, duration } from './units.ts';

/** One line, ended by a newline; a failure may have a second with what to do next. */
export function installedLine(result: Tried<Installed>, ms: number): string {
  const { wanted } = result;
  if (!result.ok) return failure(wanted.name, result.problem);
  const { how, version, shown, bytes: size } = result.value;
  const says = shown === null || shown.includes(version) ? '' : `, says ${shown}`;
  const details = how === 'fresh' ? duration(ms) : `${bytes(size)}, ${duration(ms)}`;
  return `${oneLine(`${wanted.name} ${version}: ${how} (${details})${says}`)}\n`;
}

export function installedJson(results: readonly Tried<Installed>[], path: string): string {
  const tools = results.map((result) =>
    result.ok
      ? { name: result.wanted.name, wanted: result.wanted.version, from: result.wanted.from, ok: true, ...result.value }
      : failed(result.wanted.name, result.wanted.version, result.problem),
  );
  return `${JSON.stringify({ v: 1, path, tools }, null, 2)}\n`;
}

export function lockedLine(result: Tried<Locked>): string {
  const { wanted } = result;
  if (!result.ok) return failure(wanted.name, result.problem);
  const { entry, before, unpublished } = result.value;
  const moved = before !== null && before !== entry.version ? ` (was ${before})` : '';
  const platforms = Object.keys(entry.platforms).sort().join(', ');
  const warning = unpublished ? '; no checksum is published: locked as it came' : '';
  return `${oneLine(`${wanted.name} ${entry.version}${moved}: ${platforms}${warning}`)}\n`;
}

export function lockedJson(results: readonly Tried<Locked>[]): string {
  const tools = results.map((result) =>
    result.ok
      ? {
          name: result.wanted.name,
          ok: true,
          ...result.value.entry,
          before: result.value.before,
          unpublished: result.value.unpublished,
        }
      : failed(result.wanted.name, result.wanted.version, result.problem),
  );
  return `${JSON.stringify({ v: 1, tools }, null, 2)}\n`;
}

export interface Row {
  readonly name: string;
  readonly wanted: string;
  readonly from: string;
  readonly locked: string | null;
  /** The day its version was found out. */
  readonly resolved: string | null;
  readonly installed: string | null;
  /** What the program says itself. */
  readonly shown: string | null;
  /** Absolute paths. */
  readonly programs: readonly string[];
}

export function listText(rows: readonly Row[]): string {
  if (rows.length === 0) return 'The config wants no tools.\n';
  const lines = [
    ['tool', 'wanted', 'from', 'locked', 'installed', 'where'],
    ...rows.map(({ name, wanted, from, locked, resolved, installed, programs }) => [
      name,
      wanted,
      from,
      locked === null ? '-' : `${locked} (${resolved})`,
      installed ?? '-',
      programs.join(' '),
    ]),
  ].map((cells) => cells.map(oneLine));
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell, at) => cell.padEnd(widths[at]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

export function listJson(rows: readonly Row[]): string {
  return `${JSON.stringify({ v: 1, tools: rows }, null, 2)}\n`;
}

function failed(name: string, wanted: string, problem: Problem): object {
  const { text, hint } = problemText(problem);
  return { name, wanted, ok: false, problem: { ...problem, text, hint: hint ?? null } };
}

function failure(name: string, problem: Problem): string {
  const { text, hint } = problemText(problem);
  const lines = text.split('\n').map(oneLine);
  return `${name}: failed: ${lines.join('\n    ')}\n${hint === undefined ? '' : `    ${oneLine(hint)}\n`}`;
}

const NETWORK_HINTS: Partial<Record<Extract<Problem, { code: 'network' }>['why'], string>> = {
  'not-found':
    'Is there such a version, and for this platform? `url:`, `checksum:` and `tag:` say where it is looked for.',
  credentials:
    'Credentials go into `baseUrl:` or `url:`; GitHub asks for GITHUB_TOKEN where many ask from one address.',
};

const BY = {
  published: 'its project publishes',
  config: 'the config says',
  lock: 'wgcache-tools.lock says',
} as const;

/** What went wrong, and what to do next. */
export function problemText(problem: Problem): { readonly text: string; readonly hint?: string } {
  switch (problem.code) {
    case 'checksum':
      return {
        text: `${problem.what} is not what it should be: ${BY[problem.by]}\n${problem.expected}, what came is\n${problem.actual}`,
        hint:
          problem.by === 'lock'
            ? 'It was replaced since it was locked. If that is right: `wgcache tools lock NAME`.'
            : 'Nothing was installed. Ask its project before you trust it.',
      };
    case 'no-checksum':
      return {
        text: `nothing to check ${problem.url} by`,
        hint: 'Say where its sums are (`checksum:`) or what they are (`sha256:`), or trust it as it is now with `wgcache tools lock`.',
      };
    case 'not-listed':
      return { text: `${problem.list} has no SHA-256 of ${problem.file}`, hint: 'Is it published for this platform?' };
    case 'bad-list':
      return { text: `${problem.list}: ${problem.detail}` };
    case 'network':
      return {
        text: problem.detail,
        hint:
          NETWORK_HINTS[problem.why] ?? 'With a lock file, what was installed once on this machine needs no network.',
      };
    case 'no-version':
      return { text: `no version for ${problem.wanted}: ${problem.detail}` };
    case 'archive':
      return { text: `${problem.file} cannot be unpacked: ${problem.detail}` };
    case 'not-in-archive':
      return {
        text: `the archive has no ${problem.path}`,
        hint: `\`bin:\` says where the program is. There is ${problem.there.join(', ')}.`,
      };
    case 'no-program':
      return { text: `${problem.of}: ${problem.detail}` };
    case 'client-missing':
      return { text: `${problem.client} is not on PATH, and ${problem.of} is made with it` };
    case 'client-failed':
      return { text: `${problem.client} failed:\n${problem.detail}` };
    case 'template':
      return {
        text: `${problem.template}: nothing is called {${problem.name}}`,
        hint: 'There are {version}, {major}, {minor}, {patch}, {tag}, {os}, {arch}, {platform}, {exe}.',
      };
    case 'no-source':
      return { text: `there is no source ${problem.from}` };
    case 'lock-missing':
      return { text: 'wgcache-tools.lock does not have it', hint: '`wgcache tools lock` adds it.' };
    case 'lock-stale':
      return {
        text: `wgcache-tools.lock is of another config: ${problem.detail}`,
        hint: '`wgcache tools lock` brings it up to date.',
      };
    case 'platform':
      return {
        text: `it is not locked for ${problem.platform}, only for ${problem.there.join(', ')}`,
        hint: 'Run `wgcache tools lock` on this machine.',
      };
    case 'taken':
      return { text: `${problem.name} is a program of ${problem.by} already`, hint: '`bin:` gives it another name.' };
    case 'in-the-way':
      return {
        text: `${problem.path} is there already, and no link of ours`,
        hint: 'Move it or remove it; or `bin:` gives the program another name.',
      };
    case 'unsafe':
      return { text: `${problem.path} is refused: ${problem.detail}` };
    case 'files':
      return {
        text: problem.detail,
        hint: 'The cache (WGCACHE_DIR) and .wgcache must be writable, and their disks have room.',
      };
  }
}
