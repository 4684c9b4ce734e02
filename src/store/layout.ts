/** Where everything lies in the cache directory (cache-spec/store.md). A change of any format moves to a new version directory. */
import { join } from 'node:path';
import type { Digest } from '../base/digest.ts';
import type { Address } from './store.ts';

export class Layout {
  readonly base: string;

  /** @param dir the cache directory, absolute */
  constructor(dir: string) {
    this.base = join(dir, 'v1');
  }

  blob(digest: Digest): string {
    return this.#sharded('blobs', digest);
  }

  /** `records/<scope>/<hh>/<key>.json`, and `<key>.<root>.json` for a record bound to a root. */
  record({ scope, key, root }: Address): string {
    return join(this.base, 'records', scope, key.slice(0, 2), root === null ? `${key}.json` : `${key}.${root}.json`);
  }

  /** What a step (a place and a kind of command) remembers: stat index and facts. */
  memo(step: Digest): string {
    return this.#sharded('memo', step);
  }

  /** What the last `fresh` of a command rested on. */
  glance(id: Digest): string {
    return this.#sharded('glances', id);
  }

  /** The last keys of a step, newest first: where a miss looks for the nearest earlier record. */
  recent(step: Digest): string {
    return this.#sharded('recent', step);
  }

  fact(id: Digest): string {
    return this.#sharded('facts', id);
  }

  /** What a server said last of a URL: validators and the digest of the body. */
  validators(id: Digest): string {
    return this.#sharded('validators', id);
  }

  /** The blob that stands for all archives of one meaning. */
  meaning(meaning: Digest): string {
    return this.#sharded('meanings', meaning);
  }

  lock(name: Digest): string {
    return join(this.base, 'locks', name);
  }

  /** One journal a month: `2026-11.jsonl`. */
  journal(month: string): string {
    return join(this.base, 'journal', `${month}.jsonl`);
  }

  get journalDir(): string {
    return join(this.base, 'journal');
  }

  get temp(): string {
    return join(this.base, 'tmp');
  }

  /** Its time is that of the last collection. */
  get collected(): string {
    return join(this.base, 'gc', 'done');
  }

  /** A collection that was not finished in the time it had. */
  get collecting(): string {
    return join(this.base, 'gc', 'progress');
  }

  get secretKey(): string {
    return join(this.base, 'secret.key');
  }

  #sharded(kind: string, digest: Digest): string {
    return join(this.base, kind, digest.slice(0, 2), digest);
  }
}
