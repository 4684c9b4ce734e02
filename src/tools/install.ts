/**
 * One tool, from the config to its place: as it lies there, else from the store, else from its source. Nothing is visible before it was checked
 * and is whole.
 */
import { type Digest, digestOf } from '../base/digest.ts';
import { takeLocks } from '../store/lock.ts';
import type { StepRecord } from '../store/record.ts';
import { literalSum } from './address.ts';
import { ToolPlaces } from './layout.ts';
import { fits, LOCK_NAME, type LockedTool, type LockFile } from './lockfile.ts';
import { placeTool } from './place.ts';
import { ToolFault } from './problem.ts';
import { addressOfTool, readTool, type ToolKey, toolKey } from './record.ts';
import { sourceFor } from './sources/index.ts';
import { lookAt, programsOf, readState, type ToolState, writeState } from './state.ts';
import { type Platform, platformName, withoutUser } from './template.ts';
import { exactVersion, type Wanted } from './wanted.ts';
import type { Choice, Pin, Source, Work } from './work.ts';

export interface InstallOptions {
  readonly root: string;
  readonly platform: Platform;
  readonly lock: LockFile | null;
  /** Nothing is found out anew: what the lock file does not have is an error. */
  readonly locked: boolean;
  /** Hard links to the store. */
  readonly link: boolean;
  /** All tools of the config. */
  readonly names: readonly string[];
}

export interface Installed {
  readonly how: 'fresh' | 'restored' | 'installed';
  readonly version: string;
  /** What the program says itself. */
  readonly shown: string | null;
  readonly programs: readonly string[];
  readonly files: number;
  readonly bytes: number;
  /** What it took to make it, when it was made. */
  readonly madeMs: number;
  readonly key: Digest;
  /** What the lock file may keep; null: nothing was found out. */
  readonly pin: Pin | null;
}

/** @throws ToolFault, NetError, and errors of the system */
export async function installTool(wanted: Wanted, options: InstallOptions, work: Work): Promise<Installed> {
  const source = await sourceFor(wanted.from);
  const { version, pin } = await chosen(wanted, source, options, work);
  const choice: Choice = { wanted, version, platform: options.platform };
  const places = new ToolPlaces(options.root);
  const asked = toolKey(choice, pin);
  const request = requestOf(asked, wanted, version);
  const one = new Install(choice, source, pin, asked, request, places, options, work);
  places.prepare();
  return one.fresh() ?? (await one.underLock());
}

/** What was asked for: who finds the same in a tool's state has nothing to do. */
export function requestOf({ key }: ToolKey, { version: asked }: Wanted, version: string): Digest {
  return digestOf(JSON.stringify([key, asked, version]));
}

/** Whether what lies there is what is asked for; asked without a sum the first time, it may now be known by the one it was found to have. */
export function answers(state: Pick<ToolState, 'key' | 'request'>, { key }: ToolKey, request: Digest): boolean {
  return state.request === request || state.key === key;
}

/** The version, and what it must be, as far as config and lock file say; else it is found out. */
async function chosen(
  wanted: Wanted,
  source: Source,
  options: InstallOptions,
  work: Work,
): Promise<{ readonly version: string; readonly pin: Pin | null }> {
  const said = saidVersion(wanted, source, options);
  if (said !== null) return said;
  const { resolveVersion } = await import('./resolve.ts');
  return { version: await resolveVersion(wanted, source, work), pin: null };
}

/** Null: neither config nor lock file says which. @throws ToolFault where the lock file should */
export function saidVersion(
  wanted: Wanted,
  source: Source,
  { lock, locked, platform }: Pick<InstallOptions, 'lock' | 'locked' | 'platform'>,
): { readonly version: string; readonly pin: Pin | null } | null {
  const entry = lock?.tools[wanted.name];
  if (entry !== undefined && fits(entry, wanted)) {
    const choice = { wanted, version: entry.version, platform };
    const pin = entry.platforms[platformKey(source, platform)] ?? null;
    if (pin !== null) {
      const other = contradiction(choice, pin);
      if (other !== null) throw new ToolFault({ code: 'lock-stale', detail: other });
    }
    if (pin !== null || !locked) return { version: entry.version, pin };
    throw new ToolFault({ code: 'platform', platform: platformName(platform), there: Object.keys(entry.platforms) });
  }
  if (locked)
    throw entry === undefined
      ? new ToolFault({ code: 'lock-missing' })
      : new ToolFault({ code: 'lock-stale', detail: staleness(entry, wanted) });
  const version = exactVersion(wanted);
  return version === null ? null : { version, pin: null };
}

/** What the config says of a tool's bytes and the lock file does not: neither word goes over the other. Null: they agree. */
export function contradiction(choice: Choice, { sha256 }: Pin): string | null {
  const said = literalSum(choice);
  return said === null || said === sha256
    ? null
    : `the config has sha256 ${said}, ${LOCK_NAME} has ${sha256 ?? 'none'}`;
}

