/**
 * Locks between processes, by files. A holder that dies is found out, not timed out: its lock names pid, start time, boot and pid
 * namespace. Only a holder that cannot be looked at (another namespace, another machine on the mount) is judged by its heartbeat.
 *
 * Taking a dead holder's lock away is the dangerous moment: two waiters may have seen the same dead holder, and the slower one must
 * not remove the faster one's new lock. Therefore only the owner of the lock `<name>.<token of the dead>` may remove that very file,
 * and it looks at the token once more before it does. A token never comes back, so the look cannot grow stale.
 *
 * A command may live on when its wgcache was killed. Nobody waits for it; but the lock of the dead stays as `<name>.o-<token>` until it
 * ends, so that nobody takes what it may still write for the work of another.
 *
 * Whoever waits holds nothing: a step takes all of its locks or none, so that nobody waits in a ring. Not promised: an order among those
 * who wait.
 */
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAtomic, errorCode, uniqueName } from '../base/atomic.ts';
import type { Digest } from '../base/digest.ts';
import { byCodeUnit } from '../base/paths.ts';
import { hasFamily } from './family.ts';
import { type Holder, parseHolder, stateOf, thisProcess } from './holder.ts';
import type { Layout } from './layout.ts';

/** How often a waiter looks. */
const POLL_MS = 25;
/** A holder touches its locks this often … */
const BEAT_MS = 2_000;
/** … and one that cannot be looked at is taken for dead after this silence. */
const SILENCE_MS = 15_000;

export interface LockRequest {
  readonly name: Digest;
  readonly mode: 'exclusive' | 'shared';
}

export interface Lock {
  /** Whether anybody was in the way: what was looked at before may have changed. */
  readonly waited: boolean;
  /** Whether a command still ran under one of these locks when they were taken, though its wgcache is dead: it may write at any time. */
  readonly orphans: boolean;
  /** What is held here, for child processes: `NAME:TOKEN`. */
  readonly held: readonly string[];
  /** Never fails; a lock that cannot be removed is that of a dead process soon. */
  release(): void;
}

/** A file that stands for a lock of ours. */
interface Taken {
  readonly name: Digest;
  readonly file: string;
  readonly token: string;
}

/**
 * Takes all locks.
 * @param above what ancestor processes hold for us, as {@link Lock.held}; an entry counts while its lock is there
 * @param onWait called before each waiting
 */
export async function takeLocks(
  layout: Layout,
  requests: readonly LockRequest[],
  above: readonly string[],
  onWait: () => void,
): Promise<Lock> {
  const taker = new Taker(layout);
  const wanted = requests.filter(({ name }) => !above.some((entry) => taker.isHeldBy(name, entry)));
  for (let waited = false; ; waited = true) {
    const taken = taker.takeAll(wanted);
    if (taken !== null) return heldLock(taken, waited, taker.orphans);
    onWait();
    await sleep(POLL_MS);
  }
}

/** Takes all locks if nobody is in the way; null otherwise. */
export function tryLocks(layout: Layout, requests: readonly LockRequest[]): Lock | null {
  const taker = new Taker(layout);
  const taken = taker.takeAll(requests);
  return taken === null ? null : heldLock(taken, false, taker.orphans);
}

/** Sorted and without doubles; exclusive wins over shared. */
export function inOrder(requests: readonly LockRequest[]): LockRequest[] {
  const modes = new Map<Digest, LockRequest['mode']>();
  for (const { name, mode } of requests) modes.set(name, modes.get(name) === 'exclusive' ? 'exclusive' : mode);
  return [...modes].map(([name, mode]) => ({ name, mode })).sort((a, b) => byCodeUnit(a.name, b.name));
}

function heldLock(taken: readonly Taken[], waited: boolean, orphans: boolean): Lock {
  const beat = setInterval(() => {
    const now = new Date();
    for (const { file } of taken) quietly(() => utimesSync(file, now, now));
  }, BEAT_MS);
  beat.unref();
  return {
    waited,
    orphans,
    held: taken.map(({ name, token }) => `${name}:${token}`),
    release() {
      clearInterval(beat);
      releaseAll(taken);
    },
  };
}

/** Only what is still ours: somebody who could not look at us may have taken us for dead. */
function releaseAll(taken: readonly Taken[]): void {
  for (const { file, token } of taken.toReversed()) {
    quietly(() => {
      const holder = readHolder(file);
      if (holder !== 'gone' && holder?.token === token) rmSync(file, { force: true });
    });
  }
}

function quietly(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}

