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
  const valid = all.filter((version) => semver.valid(version) !== null);
  return semver.maxSatisfying(valid, range)?.replace(/^v/, '') ?? null;
}

function none(wanted: Wanted, detail: string): ToolFault {
  return new ToolFault({ code: 'no-version', wanted: wanted.version, detail });
}

function shortList(all: readonly string[]): string {
  const newest = semver.rsort(all.filter((version) => semver.valid(version) !== null)).slice(0, 5);
  return newest.length < all.length ? `${newest.join(', ')} and ${all.length - newest.length} more` : newest.join(', ');
}
