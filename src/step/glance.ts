/**
 * A glance: whether anything the last `fresh` rested on has changed. The key of a step follows from its command, from the variables it
 * asked for, from what it saw of the file system and from nothing else; when all of that is as it was, so is the outcome, and neither a
 * plugin nor a key is needed. Any difference, doubt or damage is `null`: the flow then looks for itself, and keeps a new glance
 * (`keep-glance.ts`, which also says for which steps there is one).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { digestOfShort } from '../base/digest.ts';
import { byCodeUnit } from '../base/paths.ts';
import type { LogMode, ReportMode } from '../config.ts';
import type { Command } from '../plugin.ts';
import { observe, type Seen } from './observe.ts';
import type { StepReport } from './outcome.ts';

const VERSION = 2;

/** For so long a glance stands for a look; then the flow leaves the record's last use, by which `gc` goes. */
const GOOD_MS = 43_200_000;

/** What must be whole to be used: the first line of the file is its sum, with the values of the variables. */
interface Told {
  /** As the flow found them. */
  readonly root: string;
  readonly config: string | null;
  /** Names of the variables that were asked for and set. Their values are kept as nothing but part of the sum. */
  readonly set: readonly string[];
  readonly report: Pick<StepReport, 'plugin' | 'label' | 'words' | 'key'>;
  readonly savedMs: number;
  /** Milliseconds since 1970. */
  readonly keptAt: number;
  readonly mode: ReportMode;
  /** Streams and their bytes as latin1, in the order they came. */
  readonly log: readonly (readonly [stream: 1 | 2, bytes: string])[];
  readonly stdout: 'progress' | 'product';
  readonly logMode: LogMode;
}

/** What is compared, piece by piece, with what is there now: damage is a difference. */
interface Compared {
  /** Names of the variables that were asked for and not set. */
  readonly unset: readonly string[];
  /** Paths with what was there, directories with the names in them. */
  readonly seen: readonly (readonly [path: string, words: string])[];
  readonly listed: readonly (readonly [dir: string, names: readonly string[]])[];
}

export type Glance = Told & Compared;

/** Set by the build: another build may look at other things. */
declare const WGCACHE_BUILD: string | undefined;

/** Names the glance of a command: where and with what it is called, by whom, by which build of ours. */
export function glanceId(cwd: string, argv: readonly string[]): string {
  const build = typeof WGCACHE_BUILD === 'string' ? WGCACHE_BUILD : 'source';
  const user = process.getuid?.() ?? -1;
  return digestOfShort(JSON.stringify([VERSION, build, process.platform, process.arch, user, cwd, argv]));
}

/** Three lines: the sum, what is told, what is compared. */
export function encodeGlance(told: Told, compared: Compared, env: Command['env']): Uint8Array {
  const text = JSON.stringify(told);
  return Buffer.from(`${sumOf(text, told.set, env)}\n${text}\n${JSON.stringify(compared)}\n`);
}

/** @returns null when there is none, or this one is damaged, or too old, or was kept in another environment */
export function readGlance(path: string, env: Command['env']): Glance | null {
  try {
    const [sum, text = '', rest = '', ...more] = readFileSync(path, 'utf8').split('\n');
    const told = JSON.parse(text) as Told;
    if (more.length !== 1 || sumOf(text, told.set, env) !== sum) return null;
    const age = Date.now() - told.keptAt;
    if (!(age >= 0 && age < GOOD_MS)) return null;
    const compared = JSON.parse(rest) as Compared;
    return compared.unset.some((name) => env[name] !== undefined) ? null : { ...told, ...compared };
  } catch {
    return null; // none, or no JSON, or not of this shape
  }
}

function sumOf(told: string, set: readonly string[], env: Command['env']): string {
  return digestOfShort(JSON.stringify([set.map((name) => env[name] ?? null), told]));
}

/** Whether the file system is as it was. Throws what the system throws. */
export function holds({ seen, listed }: Compared): boolean {
  return (
    seen.every(([path, words]) => wordsOf(observe(path)) === words) &&
    listed.every(([dir, names]) => {
      const now = readdirSync(dir).sort(byCodeUnit);
      return now.length === names.length && now.every((name, i) => name === names[i]);
    })
  );
}

/** All that a look could have learned of a path by its stat. A directory counts by what is listed in it, not by when that changed. */
export function wordsOf({ type, link, stat }: Seen): string {
  const words =
    stat === null
      ? type
      : type === 'dir'
        ? `dir ${stat.mode} ${stat.dev}:${stat.ino}`
        : `${type} ${stat.mode} ${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
  return link === null ? words : `${link} -> ${words}`;
}
