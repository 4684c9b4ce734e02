/** After a run: did Helm take what we expected, and did the bytes come that the index promises? */
import path from 'node:path';
import type { ChartLock } from '../../src/facts/values.ts';
import type { Context, MadeOutput, NotStoredReason } from '../../src/plugin.ts';
import type { Indexed } from './dependency-index.ts';
import type { OciResolved } from './dependency-oci.ts';
import { quietly } from './facts.ts';
import { sameUrl } from './repositories.ts';

export interface Expected {
  readonly lockPath: string;
  readonly http: readonly Indexed[];
  readonly oci: readonly OciResolved[];
}

export async function confirmDependencies(
  expected: Expected,
  made: readonly MadeOutput[],
  after: Context,
): Promise<NotStoredReason | null> {
  if (expected.http.length === 0 && expected.oci.every(({ expected: versions }) => versions === null)) return null;
  const lock = await quietly<ChartLock>(after, expected.lockPath, 'chart-lock', 'chart/lock');
  if (lock === null || !lock.loads) return { code: 'plugin', text: 'Helm left no lock to compare the resolution with' };
  return otherResolution(expected.oci, lock) ?? otherBytes(expected.http, lock, made);
}

function otherResolution(oci: readonly OciResolved[], lock: ChartLock): NotStoredReason | null {
  for (const { wanted, expected } of oci) {
    if (expected === null) continue;
    const taken = lock.dependencies.filter((d) => d.name === wanted.name && d.repository === wanted.repository);
    if (taken.some((d) => expected.includes(d.version))) continue;
    const actual = taken.map((d) => d.version).join(', ') || 'nothing';
    return { code: 'resolution-differs', dependency: wanted.name, expected: expected.join(' or '), actual };
  }
  return null;
}

/** The lock tells the version Helm took, spelled as in the index; its entry tells file name and digest of the archive. */
function otherBytes(http: readonly Indexed[], lock: ChartLock, made: readonly MadeOutput[]): NotStoredReason | null {
  for (const { wanted, entries } of http) {
    const locked = lock.dependencies.filter((d) => d.name === wanted.name && sameUrl(d.repository, wanted.url));
    for (const { version } of locked) {
      const entry = entries.find((e) => e.urls.length > 0 && sameVersion(e.version, version));
      if (entry === undefined) {
        return {
          code: 'resolution-differs',
          dependency: wanted.name,
          expected: 'an entry of the index',
          actual: version,
        };
      }
      // Unpinned: allowed by the configuration, or the declaration would not have come this far.
      if (entry.digest === null) continue;
      const file = archiveName(entry.urls[0]!);
      const archive = made.find((output) => path.basename(output.path) === file);
      const digest = entry.digest.replace(/^sha256:/, '').toLowerCase();
      if (archive?.digest === digest) continue;
      return { code: 'digest-mismatch', file, expected: digest, actual: archive?.digest ?? 'nothing' };
    }
  }
  return null;
}

/** Masterminds' equality: build metadata does not count, nor does a leading `v`. */
function sameVersion(a: string, b: string): boolean {
  const bare = (version: string) => version.replace(/^v/, '').replace(/\+.*$/, '');
  return bare(a) === bare(b);
}

/** Helm calls the file after the last part of the URL's path. */
function archiveName(url: string): string {
  const bare = url.replace(/[?#].*$/, '');
  const name = bare.slice(bare.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
