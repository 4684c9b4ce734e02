/** A machine with tar and unzip, and archives of one list of members. What is unpacked below `out/` counts with its time. */
import { lstatSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from '../../../e2e/trees.ts';
import type { Play, Verdict } from '../../kind.ts';
import type { Env, Side } from '../../machine.ts';
import { gzipped, type Member, tarOf, zipOf } from '../_base/archives.ts';
import { dated, isTouched } from '../_base/dated.ts';
import { otherBuild, programOnPath } from '../_base/find.ts';
import { InstallWorld } from '../_base/world.ts';

export const ACCEPTED = {
  'times of right files':
    'files that are as they should be are left alone, whenever they were last touched; those put back have the times of the archive',
  'strangers in a directory of its own':
    "--output names it as this step's alone: what else is there goes; only what a stranger put there, or what an earlier archive left, may differ",
} as const;

/** Another build of tar: one of its flags has another name. */
export function otherTar(dir: string): string {
  return otherBuild(programOnPath('tar').real, join(dir, 'tar-other/tar'), [
    ['\0strip-components\0', '\0strip-componentz\0'],
  ]);
}

export class UnpackWorld extends InstallWorld {
  override readonly inPlace = false;
  members: Member[] = [];
  #level = 6;

  protected override own(side: Side): Env {
    return { PATH: `${join(this.machine(side), 'bin')}:/usr/local/bin:/usr/bin:/bin` };
  }

  /** All three archives anew, with the time they had. */
  pack(level: number = this.#level): void {
    this.#level = level;
    const tar = tarOf(this.members);
    for (const [name, bytes] of [
      ['in/a.tar', tar],
      ['in/a.tgz', gzipped(tar, level)],
      ['in/a.zip', zipOf(this.members)],
    ] as const) {
      const before = lstatSync(this.path(name), { throwIfNoEntry: false });
      this.write(name, bytes);
      if (before !== undefined) utimesSync(this.path(name), before.atime, before.mtime);
    }
  }

  override state(side: Side): Tree {
    return dated(super.state(side), this.root(side), 'out/');
  }

  /** What `-v` names; all that a program complains about has a colon. */
  protected override isProgress(line: string): boolean {
    return /^[\w./-]+$/.test(line);
  }

  override accepts({ id }: Play, { told, differences }: Verdict): keyof typeof ACCEPTED | null {
    const touched = (line: string): boolean => isTouched('out/', line);
    const isFresh = told.outcome === 'fresh' && differences.every(touched);
    if (isFresh) return 'times of right files';
    const gone = /^out\/own\/.*: the command alone «.*», with wgcache «\(absent\)»$/;
    const isOwned = id === 'owned' && differences.every((line) => gone.test(line) || touched(line));
    return isOwned ? 'strangers in a directory of its own' : null;
  }
}
