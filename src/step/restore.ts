/**
 * Puts a record's outputs in place: fetches all, verifies all, then swaps (promise 7). Until the first swap nothing in the workspace
 * has changed; a swap is a rename. Not promised: that several files change at one instant.
 */
import { chmodSync, lstatSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, uniqueName } from '../base/atomic.ts';
import { eachLimited } from '../base/limit.ts';
import { insideName } from '../base/paths.ts';
import type { LocalStore } from '../store/local.ts';
import type { RecordedOutput } from '../store/record.ts';
import type { Repair } from './fresh.ts';
import { observe } from './observe.ts';
import { openStage, type Stage } from './stage.ts';

export type Restored =
  | { readonly ok: true; readonly written: number; readonly removed: number; readonly bytes: number }
  | { readonly ok: false; readonly why: 'blob-gone'; readonly path: string }
  | { readonly ok: false; readonly why: 'failed'; readonly path: string; readonly detail: string };

export async function restore(store: LocalStore, root: string, repair: Repair): Promise<Restored> {
  const done = await attempt(store, root, repair, openStage(store.layout, root, false));
  // Two mounts of one file system look like one until something is renamed from one to the other.
  if (!done.ok && done.why === 'failed' && done.detail === ELSEWHERE)
    return await attempt(store, root, repair, openStage(store.layout, root, true));
  return done;
}

async function attempt(store: LocalStore, root: string, repair: Repair, stage: Stage): Promise<Restored> {
  let at = '';
  try {
    const before = new Parents(root);
    for (const path of repair.remove) {
      at = insideName(root, path) ?? path;
      before.refuseLinked(at);
    }
    for (const output of repair.write) {
      at = output.path;
      if (before.refuseLinked(at) && output.type !== 'dir' && lstatSync(join(root, at), QUIET)?.isDirectory() === true)
        throw new Unsafe('a directory stands in its place');
      if ('mode' in output && (lstatSync(join(root, at), QUIET)?.nlink ?? 0) > 1)
        throw new Unsafe('the file has another name, by which it would not change');
    }
    const staged = new Map<string, string>();
    const gone: string[] = [];
    await eachLimited(repair.write, AT_ONCE, async (output) => {
      if (output.type !== 'file' || gone.length > 0) return;
      const file = join(stage.dir, String(staged.size));
      staged.set(output.path, file);
      try {
        const mode = (output.exec ? 0o777 : 0o666) & ~stage.umask & (output.private === true ? 0o700 : 0o777);
        if (!(await store.fetchTo(output.digest, file, mode))) gone.push(output.path);
        else {
          if (output.mode !== undefined) chmodSync(file, output.mode);
          if (output.mtime !== undefined) utimesSync(file, seconds(output.mtime), seconds(output.mtime));
        }
      } catch (error) {
        at = output.path;
        throw error;
      }
    });
    if (gone[0] !== undefined) return { ok: false, why: 'blob-gone', path: gone[0] };
    const now = new Parents(root); // again: fetching took its time. Not promised: that nobody swaps a directory in the instant before the renames in it.
    for (const output of repair.write) {
      at = output.path;
      now.make(at);
      swap(root, output, staged.get(at), stage.dir);
    }
    for (const path of repair.remove) {
      at = insideName(root, path) ?? path;
      now.refuseLinked(at);
      rmSync(path, { force: true, recursive: true });
    }
    const bytes = repair.write.reduce((sum, output) => sum + (output.type === 'file' ? Number(output.size) : 0), 0);
    return { ok: true, written: repair.write.length, removed: repair.remove.length, bytes };
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined && !(error instanceof Unsafe)) throw error;
    return {
      ok: false,
      why: 'failed',
      path: at,
      detail: (code === 'EXDEV' ? ELSEWHERE : code) ?? (error as Error).message,
    };
  } finally {
    stage.close();
  }
}

const ELSEWHERE = 'it lies on another file system than the workspace root';

/** Large files are copied by the system: beside them the small ones are written. */
const AT_ONCE = 3;

class Unsafe extends Error {}

const QUIET = { throwIfNoEntry: false } as const;

/** No directory on the way from the root may be a link: it could lead the write out of the root. */
class Parents {
  readonly #root: string;
  /** Files of one directory follow each other in a record: it is looked at once for all of them (of 5,000 files a third of the time). */
  #last: { readonly path: string; readonly isThere: boolean } | null = null;

  constructor(root: string) {
    this.#root = root;
  }

  /** @returns whether the path's directory is there */
  refuseLinked(path: string): boolean {
    const parent = dirname(path);
    if (parent === this.#last?.path) return this.#last.isThere;
    const whole = join(this.#root, parent);
    let dir = whole;
    while (observe(dir).type === 'absent') dir = dirname(dir);
    if (realpathSync(dir) !== dir)
      throw new Unsafe(`its directory ${insideName(this.#root, dir)} is reached through a link`);
    this.#last = { path: parent, isThere: dir === whole };
    return this.#last.isThere;
  }

  make(path: string): void {
    if (this.refuseLinked(path)) return;
    const parent = dirname(path);
    mkdirSync(join(this.#root, parent), { recursive: true });
    this.#last = { path: parent, isThere: true };
  }
}

function swap(root: string, output: RecordedOutput, staged: string | undefined, stage: string): void {
  const path = join(root, output.path);
  if (output.type === 'absent') {
    rmSync(path, { force: true });
    return;
  }
  if (output.type === 'dir') {
    if (lstatSync(path, QUIET)?.isDirectory() === false) rmSync(path, { force: true });
    const closed = output.private === true;
    mkdirSync(path, { recursive: true, mode: closed ? 0o700 : 0o777 });
    if (closed) chmodSync(path, 0o700); // it may be there
    return;
  }
  let file = staged;
  if (output.type === 'link') {
    file = join(stage, uniqueName());
    symlinkSync(
      output.target.startsWith('<root>/') ? join(root, output.target.slice('<root>/'.length)) : output.target,
      file,
    );
  }
  renameSync(file!, path);
}

/** `utimes` takes seconds as a double: times are kept to about a microsecond, which is all Helm writes of them (whole seconds). */
function seconds(nanoseconds: string): number {
  return Number(nanoseconds) / 1e9;
}
