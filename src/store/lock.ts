/**
 * Locks between processes, by files. A holder that dies is found out, not timed out: its lock names pid, start time, boot and pid
 * namespace. Only a holder in another namespace (a container on the same mount) is judged by its heartbeat.
 *
 * Taking a dead holder's lock away is the dangerous moment: two waiters may have seen the same dead holder, and the slower one must
 * not remove the faster one's new lock. Therefore only the owner of the lock `<name>.<token of the dead>` may remove that very file,
 * and it looks at the token once more before it does. A token never comes back, so the look cannot grow stale.
 */
import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAtomic, errorCode, uniqueName } from '../base/atomic.ts';
import type { Digest } from '../base/digest.ts';
import { byCodeUnit } from '../base/paths.ts';
import { type Holder, parseHolder, stateOf, thisProcess } from './holder.ts';
import type { Layout } from './layout.ts';

/** How often a waiter looks: a dead holder is replaced within this time. */
const POLL_MS = 25;
/** A holder in another namespace touches its lock this often … */
const BEAT_MS = 2_000;
/** … and is taken for dead after this silence. */
const SILENCE_MS = 15_000;

export interface LockRequest {
  readonly name: Digest;
  readonly mode: 'exclusive' | 'shared';
}

export interface Lock {
  /** Whether anybody was in the way: what was looked at before may have changed. */
  readonly waited: boolean;
  /** Names of the exclusive locks held here, for child processes. */
  readonly names: readonly Digest[];
  release(): void;
}

/**
 * Takes all locks, in the given order. Give the key first, then the rest sorted: every process in the same order, so that none waits in a ring.
 * @param held names that an ancestor process holds for us
 * @param onWait called before each waiting
 */
export async function takeLocks(
  layout: Layout,
  requests: readonly LockRequest[],
  held: ReadonlySet<Digest>,
  onWait: () => void,
): Promise<Lock> {
  const files: string[] = [];
  let waited = false;
  const wait = async (): Promise<void> => {
    onWait();
    waited = true;
    await sleep(POLL_MS);
  };
  try {
    for (const { name, mode } of requests) {
      if (!held.has(name)) files.push(await (mode === 'exclusive' ? takeExclusive : takeShared)(layout, name, wait));
    }
  } catch (error) {
    releaseAll(files);
    throw error;
  }
  const beat = heartbeat(files);
  return {
    waited,
    names: requests.filter(({ mode }) => mode === 'exclusive').map(({ name }) => name),
    release() {
      clearInterval(beat);
      releaseAll(files);
    },
  };
}

/** Sorted and without doubles; exclusive wins over shared. */
export function inOrder(requests: readonly LockRequest[]): LockRequest[] {
  const modes = new Map<Digest, LockRequest['mode']>();
  for (const { name, mode } of requests) modes.set(name, modes.get(name) === 'exclusive' ? 'exclusive' : mode);
  return [...modes].map(([name, mode]) => ({ name, mode })).sort((a, b) => byCodeUnit(a.name, b.name));
}

type Wait = () => Promise<void>;

/** Readers first leave, then the writer has it: it holds the gate while it waits for them, so no new one comes in. */
async function takeExclusive(layout: Layout, name: Digest, wait: Wait): Promise<string> {
  const gate = await takeFile(layout, layout.lock(name), wait);
  while (livingReaders(layout, name)) await wait();
  return gate;
}

async function takeShared(layout: Layout, name: Digest, wait: Wait): Promise<string> {
  const gate = await takeFile(layout, layout.lock(name), wait);
  const token = uniqueName();
  const file = `${layout.lock(name)}.r-${token}`;
  createAtomic(file, Buffer.from(JSON.stringify(thisProcess(token))), layout.temp);
  releaseAll([gate]);
  return file;
}

function livingReaders(layout: Layout, name: Digest): boolean {
  const stem = `${name}.r-`;
  let living = false;
  for (const file of readdirSync(`${layout.base}/locks`).filter((entry) => entry.startsWith(stem))) {
    const path = `${layout.base}/locks/${file}`;
    const holder = readHolder(path);
    if (holder === null || isDead(holder, path)) rmSync(path, { force: true });
    else living = true;
  }
  return living;
}

/** Every function that takes a lock answers with the file that stands for it: only its owner removes it. */
async function takeFile(layout: Layout, path: string, wait: Wait): Promise<string> {
  const token = uniqueName();
  const mine = Buffer.from(JSON.stringify(thisProcess(token)));
  while (!createAtomic(path, mine, layout.temp)) {
    const holder = readHolder(path);
    if (holder === 'gone') continue;
    if (holder === null || isDead(holder, path)) await removeDead(layout, path, holder, wait);
    else await wait();
  }
  return path;
}

function releaseAll(files: readonly string[]): void {
  for (const file of files.toReversed()) rmSync(file, { force: true });
}

async function removeDead(layout: Layout, path: string, dead: Holder | null, wait: Wait): Promise<void> {
  const marker = await takeFile(layout, `${path}.${dead?.token ?? 'unreadable'}`, wait);
  try {
    const now = readHolder(path);
    if (now !== 'gone' && now?.token === dead?.token) rmSync(path, { force: true, recursive: true });
  } finally {
    releaseAll([marker]);
  }
}

function isDead(holder: Holder | 'gone', path: string): boolean {
  if (holder === 'gone') return true;
  const state = stateOf(holder);
  if (state !== 'unknown') return state === 'dead';
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return touched !== undefined && Date.now() - touched > SILENCE_MS;
}

/** `gone`: released since. `null`: there, but names nobody. */
function readHolder(path: string): Holder | null | 'gone' {
  try {
    return parseHolder(readFileSync(path, 'utf8'));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'gone';
    if (errorCode(error) === 'EISDIR') return null;
    throw error;
  }
}

function heartbeat(paths: readonly string[]): NodeJS.Timeout {
  const beat = setInterval(() => {
    const now = new Date();
    for (const path of paths) {
      try {
        utimesSync(path, now, now);
      } catch {
        // released, or the cache directory is gone: nobody to convince
      }
    }
  }, BEAT_MS);
  beat.unref();
  return beat;
}