/** Tries to take locks, as often as it is asked. */
class Taker {
  readonly #layout: Layout;
  readonly #me = thisProcess();
  /** By token of a holder that cannot be looked at: its last heartbeat, and when we first saw that one, on our own clock. */
  readonly #beats = new Map<string, { readonly mtimeMs: number; readonly since: number }>();

  /** Of the last {@link takeAll}. */
  orphans = false;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** All or nothing. */
  takeAll(requests: readonly LockRequest[]): readonly Taken[] | null {
    const taken: Taken[] = [];
    let done = false;
    this.orphans = false;
    try {
      done = requests.every(({ name, mode }) =>
        mode === 'exclusive' ? this.#exclusive(name, taken) : this.#shared(name, taken),
      );
    } finally {
      if (!done) releaseAll(taken);
    }
    return done ? taken : null;
  }

  isHeldBy(name: Digest, entry: string): boolean {
    const token = entry.slice(name.length + 1);
    if (token === '' || entry !== `${name}:${token}`) return false;
    const gate = this.#layout.lock(name);
    return [gate, `${gate}.r-${token}`].some((file) => {
      const holder = readHolder(file);
      return holder !== 'gone' && holder?.token === token;
    });
  }

  /** The lock's own file is the gate; who has it and finds no living reader has the lock. */
  #exclusive(name: Digest, taken: Taken[]): boolean {
    const gate = this.#file(name, this.#layout.lock(name));
    if (gate === null) return false;
    taken.push(gate);
    return !this.#hasOthers(name);
  }

  /** A reader goes through the gate, leaves a file of its own and opens the gate again. */
  #shared(name: Digest, taken: Taken[]): boolean {
    const gate = this.#file(name, this.#layout.lock(name));
    if (gate === null) return false;
    try {
      const token = uniqueName();
      const file = `${gate.file}.r-${token}`;
      createAtomic(file, this.#words(token), this.#layout.temp);
      taken.push({ name, file, token });
    } finally {
      releaseAll([gate]);
    }
    return true;
  }

  #hasOthers(name: Digest): boolean {
    const dir = dirname(this.#layout.lock(name));
    let living = false;
    for (const file of readdirSync(dir).filter((entry) => entry.startsWith(`${name}.`))) {
      const path = `${dir}/${file}`;
      const [, kind, token = ''] = /^\.([or])-(.*)$/.exec(file.slice(name.length)) ?? [];
      if (kind === undefined) continue;
      if (kind === 'o') {
        if (hasFamily(token)) this.orphans = true;
        else rmSync(path, { force: true, recursive: true });
        continue;
      }
      const holder = readHolder(path);
      if (holder === 'gone') continue;
      if (holder === null || this.#isDead(holder, path)) rmSync(path, { force: true, recursive: true });
      else living = true;
    }
    return living;
  }

  #file(name: Digest, file: string): Taken | null {
    const token = uniqueName();
    while (!createAtomic(file, this.#words(token), this.#layout.temp)) {
      const holder = readHolder(file);
      if (holder === 'gone') continue;
      if (holder !== null && !this.#isDead(holder, file)) return null;
      if (!this.#removeDead(name, file, holder)) return null;
    }
    return { name, file, token };
  }

  /** @returns false when somebody else is at it */
  #removeDead(name: Digest, file: string, dead: Holder | null): boolean {
    const marker = this.#file(name, `${file}.${dead?.token ?? 'unreadable'}`);
    if (marker === null) return false;
    try {
      const now = readHolder(file);
      if (now !== 'gone' && now?.token === dead?.token) {
        if (dead !== null && file === this.#layout.lock(name) && hasFamily(dead.token))
          renameSync(file, `${file}.o-${dead.token}`);
        else rmSync(file, { force: true, recursive: true });
      }
      return true;
    } finally {
      releaseAll([marker]);
    }
  }

  #isDead(holder: Holder, file: string): boolean {
    const state = stateOf(holder, this.#me);
    if (state !== 'unknown') return state === 'dead';
    const mtimeMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (mtimeMs === undefined) return false; // released meanwhile
    if (Date.now() - mtimeMs > SILENCE_MS) return true;
    // Its clock may be ahead of ours, or ours was set back: then only waiting tells.
    const seen = this.#beats.get(holder.token);
    const now = performance.now();
    if (seen?.mtimeMs !== mtimeMs) this.#beats.set(holder.token, { mtimeMs, since: now });
    return seen?.mtimeMs === mtimeMs && now - seen.since > SILENCE_MS;
  }

  #words(token: string): Uint8Array {
    return Buffer.from(JSON.stringify({ token, ...this.#me }));
  }
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
