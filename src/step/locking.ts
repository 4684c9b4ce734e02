/** Which locks a step takes: its key first, then the real directories it writes, sorted; those above them, and `file://` targets, shared (promise 8). */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode } from '../base/atomic.ts';
import { type Digest, digestOf } from '../base/digest.ts';
import { insideName } from '../base/paths.ts';
import { inOrder, type Lock, type LockRequest, takeLocks } from '../store/lock.ts';
import { type Collected, pathOf } from './collect.ts';
import type { Step } from './step.ts';

/** The locks that ancestors hold, as {@link Lock.held} with commas: a wrapped `task` may wrap inside. */
export const HELD = 'WGCACHE_HELD';

/** Time after which waiting is worth a word. */
const TELL_MS = 1_000;

/** Never fails for the cache's sake: without locks the step still runs, only unguarded. */
export async function lockStep(step: Step, seen: Collected): Promise<Lock> {
  const since = step.host.now();
  let told = false;
  const tell = () => {
    if (told || step.host.now() - since < TELL_MS) return;
    told = true;
    step.host.write(2, `wgcache: ${seen.declaration.label}: waiting for another wgcache that is at it\n`);
  };
  const none: Lock = { waited: false, orphans: false, held: [], release: () => undefined };
  return await step.troubles.guardAsync(
    () => takeLocks(step.store.layout, requestsOf(seen), heldAbove(step), tell),
    none,
  );
}

/** The environment that tells a child which locks are held for it. */
export function heldFor(step: Step, lock: Lock): string {
  return [...heldAbove(step), ...lock.held].join(',');
}

function heldAbove(step: Step): string[] {
  return (step.command.env[HELD] ?? '').split(',').filter((entry) => entry !== '');
}

function requestsOf({ declaration, key, context }: Collected): LockRequest[] {
  const { outputs, locks } = declaration;
  const lockOf = (mode: LockRequest['mode']) => (path: string) => ({ name: lockName(context.resolve(path)), mode });
  const directories = outputs.map((rule) =>
    rule.kind === 'file' ? dirname(context.resolve(rule.path)) : pathOf(rule),
  );
  // Who makes a directory makes all in it: of one that holds another's output it may keep half of that.
  const above = directories.flatMap((path) => directoriesAbove(context.resolve(path), context.command.root));
  return [
    { name: digestOf(`key ${key.key}`), mode: 'exclusive' },
    ...inOrder([
      ...[...directories, ...(locks?.exclusive ?? [])].map(lockOf('exclusive')),
      ...[...above, ...(locks?.shared ?? [])].map(lockOf('shared')),
    ]),
  ];
}

/** Up to the root, without it: there everybody's outputs lie. */
function directoriesAbove(path: string, root: string): string[] {
  const above = dirname(path);
  return insideName(root, above) === null || above === root ? [] : [above, ...directoriesAbove(above, root)];
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
