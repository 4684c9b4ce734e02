/** Where a restore lays its files ready: on the workspace's file system, so that putting one in place is a rename. */
import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, makePrivate, uniqueName } from '../base/atomic.ts';
import type { Layout } from '../store/layout.ts';

/** Directory in the workspace root for stages that cannot lie in the cache; there only while a restore works. */
export const NEAR_STAGE = '.wgcache';

/** Nothing else in there is ours: the directory may be somebody's own. */
const OURS = /^stage-[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** What a killed restore left is removed after this time. */
const LEFT_MS = 3_600_000;

export interface Stage {
  readonly dir: string;
  /** Only a new file tells it without changing it. */
  readonly umask: number;
  close(): void;
}

/** @param near in the workspace, although the cache seems to lie on the same file system */
export function openStage(layout: Layout, root: string, near: boolean): Stage {
  return (near ? null : stageInCache(layout, root)) ?? stageNear(root);
}

/** Null when the cache lies on another file system, is read-only or full. */
function stageInCache(layout: Layout, root: string): Stage | null {
  const dir = join(layout.temp, uniqueName());
  const close = (): void => rmSync(dir, { recursive: true, force: true });
  try {
    makePrivate(dir);
    if (lstatSync(dir).dev === lstatSync(root).dev) return { dir, umask: umaskIn(dir), close };
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
  try {
    close();
  } catch {
    // the same trouble: there is nothing to remove
  }
  return null;
}

function stageNear(root: string): Stage {
  const near = join(root, NEAR_STAGE);
  mkdirSync(near, { recursive: true });
  if (!lstatSync(near).isDirectory()) throw Object.assign(new Error(`${near} is a link`), { code: 'ENOTDIR' });
  const dir = join(near, `stage-${uniqueName()}`);
  mkdirSync(dir);
  for (const name of readdirSync(near).filter((entry) => OURS.test(entry))) {
    const left = join(near, name);
    const since = lstatSync(left, { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && Date.now() - since > LEFT_MS) rmSync(left, { recursive: true, force: true });
  }
  return {
    dir,
    umask: umaskIn(dir),
    close() {
      rmSync(dir, { recursive: true, force: true });
      try {
        rmdirSync(near);
      } catch {
        // another restore works in it
      }
    },
  };
}

function umaskIn(dir: string): number {
  const fd = openSync(join(dir, 'umask'), 'wx', 0o777);
  try {
    return 0o777 & ~fstatSync(fd).mode;
  } finally {
    closeSync(fd);
  }
}
