/** Which locks a step takes: its key first, then the real directories it writes, sorted; `file://` targets shared (promise 8). */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../base/atomic.ts';
import { type Digest, digestOf } from '../base/digest.ts';
import { inOrder, type Lock, type LockRequest, takeLocks } from '../store/lock.ts';
import type { Collected } from './collect.ts';
import type { Step } from './step.ts';

/** Digests of the locks that ancestors hold, with commas: a wrapped `task` may wrap inside. */
export const HELD = 'WGCACHE_HELD';

/** Time after which waiting is worth a word. */
const TELL_MS = 1_000;

/** Never fails for the cache's sake: without locks the step still runs, only unguarded. */
export async function lockStep(step: Step, seen: Collected): Promise<Lock> {
  const { declaration, key, context } = seen;
  const held = new Set((step.command.env[HELD] ?? '').split(',').filter((name) => name !== ''));
  const directories: LockRequest[] = declaration.outputs.map((rule) =>
    directoryLock(
      context.resolve(rule.kind === 'file' ? dirname(rule.path) : rule.kind === 'set' ? rule.dir : rule.path),
      'exclusive',
    ),
  );
  for (const path of declaration.locks?.exclusive ?? [])
    directories.push(directoryLock(context.resolve(path), 'exclusive'));
  for (const path of declaration.locks?.shared ?? []) directories.push(directoryLock(context.resolve(path), 'shared'));
  const requests: LockRequest[] = [{ name: digestOf(`key ${key.key}`), mode: 'exclusive' }, ...inOrder(directories)];
  const since = step.host.now();
  let told = false;
  const tell = () => {
    if (told || step.host.now() - since < TELL_MS) return;
    told = true;
    step.host.write(2, `wgcache: ${declaration.label}: waiting for another wgcache that is at it\n`);
  };
  const none: Lock = { waited: false, names: [], release: () => undefined };
  return await step.troubles.guardAsync(() => takeLocks(step.store.layout, requests, held, tell), none);
}

/** The environment that tells a child which locks are held for it. */
export function heldFor(step: Step, lock: Lock): string {
  const before = step.command.env[HELD] ?? '';
  return [...(before === '' ? [] : before.split(',')), ...lock.names].join(',');
}

function directoryLock(path: string, mode: LockRequest['mode']): LockRequest {
  return { name: lockName(path), mode };
}

/** The directory by its real path, as far as it exists: two ways to one directory are one lock. */
function lockName(path: string): Digest {
  for (let at = path, rest = ''; ; rest = `${at.slice(dirname(at).length)}${rest}`, at = dirname(at)) {
    try {
      return digestOf(`directory ${realpathSync(at)}${rest}`);
    } catch (error) {
      const code = errorCode(error);
      if ((code !== 'ENOENT' && code !== 'ENOTDIR') || dirname(at) === at) throw error;
    }
  }
}
