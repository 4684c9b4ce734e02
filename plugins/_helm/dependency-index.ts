/** Chart repositories over HTTP: what a dependency resolves to is the entries of its chart in the index (design §5d). */
import type { IndexEntries } from '../../src/facts/values.ts';
import type { Context, RemoteBody } from '../../src/plugin.ts';
import { bypass, unsupported } from './bypass.ts';
import { candidates } from './constraint.ts';
import { type HelmPaths, indexFile } from './paths.ts';
import { indexRequest, type Repository, sameUrl, unmanagedName, unmanagedRequest } from './repositories.ts';

export interface Wanted {
  readonly name: string;
  /** Version or range as written. */
  readonly version: string;
  /** URL, after `@name` was looked up. */
  readonly url: string;
  readonly repository: Repository | null;
}

/** A dependency with the index entries its archive may come from. */
export interface Indexed {
  readonly wanted: Wanted;
  readonly entries: IndexEntries['entries'];
}

export interface IndexOptions {
  readonly paths: HelmPaths;
  /** Helm would fetch indexes anew, and so do we. */
  readonly refresh: boolean;
  /** `build` with a lock never takes a repository that is not configured: Helm fails then, and nobody is asked. */
  readonly managedOnly: boolean;
}

export async function indexed(ctx: Context, wanted: readonly Wanted[], options: IndexOptions): Promise<Indexed[]> {
  const bodies = new Map<string, Promise<RemoteBody>>();
  const ask = (repository: string, request: () => Promise<RemoteBody>): Promise<RemoteBody> => {
    const known = bodies.get(repository) ?? request();
    bodies.set(repository, known);
    return known;
  };
  const one = async (want: Wanted): Promise<Indexed | null> => {
    const managed = want.repository !== null;
    ctx.note(`repository ${want.url}`, managed ? 'configured' : 'not configured');
    if (!managed && options.managedOnly) return null;
    const cached = indexFile(options.paths, want.repository?.name ?? (await unmanagedName(want.url)));
    const params = { name: want.name };
    const role = `cached index of ${want.url}`;
    const refresh = options.refresh && ctx.helm.refresh !== 'never';
    // With --skip-refresh Helm chooses the version from its cached index, of an unmanaged repository too.
    if (!refresh) {
      const quiet = { role, quiet: true };
      const index = await ctx.derive<typeof params, IndexEntries>(cached, 'index-entries', params, quiet);
      if (index === null) ctx.input(cached, 'presence', role);
      else noteEntries(ctx, want, managed ? '' : 'cached: ', index);
      if (managed) return { wanted: want, entries: index?.entries ?? [] };
    }
    const body = await ask(want.repository?.name ?? want.url, async () =>
      ctx.remote(
        want.repository === null
          ? await unmanagedRequest(options.paths, want.url, refresh)
          : indexRequest(options.paths, want.repository),
      ),
    );
    const live = await ctx.deriveBody<typeof params, IndexEntries>(body, role, 'index-entries', params, {
      quiet: true,
    });
    noteEntries(ctx, want, '', live);
    return { wanted: want, entries: live.entries };
  };
  const answers = await Promise.all(wanted.map(one));
  return answers.filter((answer) => answer !== null);
}

/** One part of the key a version: a miss then says which one was published or changed. */
function noteEntries(ctx: Context, { name, url }: Wanted, prefix: string, index: IndexEntries): void {
  // Either Helm fails on it, or it picks out what it can read, and which that is nobody here can tell.
  if (!index.sound) unsupported(`the index of ${url}, which is out of the ordinary`);
  if (index.skipped !== null) ctx.note(`${prefix}entries Helm skips at ${url}`, index.skipped);
  const versions = index.entries.map((entry) => entry.version);
  const times = new Map<string, number>();
  for (const { version, urls, digest } of index.entries) {
    const time = (times.get(version) ?? 0) + 1;
    times.set(version, time);
    ctx.note(`${prefix}${name} ${version}${time === 1 ? '' : ` (${time})`} at ${url}`, { digest, urls });
  }
  if (versions.length === 0) ctx.note(`${prefix}${name} at ${url}`, 'not in the index');
  // Helm sorts, but leaves equal versions as chance and the file have them.
  if (new Set(versions.map((version) => version.replace(/^v|\+.*$/g, ''))).size < versions.length) {
    // Named to come behind every version in a miss line: that the order is another one tells least.
    ctx.note(`${prefix}${name} versions in order at ${url}`, versions);
  }
}

/**
 * Helm loads the index of every configured repository; one that is missing or broken fails it, whoever uses it. With a refresh it fetches
 * them all before, which the next step with `--skip-refresh` goes by: so do we, and a hit puts them right.
 */
export async function otherIndexes(
  ctx: Context,
  { paths, refresh }: IndexOptions,
  known: readonly Repository[],
  used: readonly Wanted[],
): Promise<void> {
  const others = known.filter((r) => !used.some((want) => want.repository !== null && sameUrl(r.url, want.url)));
  await Promise.all(
    others.map(async (repository) => {
      const role = `index of repository ${repository.name}`;
      const options = { role, quiet: true };
      if (refresh && ctx.helm.refresh !== 'never') {
        const body = await ctx.remote(indexRequest(paths, repository));
        const live = await ctx.deriveBody<typeof NOBODY, IndexEntries>(body, role, 'index-entries', NOBODY, options);
        if (!live.sound || live.skipped !== null) ctx.note(role, live.skipped ?? body.digest);
        return;
      }
      const file = indexFile(paths, repository.name);
      const index = await ctx.derive<typeof NOBODY, IndexEntries>(file, 'index-entries', NOBODY, options);
      if (index?.sound !== true) ctx.input(file, 'content', role);
      else if (index.skipped !== null) ctx.note(`entries Helm skips of the ${role}`, index.skipped);
    }),
  );
}

const NOBODY = { name: null };

/**
 * An entry without digest says nothing of the bytes behind its URL: cacheable only when the user allows it, and for that time.
 * @returns milliseconds a record may be trusted; `null`: for good
 */
export async function trustOf(ctx: Context, found: readonly Indexed[]): Promise<number | null> {
  for (const { wanted, entries } of found) {
    if (entries.every((entry) => entry.digest !== null)) continue;
    const usable = entries.filter((entry) => entry.urls.length > 0);
    const taken = await candidates(
      usable.map((entry) => entry.version),
      wanted.version,
    );
    if (usable.some((entry) => entry.digest === null && taken.includes(entry.version))) {
      return ctx.helm.unpinnedTtl ?? bypass({ code: 'unpinned', chart: wanted.name, repository: wanted.url });
    }
  }
  return null;
}
