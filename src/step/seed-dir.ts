/**
 * A cache directory of a tool: what lies there, and putting files there that are missing. Nothing is overwritten or deleted, and nothing goes
 * through a link. Not promised: against somebody who swaps a directory for a link in the instant before a file is put in place.
 */
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { errorCode, makePrivate, uniqueName } from '../base/atomic.ts';
import type { LocalStore } from '../store/local.ts';
import type { SeedFile } from '../store/seeds.ts';

/** A file that lies ready in the directory itself, since the store is on another file system. */
const UNFINISHED = /^\.wgcache-[0-9a-f-]{36}$/;
/** Whoever is at it has finished long ago. */
const STALE_MS = 3_600_000;

/**
 * Paths below `dir` of the files that count, with `/`; links are passed over. Names alone: a stat of each would cost twice the time.
 * A GOCACHE of 10,000 files takes 30 ms (bun), 50 ms (Node 20) on a busy machine of 2 cores; a run that missed pays it twice.
 */
export function listSeed(dir: string, counts: (path: string) => boolean): Set<string> {
  const found = new Set<string>();
  const walk = (below: string): void => {
    for (const entry of entriesIn(join(dir, below))) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && counts(path)) found.add(path);
    }
  };
  walk('');
  return found;
}

function entriesIn(dir: string) {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** Puts files into a cache directory, one by one. */
export class SeedDir {
  readonly #store: LocalStore;
  readonly #top: string;
  /** Of the directory, less the umask: what is put there is as open as it, and no more. */
  readonly #mode: number;
  readonly #made = new Map<string, boolean>();
  /** Where a file is made whole before it gets its name. */
  #stage: string;

  /** @param dir made, as the tool would, when it is not there */
  constructor(store: LocalStore, dir: string) {
    makePrivate(dir, 0o777); // as open as the umask lets it be
    makePrivate(store.layout.temp);
    this.#store = store;
    this.#top = realpathSync(dir);
    this.#mode = statSync(this.#top).mode & openness(store.layout.temp);
    this.#stage = store.layout.temp;
    sweep(this.#top);
  }

  /** @returns whether it was put there: not when something has its name, its blob is not whole, or a link is on the way */
  async put(file: SeedFile): Promise<boolean> {
    const parent = posix.dirname(file.path);
    if (!this.#isOurs(parent)) return false;
    const place = join(this.#top, parent);
    const target = join(this.#top, file.path);
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) return false;
    const near = join(this.#top, `.wgcache-${uniqueName()}`);
    const ready = this.#stage === this.#top ? near : join(this.#stage, uniqueName());
    try {
      if (!(await this.#store.fetchTo(file.digest, ready))) return false;
      const open = this.#mode & (file.exec ? 0o777 : 0o666);
      chmodSync(ready, open | 0o600);
      const now = new Date();
      utimesSync(ready, now, now); // a tool may clear away what it did not use for long
      if (realpathSync(place) !== place) return false;
      linkSync(ready, target); // fails when something is there
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      if (errorCode(error) !== 'EXDEV' || this.#stage === this.#top) throw error;
      this.#stage = this.#top;
    } finally {
      rmSync(ready, { force: true });
    }
    return await this.put(file);
  }

  /** Whether a directory below the top is there, made if need be, with no link on the way. */
  #isOurs(path: string): boolean {
    if (path === '.') return true;
    const known = this.#made.get(path);
    if (known !== undefined) return known;
    const ours = this.#isOurs(dirname(path)) && this.#make(join(this.#top, path));
    this.#made.set(path, ours);
    return ours;
  }

  #make(dir: string): boolean {
    try {
      mkdirSync(dir, { mode: this.#mode });
      return true;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      return lstatSync(dir).isDirectory();
    }
  }
}

/** What the umask leaves of permissions. */
function openness(scratch: string): number {
  const dir = join(scratch, uniqueName());
  mkdirSync(dir, { mode: 0o777 });
  const { mode } = statSync(dir);
  rmSync(dir, { recursive: true });
  return mode & 0o777;
}

/** What a killed fill left. */
function sweep(dir: string): void {
  for (const name of readdirSync(dir)) {
    const stat = UNFINISHED.test(name) ? lstatSync(join(dir, name), { throwIfNoEntry: false }) : undefined;
    if (stat?.isFile() && Date.now() - stat.mtimeMs > STALE_MS) rmSync(join(dir, name), { force: true });
  }
}
