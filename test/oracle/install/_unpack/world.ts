/** A machine with tar and unzip, and archives of one list of members. What is unpacked below `out/` counts with its time. */
import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from '../../../e2e/trees.ts';
import type { Play, Verdict } from '../../kind.ts';
import type { Env, Side } from '../../machine.ts';
import { programOnPath } from '../_base/find.ts';
import { InstallWorld } from '../_base/world.ts';
import { gzipped, type Member, tarOf, zipOf } from './archives.ts';

export const ACCEPTED = {
  'times of right files':
    'files that are as they should be are left alone, whenever they were last touched; those put back have the times of the archive',
  'strangers in a directory of its own':
    "--output names it as this step's alone: what else is there goes; only what a stranger put there, or what an earlier archive left, may differ",
} as const;

/** Another build of tar: one of its flags has another name. */
export function otherTar(dir: string): string {
  const { real } = programOnPath('tar');
  const binary = readFileSync(real).toString('latin1');
  if (!binary.includes('\0strip-components\0')) throw new Error(`${real} does not hold strip-components`);
  mkdirSync(join(dir, 'tar-other'), { recursive: true });
  const made = join(dir, 'tar-other/tar');
  writeFileSync(made, Buffer.from(binary.replaceAll('\0strip-components\0', '\0strip-componentz\0'), 'latin1'));
  chmodSync(made, 0o755);
  return made;
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
    const dated = ([name, what]: [string, string]): [string, string] => {
      if (!name.startsWith('out/') || !/^(file|program) /.test(what)) return [name, what];
      const seconds = Math.floor(statSync(join(this.root(side), name)).mtimeMs / 1000);
      return [name, `${what} of ${Date.now() / 1000 - seconds < 3600 ? 'now' : seconds}`];
    };
    return Object.fromEntries(Object.entries(super.state(side)).map(dated));
  }

  /** What `-v` names; all that a program complains about has a colon. */
  protected override isProgress(line: string): boolean {
    return /^[\w./-]+$/.test(line);
  }

  override accepts({ id }: Play, { told, differences }: Verdict): keyof typeof ACCEPTED | null {
    const touched = /^out\/.*: the command alone «(.*) of \w+», with wgcache «\1 of \w+»$/;
    const isFresh = told.outcome === 'fresh' && differences.every((line) => touched.test(line));
    if (isFresh) return 'times of right files';
    const gone = /^out\/own\/.*: the command alone «.*», with wgcache «\(absent\)»$/;
    const isOwned = id === 'owned' && differences.every((line) => gone.test(line) || touched.test(line));
    return isOwned ? 'strangers in a directory of its own' : null;
  }
}
