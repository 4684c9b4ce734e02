/**
 * Puts a record's outputs in place: fetches all, verifies all, then swaps (promise 7). Until the first swap nothing in the workspace
 * has changed; a swap is a rename. Not promised: that several files change at one instant.
 */
import {
  chmodSync,
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, PRIVATE_DIR, uniqueName } from '../base/atomic.ts';
import { insideName } from '../base/paths.ts';
import type { LocalStore } from '../store/local.ts';
import type { RecordedOutput } from '../store/record.ts';
import type { Repair } from './fresh.ts';

export type Restored =
  | { readonly ok: true; readonly written: number; readonly removed: number; readonly bytes: number }
  | { readonly ok: false; readonly why: 'blob-gone'; readonly path: string }
  | { readonly ok: false; readonly why: 'failed'; readonly path: string; readonly detail: string };

export async function restore(store: LocalStore, root: string, repair: Repair): Promise<Restored> {
  const stage = openStage(store, root);
  let at = '';
  try {
    const staged = new Map<string, string>();
    for (const output of repair.write) {
      at = output.path;
      refuseLinkedParents(root, output.path);
      if (output.type !== 'file') continue;
      const file = join(stage.dir, String(staged.size));
      if (!(await store.fetchTo(output.digest, file))) return { ok: false, why: 'blob-gone', path: output.path };
      chmodSync(file, (output.exec ? 0o777 : 0o666) & ~stage.umask);
      if (output.mtime !== undefined) utimesSync(file, seconds(output.mtime), seconds(output.mtime));
      staged.set(output.path, file);
    }
    for (const output of repair.write) {
      at = output.path;
      swap(root, output, staged.get(output.path), stage.dir);
    }
    for (const path of repair.remove) {
      at = path;
      rmSync(path, { force: true, recursive: true });
    }
    const bytes = repair.write.reduce((sum, output) => sum + (output.type === 'file' ? Number(output.size) : 0), 0);
    return { ok: true, written: repair.write.length, removed: repair.remove.length, bytes };
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined && !(error instanceof UnsafePath)) throw error;
    return { ok: false, why: 'failed', path: at, detail: code ?? (error as Error).message };
  } finally {
    stage.close();
  }
}

class UnsafePath extends Error {}

/** No directory on the way from the root may be a link: it could lead the write out of the root. */
function refuseLinkedParents(root: string, path: string): void {
  let dir = dirname(join(root, path));
  while (lstatSync(dir, { throwIfNoEntry: false }) === undefined) dir = dirname(dir);
  if (insideName(root, realpathSync(dir)) !== insideName(root, dir))
    throw new UnsafePath(`its directory ${insideName(root, dir)} is reached through a link`);
}

function swap(root: string, output: RecordedOutput, staged: string | undefined, stage: string): void {
  const path = join(root, output.path);
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (output.type === 'absent') {
    if (there !== undefined && !there.isDirectory()) rmSync(path, { force: true });
    return;
  }
  if (output.type === 'dir') {
    if (there !== undefined && !there.isDirectory()) rmSync(path, { force: true });
    mkdirSync(path, { recursive: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  if (there?.isDirectory()) throw new UnsafePath('a directory stands in its place');
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

/** A directory on the workspace's file system, so that a swap can be a rename; and the umask, which only a new file tells without changing it. */
function openStage(store: LocalStore, root: string): { dir: string; umask: number; close(): void } {
  const near = join(root, '.wgcache');
  let dir = join(store.layout.temp, uniqueName());
  mkdirSync(dir, { recursive: true, mode: PRIVATE_DIR });
  const elsewhere = lstatSync(dir).dev !== lstatSync(root).dev;
  if (elsewhere) {
    rmSync(dir, { recursive: true, force: true });
    dir = join(near, uniqueName());
    mkdirSync(dir, { recursive: true });
  }
  const probe = join(dir, 'umask');
  const fd = openSync(probe, 'wx', 0o777);
  const umask = 0o777 & ~fstatSync(fd).mode;
  closeSync(fd);
  return {
    dir,
    umask,
    close() {
      rmSync(dir, { recursive: true, force: true });
      if (!elsewhere) return;
      try {
        rmdirSync(near);
      } catch {
        // another restore works in it
      }
    },
  };
}

/** `utimes` takes seconds as a double: times are kept to about a microsecond, which is all Helm writes of them (whole seconds). */
function seconds(nanoseconds: string): number {
  return Number(nanoseconds) / 1e9;
}
