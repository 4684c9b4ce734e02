/**
 * What a step remembers between runs, so that a second run reads and parses nothing: digests by stat, facts by digest.
 *
 * A digest is filed under (device, inode, size, mtime, ctime). It is trusted only when the file was older than its file system's
 * clock tick at the moment we looked: a write within the same tick would not show in the stat (promise 2).
 */
import { type BigIntStats, statSync } from 'node:fs';
import { errorCode, writeAtomic } from '../base/atomic.ts';
import { encodeChecked, readChecked } from '../base/checked.ts';
import { type Digest, digestFile, digestOf, isDigest } from '../base/digest.ts';
import type { Json } from '../base/json.ts';
import { identityOf } from '../base/stamp.ts';
import { keepDigest, knownDigest, LARGE } from '../store/known.ts';
import type { Layout } from '../store/layout.ts';
import { probe } from '../store/local.ts';

const VERSION = 1;

/** Linux stamps files with the kernel's coarse clock, 1–10 ms apart; twice that. */
const FINE_NS = 20_000_000n;
/** FAT keeps 2 s, HFS+ and ext3 1 s. Also used where the file system's clock may not be ours. */
const COARSE_NS = 2_000_000_000n;
const SECOND_NS = 1_000_000_000n;

/** Time as the cache directory's file system tells it. Tests pass a coarse or a wrong one. */
export interface FileClock {
  probe(): { nowNs: bigint; dev: bigint };
}

export function storeClock(layout: Layout): FileClock {
  return {
    probe() {
      const { nowNs, dev } = probe(layout);
      const ourNs = BigInt(Date.now()) * 1_000_000n;
      return { nowNs: ourNs < nowNs ? ourNs : nowNs, dev }; // of two clocks the earlier: a server's may be ahead of that of the files
    },
  };
}

/** For who remembers nothing and so need not ask what time it is. */
export const NO_CLOCK: FileClock = { probe: () => ({ nowNs: 0n, dev: -1n }) };

interface Saved {
  readonly digests: { readonly [identity: string]: Digest };
  readonly facts: { readonly [id: string]: Json };
}

export class Memo {
  readonly #layout: Layout;
  readonly #path: string;
  readonly #clock: FileClock;
  readonly #old: Saved;
  readonly #digests = new Map<string, Digest>();
  readonly #facts = new Map<string, Json>();
  #probed: { readonly nowNs: bigint; readonly dev: bigint } | null = null;
  #changed = false;
  #sure = true;

  readonly #write: (write: () => void) => void;

  /** @param write runs each write to the cache, or does not (`status` writes nothing), and keeps trouble to itself */
  constructor(layout: Layout, step: Digest, clock: FileClock, write: (write: () => void) => void) {
    this.#write = write;
    this.#layout = layout;
    this.#path = layout.memo(step);
    this.#clock = clock;
    const saved = readChecked(this.#path, 'wgcache-memo', VERSION);
    this.#old = isSaved(saved) ? saved : { digests: {}, facts: {} };
  }

  /** Digest of the file's bytes. `stat` was taken just now, behind any link. */
  digest(path: string, stat: BigIntStats): Digest {
    const identity = identityOf(stat);
    const known = this.#digests.get(identity) ?? this.#old.digests[identity];
    if (isDigest(known)) {
      this.#digests.set(identity, known);
      return known;
    }
    const shared = isShared(stat) ? knownDigest(this.#layout, identity) : null;
    if (shared !== null) {
      this.#digests.set(identity, shared);
      this.#changed = true;
      return shared;
    }
    const trusted = this.settled(stat);
    const { digest } = digestFile(path);
    const after = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (trusted && after !== undefined && identityOf(after) === identity) {
      this.#digests.set(identity, digest);
      this.#changed = true;
      if (isShared(stat)) this.#write(() => keepDigest(this.#layout, identity, digest));
    } else this.#sure = false;
    return digest;
  }

  /** Whether every digest so far was of a file whose next change will show in its stat. */
  get isSure(): boolean {
    return this.#sure;
  }

  /** A remembered fact; `undefined` when it must be computed. Looks in this step's memo, then in what all steps share. */
  fact(id: string): Json | undefined {
    const known = this.#facts.get(id) ?? this.#old.facts[id];
    if (known !== undefined) {
      this.#facts.set(id, known);
      return known;
    }
    const shared = readChecked(this.#layout.fact(digestOf(id)), 'wgcache-fact', VERSION) as {
      id: string;
      value: Json;
    } | null;
    if (shared?.id !== id) return undefined;
    this.#facts.set(id, shared.value);
    this.#changed = true;
    return shared.value;
  }

  rememberFact(id: string, value: Json): void {
    this.#facts.set(id, value);
    this.#changed = true;
    const bytes = encodeChecked('wgcache-fact', VERSION, Buffer.from(JSON.stringify({ id, value })));
    this.#write(() => writeAtomic(this.#layout.fact(digestOf(id)), bytes, this.#layout.temp));
  }

  /** Writes what this run used, if it learned something. Losing it costs time only. */
  save(): void {
    if (!this.#changed) return;
    const saved: Saved = { digests: Object.fromEntries(this.#digests), facts: Object.fromEntries(this.#facts) };
    const bytes = encodeChecked('wgcache-memo', VERSION, Buffer.from(JSON.stringify(saved)));
    this.#write(() => writeAtomic(this.#path, bytes, this.#layout.temp));
    this.#changed = false;
  }

  /** Whether a write from now on will show in the next stat. An earlier probe answers too: then it was longer ago that the file settled. */
  settled(stat: BigIntStats): boolean {
    if (this.#probed !== null && hasSettled(stat, this.#probed)) return true;
    try {
      this.#probed = this.#clock.probe();
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      return false; // no clock to be had (cache directory read-only or full): hash again next time
    }
    return hasSettled(stat, this.#probed);
  }
}

/** Whether the file's last change lay more than a tick of its file system's clock back at that moment. */
export function hasSettled(
  { dev, mtimeNs, ctimeNs }: Pick<BigIntStats, 'dev' | 'mtimeNs' | 'ctimeNs'>,
  probed: { readonly nowNs: bigint; readonly dev: bigint },
): boolean {
  const whole = mtimeNs % SECOND_NS === 0n && ctimeNs % SECOND_NS === 0n;
  const tick = dev !== probed.dev || whole ? COARSE_NS : FINE_NS;
  return probed.nowNs - mtimeNs > tick && probed.nowNs - ctimeNs > tick;
}

/** Its sum fits, so we wrote it, or somebody who knows how. */
function isSaved(value: unknown): value is Saved {
  const { digests, facts } = (value ?? {}) as { readonly digests?: unknown; readonly facts?: unknown };
  return [digests, facts].every((part) => typeof part === 'object' && part !== null);
}

/** In an image of a file system (squashfs, as of a snap) times are whole seconds, and another image may have another file of this stat: such a file is remembered by its step alone. */
function isShared({ size, ctimeNs }: BigIntStats): boolean {
  return size >= LARGE && ctimeNs % SECOND_NS !== 0n;
}