function staleness(entry: LockedTool, wanted: Wanted): string {
  return entry.wanted === wanted.version
    ? `it was locked from ${entry.source}`
    : `the config wants ${wanted.version}, ${LOCK_NAME} was made for ${entry.wanted}`;
}

export function platformKey(source: Source, platform: Platform): string {
  return source.anyPlatform ? 'any' : platformName(platform);
}

class Install {
  readonly #choice: Choice;
  readonly #source: Source;
  /** Of the lock file. */
  readonly #pin: Pin | null;
  readonly #asked: ToolKey;
  readonly #request: Digest;
  readonly #places: ToolPlaces;
  readonly #options: InstallOptions;
  readonly #work: Work;

  constructor(
    choice: Choice,
    source: Source,
    pin: Pin | null,
    asked: ToolKey,
    request: Digest,
    places: ToolPlaces,
    options: InstallOptions,
    work: Work,
  ) {
    this.#choice = choice;
    this.#source = source;
    this.#pin = pin;
    this.#asked = asked;
    this.#request = request;
    this.#places = places;
    this.#options = options;
    this.#work = work;
  }

  /** Null: something is to be done. */
  fresh(): Installed | null {
    const { wanted, version } = this.#choice;
    const path = this.#places.state(wanted.name, version);
    const state = readState(path);
    if (state === null || !answers(state, this.#asked, this.#request)) return null;
    const dir = this.#places.tool(wanted.name, version);
    const found = lookAt(dir, state);
    if (found === 'different') return null;
    if (found === 'same-bytes') writeState(path, dir, state, state);
    this.#link(programsOf(state.outputs));
    this.#work.store.noteUse(addressOfTool(this.#asked)); // else `gc` would take it away from the next checkout
    return {
      how: 'fresh',
      version,
      shown: state.shown,
      programs: programsOf(state.outputs),
      files: 0,
      bytes: 0,
      madeMs: 0,
      key: state.key,
      pin: this.#pin,
    };
  }

  /** One at a time makes or places a tool; who waited finds it done. */
  async underLock(): Promise<Installed> {
    const { layout } = this.#work.store;
    const { wanted, version } = this.#choice;
    const places = [this.#asked.key, digestOf(this.#places.tool(wanted.name, version))];
    const requests = places.map((name) => ({ name: digestOf(`tool ${name}`), mode: 'exclusive' as const }));
    const lock = await takeLocks(layout, requests, [], () => undefined);
    try {
      return (lock.waited ? this.fresh() : null) ?? (await this.#restored()) ?? (await this.#made());
    } finally {
      lock.release();
    }
  }

  async #restored(): Promise<Installed | null> {
    const record = await readTool(this.#work.store, this.#asked);
    const placed = record === null ? null : await this.#place(record, 'restored', 0, this.#pin);
    if (placed !== null) this.#work.store.noteUse(addressOfTool(this.#asked));
    return placed;
  }

  async #made(): Promise<Installed> {
    const { store } = this.#work;
    const pin = this.#pin ?? (await this.#source.pin(this.#choice, this.#work));
    if (this.#choice.wanted.from === 'url' && pin?.sha256 === undefined)
      throw new ToolFault({ code: 'no-checksum', url: withoutUser(this.#choice.wanted.definition.url ?? '') });
    // Made before, for somebody who knew its sum from elsewhere.
    const known = await readTool(store, toolKey(this.#choice, pin));
    const placed = known === null ? null : await this.#place(known, 'restored', 0, pin);
    if (placed !== null) return placed;

    const { makeTool } = await import('./make.ts'); // what is in the cache needs none of it
    const made = await makeTool(this.#choice, this.#source, pin, this.#pin, this.#work);
    const done = await this.#place(made.record, 'installed', made.record.ranMs, made.pin);
    if (done === null) throw new ToolFault({ code: 'files', detail: 'what was just stored is gone' });
    return done;
  }

  async #place(
    record: StepRecord,
    how: 'restored' | 'installed',
    madeMs: number,
    pin: Pin | null,
  ): Promise<Installed | null> {
    const { wanted, version, platform } = this.#choice;
    const dir = this.#places.tool(wanted.name, version);
    const placed = await placeTool(this.#work.store, record, dir, { link: this.#options.link });
    if (placed === null) return null;
    const shown = record.tool?.version ?? null;
    const about = { request: this.#request, version, platform: platformName(platform), shown };
    writeState(this.#places.state(wanted.name, version), dir, record, about);
    const programs = programsOf(record.outputs);
    this.#link(programs);
    return { how, version, shown, programs, ...placed, madeMs, key: record.key, pin };
  }

  #link(programs: readonly string[]): void {
    const { wanted, version } = this.#choice;
    const others = this.#options.names.filter((name) => name !== wanted.name);
    for (const program of programs) this.#places.link(program, wanted.name, version, others);
  }
}
