/** A machine with curl and wget, and a server. What lies in `dated/` counts with its time, which is the server's. */
import { join } from 'node:path';
import type { Tree } from '../../../e2e/trees.ts';
import type { Play, Verdict } from '../../kind.ts';
import type { Env, Side } from '../../machine.ts';
import { dated, isTouched } from '../_base/dated.ts';
import { otherBuild, programOnPath } from '../_base/find.ts';
import { InstallWorld } from '../_base/world.ts';
import type { Upstream } from './upstream.ts';

export const ACCEPTED = {
  'a hit while what is pinned cannot be had':
    'a sum, or a HEAD that says what it said, names the content; the command alone would fail for want of a download, and makes the same as soon as it can (played each time)',
  'wget beside the right file':
    'wget leaves a file alone that is there and writes FILE.1; it must be the bytes that FILE has (looked at each time)',
  'the time of the right file':
    'a file that is as it should be is left alone, whenever it was last touched; one that is put back has the time of the server',
} as const;

/** Steps with a sum of what was first published. */
const OF_FIRST = new Set(['curl sum', 'wget sum']);

/** Another build of curl: it tells servers another name. */
export function otherCurl(dir: string): string {
  return otherBuild(programOnPath('curl').real, join(dir, 'curl-other/curl'), [['\0curl/', '\0Curl/']]);
}

export class FetchWorld extends InstallWorld {
  override readonly inPlace = false;
  readonly upstream: Upstream;

  constructor(parent: string, upstream: Upstream) {
    super(parent);
    this.upstream = upstream;
  }

  protected override own(side: Side): Env {
    return { PATH: `${join(this.machine(side), 'bin')}:/usr/local/bin:/usr/bin:/bin` };
  }

  override state(side: Side): Tree {
    return dated(super.state(side), this.root(side), 'dated/');
  }

  /** Times of the moment, how far it came, and what the check of a sum says in its own words. */
  override words(text: string, play: Play): string[] {
    return play.alone === undefined ? super.words(text, play) : [];
  }

  protected override isProgress(line: string): boolean {
    return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d URL:/.test(line);
  }

  /** A server in trouble gives nothing; a sum says in any case what it would have to be. */
  override heal({ id }: Play): (() => void) | null {
    const { upstream, env } = this;
    const { down, status, getStatus, cut, honest } = upstream;
    const { ALL_PROXY } = env;
    Object.assign(upstream, { down: false, status: null, getStatus: null, cut: false, honest: OF_FIRST.has(id) });
    delete env.ALL_PROXY;
    return () => {
      Object.assign(upstream, { down, status, getStatus, cut, honest });
      if (ALL_PROXY !== undefined) env.ALL_PROXY = ALL_PROXY;
    };
  }

  override accepts(_play: Play, { told, differences, onceHealed }: Verdict): keyof typeof ACCEPTED | null {
    if (onceHealed?.length === 0) return 'a hit while what is pinned cannot be had';
    if (told.outcome === 'fresh' && differences.every((line) => isTouched('dated/', line)))
      return 'the time of the right file';
    const beside =
      /^dated\/lib\.txt\.\d+: the command alone «(?:file|program) (\S+) of \S+», with wgcache «\(absent\)»$/;
    const there = this.state('a')['dated/lib.txt']?.split(' ')[1];
    const isBeside = there !== undefined && differences.every((line) => beside.exec(line)?.[1] === there);
    return isBeside ? 'wget beside the right file' : null;
  }
}
