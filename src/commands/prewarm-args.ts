/** The words after `wgcache prewarm`: flags and names, in any order. */
import { quoteWords } from '../base/shell.ts';
import { readFlags, usage } from './args.ts';
import type { FlagName } from './flags.ts';

export interface PrewarmCall {
  readonly names: readonly string[];
  /** Null: not said. */
  readonly jobs: number | null;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly locked: boolean;
  /** Null: as configured. */
  readonly strict: true | null;
}

/** @returns null for `--help`. @throws WgcacheError `usage` */
export function parsePrewarmArgs(words: readonly string[]): PrewarmCall | null {
  const flags = new Map<FlagName, string>();
  const names: string[] = [];
  for (let rest = words; rest.length > 0; ) {
    const { values, help, stop } = readFlags('prewarm', rest);
    if (help) return null;
    for (const [flag, said] of values) flags.set(flag, said.at(-1) ?? '');
    if (rest[stop] === '--') {
      const command = quoteWords(['wgcache', 'wrap', ...rest.slice(stop)]);
      throw usage(
        `wgcache prewarm: unexpected ${quoteWords(rest.slice(stop))}`,
        `It takes names of the config; for one command: ${command}`,
      );
    }
    if (stop < rest.length) names.push(rest[stop] as string);
    rest = rest.slice(stop + 1);
  }
  return {
    names: [...new Set(names)],
    jobs: jobsOf(flags.get('jobs')),
    dryRun: flags.has('dry-run'),
    json: flags.has('json'),
    verbose: flags.has('verbose'),
    locked: flags.has('locked'),
    strict: flags.has('strict') ? true : null,
  };
}

function jobsOf(said: string | undefined): number | null {
  if (said === undefined) return null;
  const jobs = Number(said);
  if (/^\d+$/.test(said) && jobs >= 1 && jobs <= 1_000) return jobs;
  throw usage(`wgcache prewarm: --jobs is a number from 1 to 1000; not ${said}`);
}
