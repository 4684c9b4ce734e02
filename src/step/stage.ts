/** Where a restore lays its files ready: on the workspace's file system, so that putting one in place is a rename. */
import { lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, makePrivate, uniqueName } from '../base/atomic.ts';
import { NEAR_STAGE } from '../base/paths.ts';
import { type ProcessId, stateOf, thisProcess } from '../store/holder.ts';
import type { Layout } from '../store/layout.ts';
import { umaskIn } from './permissions.ts';

/** Nothing else in there is ours: the directory may be somebody's own. The name says whose stage it is, so that it is whole from the first moment. */
const OURS = /^stage-[0-9a-f]{8}-[0-9a-f-]{27}(?:\.(\d+)\.(\d*)\.([0-9a-f-]*)\.(\d*))?$/;

/** A stage whose process cannot be looked at (another container) is removed after this time. */
const LEFT_MS = 3_600_000;

export interface Stage {
  readonly dir: string;
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
  sweepStages(root);
  if (lstatSync(near, { throwIfNoEntry: false })?.isDirectory() === false)
    throw Object.assign(new Error(`${near} is no directory`), { code: 'ENOTDIR' });
  const { pid, started, boot, namespace } = thisProcess();
  const dir = join(near, `stage-${uniqueName()}.${pid}.${started}.${boot}.${digitsOf(namespace)}`);
  mkdirSync(dir, { recursive: true }); // both at once: who has swept may just remove the empty one above
  return {
    dir,
    umask: umaskIn(dir),
    close() {
      rmSync(dir, { recursive: true, force: true });
      removeIfEmpty(near);
    },
  };
}

/** Removes what killed restores left in the workspace. */
export function sweepStages(root: string): void {
  const near = join(root, NEAR_STAGE);
  if (lstatSync(near, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  for (const name of readdirSync(near)) {
    const found = OURS.exec(name);
    if (found !== null && isLeft(join(near, name), found)) rmSync(join(near, name), { recursive: true, force: true });
  }
  removeIfEmpty(near);
}

function isLeft(path: string, [, pid, started = '', boot = '', namespace = '']: RegExpExecArray): boolean {
  const me = thisProcess();
  const owner: ProcessId = { pid: Number(pid), started, boot, namespace };
  const state = pid === undefined ? 'unknown' : stateOf(owner, { ...me, namespace: digitsOf(me.namespace) });
  if (state !== 'unknown') return state === 'dead';
  const since = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return since !== undefined && Date.now() - since > LEFT_MS;
}

/** `pid:[4026531836]` without what a name may not hold. */
function digitsOf(namespace: string): string {
  return namespace.replace(/\D/g, '');
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // another restore works in it, or it is somebody's own
  }
}
