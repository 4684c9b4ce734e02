/** Sorts a chart's dependencies by where Helm takes them from. */
import type { ChartDependency } from '../../src/facts/values.ts';
import { bypass, unsupported } from './bypass.ts';
import type { Wanted } from './dependency-index.ts';
import type { OciWanted } from './dependency-oci.ts';
import { findRepository, type Repository, sameUrl } from './repositories.ts';

export interface Sources {
  /** Unpacked in charts/ by the user: `repository: ""`. Names. */
  readonly unpacked: ReadonlySet<string>;
  readonly local: readonly ChartDependency[];
  readonly oci: readonly OciWanted[];
  readonly http: readonly Wanted[];
}

export function dependencySources(dependencies: readonly ChartDependency[], known: readonly Repository[]): Sources {
  const unpacked = new Set<string>();
  const local: ChartDependency[] = [];
  const oci: OciWanted[] = [];
  const http: Wanted[] = [];
  for (const dependency of dependencies) {
    const { name, version, repository } = dependency;
    if (repository === '') unpacked.add(name);
    else if (repository.startsWith('file://')) local.push(dependency);
    else if (repository.startsWith('oci://')) oci.push({ name, version, repository });
    else http.push(wantedFrom(dependency, known));
  }
  refuseCollisions(http);
  return { unpacked, local, oci, http };
}

function wantedFrom({ name, version, repository }: ChartDependency, known: readonly Repository[]): Wanted {
  const found = findRepository(known, repository);
  const url = found === null || sameUrl(found.url, repository) ? repository : found.url;
  // What is left is a name nobody configured, or a scheme of a downloader plugin.
  if (!/^https?:\/\//i.test(url)) bypass({ code: 'unknown-scheme', url: withoutUserInfo(url) });
  if (/^https?:\/\/[^/]*@/i.test(url)) unsupported('credentials in the URL of a dependency');
  const twins = found === null ? [] : known.filter((r) => sameUrl(r.url, found.url));
  // Helm takes the index of either, by chance.
  if (twins.length > 1) unsupported(`two repositories with one URL: ${twins.map((r) => r.name).join(', ')}`);
  return { name, version, url, repository: found };
}

/** Helm looks repositories up by the dependency's name: two of one name from different ones get mixed up. */
function refuseCollisions(http: readonly Wanted[]): void {
  for (const a of http) {
    if (http.some((b) => b.name === a.name && !sameUrl(a.url, b.url))) {
      unsupported(`dependencies called ${a.name} from two repositories`);
    }
  }
}

function withoutUserInfo(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
