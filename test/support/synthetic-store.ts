/** A store whose records are made up: no command runs, and every age is what a test says. */
import { lstatSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalStore } from '../../src/store/local.ts';
import { encodeRecord } from '../../src/store/record.ts';

export const HOUR = 3_600_000;
export const DAY: number = 24 * HOUR;

export interface MadeRecord {
  readonly key: string;
  /** Absolute. */
  readonly path: string;
  /** All blobs it names, its key's text among them. */
  readonly blobs: readonly string[];
}

export class SyntheticStore {
  readonly dir: string;
  readonly store: LocalStore;

  /** @param dir the cache directory; one of its own without it */
  constructor(dir: string = mkdtempSync(join(tmpdir(), 'wgcache-synthetic-'))) {
    this.dir = dir;
    this.store = new LocalStore(this.dir);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  path(...parts: string[]): string {
    return join(this.store.layout.base, ...parts);
  }

  /**
   * A record with these texts as outputs and a log, made and used so long ago, in milliseconds.
   * @param name tells its key from those of others
   */
  async record(name: string, outputs: readonly string[], usedAgo = 0, madeAgo: number = usedAgo): Promise<MadeRecord> {
    const { store } = this;
    const digests = await Promise.all(outputs.map((text) => this.blob(text, madeAgo)));
    const stdout = await this.blob(`log of ${name}`, madeAgo);
    const key = await this.blob(`key of ${name}`, madeAgo);
    const record = {
      version: 2,
      key,
      scope: 'local',
      root: null,
      plugin: 'p',
      label: name,
      tool: null,
      outputs: digests.map((digest, i) => ({
        type: 'file' as const,
        path: `out/${String(i).padStart(3, '0')}`,
        digest,
        size: String(Buffer.byteLength(outputs[i] ?? '')),
        exec: false,
      })),
      log: { stdout, stderr: null, order: [[1, Buffer.byteLength(`log of ${name}`)]], rooted: [] },
      ranMs: 1,
      madeAt: new Date().toISOString(),
      envMode: null,
    } as const;
    const address = { scope: 'local', key, root: null };
    await store.writeRecord(address, encodeRecord(record));
    const path = store.layout.record(address);
    this.age(path, usedAgo);
    return { key, path, blobs: [...new Set([...digests, stdout, key])] };
  }

  /** A blob that was put in place so long ago. */
  async blob(text: string, madeAgo = 0): Promise<string> {
    const digest = await this.store.addBytes(Buffer.from(text));
    this.age(this.store.layout.blob(digest), madeAgo);
    return digest;
  }

  age(path: string, ago: number): void {
    const at = (Date.now() - ago) / 1_000;
    utimesSync(path, at, at);
  }

  /** Paths of all files below a directory of the store. */
  files(...parts: string[]): string[] {
    return filesBelow(this.path(...parts));
  }

  has(path: string): boolean {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  }
}

function filesBelow(dir: string): string[] {
  const stat = lstatSync(dir, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  return stat.isDirectory() ? readdirSync(dir).flatMap((name) => filesBelow(join(dir, name))) : [dir];
}
