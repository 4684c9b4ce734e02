/** Which version is meant: `latest` and ranges are asked for once, then the lock file has the answer. */
import semver from 'semver';
import { ToolFault } from './problem.ts';
import { exactVersion, type Wanted } from './wanted.ts';
import type { Source, Work } from './work.ts';

/** @throws ToolFault `no-version`, and what asking throws */
export async function resolveVersion(wanted: Wanted, source: Source, work: Work): Promise<string> {
  const exact = exactVersion(wanted);
  if (exact !== null) return exact;
  const { latest, all } = await source.versions(wanted, work);
  if (wanted.version === 'latest') {
    const newest = latest ?? newestOf(all ?? [], '*');
    if (newest !== null) return newest;
    throw none(wanted, all === null ? 'nobody says which is the newest' : 'none is published');
  }
  // The newest may fit, and then no list is needed.
  if (latest !== null && semver.satisfies(latest, wanted.version) && all === null) return latest;
  const newest = newestOf(all ?? [], wanted.version);
  if (newest !== null) return newest;
  throw none(
    wanted,
    all === null
      ? `there is no list of versions${latest === null ? '' : `, and the newest is ${latest}`}`
      : all.length === 0
        ? 'none is published'
        : `there are ${shortList(all)}`,
  );
}

/** The newest that fits, as it was spelled; previews only where the range names one. */
function newestOf(all: readonly string[], range: string): string | null {
  const spelled = new Map(ordered(all));
  const newest = semver.maxSatisfying([...spelled.keys()], range);
  return newest === null ? null : (spelled.get(newest)?.replace(/^v/, '') ?? null);
}

/** Whole versions with their spelling: `1.7` is 1.7.0, as PyPI, tags of images and some projects have it. */
function ordered(all: readonly string[]): (readonly [string, string])[] {
  return all.flatMap((version) => {
    const whole = semver.valid(version) ?? (/^v?\d+(\.\d+)?$/.test(version) ? semver.coerce(version)?.version : null);
    return typeof whole === 'string' ? [[whole, version] as const] : [];
  });
}

function none(wanted: Wanted, detail: string): ToolFault {
  return new ToolFault({ code: 'no-version', wanted: wanted.version, detail });
}

function shortList(all: readonly string[]): string {
  const known = ordered(all).sort(([a], [b]) => semver.rcompare(a, b));
  const newest = known.map(([, version]) => version).slice(0, 5);
  const more = all.length - newest.length;
  return newest.length === 0
    ? `${more} that are no versions`
    : `${newest.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
