/**
 * How a plugin looks at the world: each question is answered from the memo where that is safe, and each answer enters the key.
 * One context lives for one look; after the run the step is looked at anew with another one.
 */
import type { Dirent } from 'node:fs';
import { resolve } from 'node:path';
import canonicalize from 'canonicalize';
import { errorCode } from '../base/atomic.ts';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Json } from '../base/json.ts';
import { insideName, isUtf8Name, slashes } from '../base/paths.ts';
import { FACT_VERSIONS } from '../facts/index.ts';
import type {
  Aspect,
  Command,
  Context,
  Fact,
  FactName,
  RemoteBody,
  RemoteRequest,
  RemoteResource,
  StepDescription,
  TreeEntry,
  TreeOptions,
} from '../plugin.ts';
import { Bypass } from './bypass.ts';
import { computeFact, factLabel } from './fact.ts';
import type { Memo } from './memo.ts';
import { ABSENT, execWord, observe, permissionWords, presenceWords, type Seen, throughLink } from './observe.ts';
import { findProgram } from './program.ts';
import type { Mirror, Remotes } from './remote.ts';
import type { Secrets } from './secrets.ts';
import type { Tool } from './tool.ts';
import { entriesIn, listTree } from './tree.ts';

const PRESENCE = ' (presence)';

/** What a context needs from around it. */
export interface Surroundings {
  readonly command: Command;
  readonly helm: Context['helm'];
  readonly described: StepDescription | null;
  readonly pluginFile: string | null;
  /** Where the store lies, absolute. */
  readonly cacheDir: string;
  readonly hides?: (path: string) => boolean; // what is looked at as if it were not there
  readonly memo: Memo;
  readonly secrets: Secrets;
  /** Made when the first server is asked. */
  readonly remotes: () => Promise<Remotes>;
  /** Helm's own files that the servers' answers go with, so far. */
  readonly mirrors: () => Promise<readonly Mirror[]>;
}

export class StepContext implements Context {
  readonly command: Command;
  readonly helm: Context['helm'];
  readonly described: StepDescription | null;
  readonly cacheDir: string;
  /** Words for the key, by name: environment, facts, inputs. */
  readonly environment: Map<string, string | null> = new Map<string, string | null>();
  readonly facts: Map<string, Json> = new Map<string, Json>();
  readonly inputs: Map<string, string> = new Map<string, string>();
  /** Where each named input lies. */
  readonly places: Map<string, string> = new Map<string, string>();
  readonly #around: Surroundings;
  /** All that was looked at: paths, and the names in directories. */
  readonly #seen = new Map<string, Seen>();
  readonly #listed = new Map<string, readonly Dirent[]>();
  /** Asked a server, or for a program whose place no few stats tell. */
  #beyondFiles = false;
  #forgot = false;
  /** Names of inputs, and where those by meaning and presence lie: content says more than meaning, and either more than presence. */
  readonly #contents = new Set<string>();
  readonly #meanings = new Map<string, string>();
  readonly #presences = new Map<string, string>();
  /** Paths that count by content or meaning under some name. */
  readonly #read = new Set<string>();

  constructor(around: Surroundings) {
    this.#around = around;
    this.command = around.command;
    this.helm = around.helm;
    this.described = around.described;
    this.cacheDir = around.cacheDir;
  }

  resolve(path: string): string {
    return isResolved(path) ? path : resolve(this.command.cwd, path);
  }

  nameOf(path: string, role?: string): string {
    const absolute = this.resolve(path);
    return insideName(this.command.root, absolute) ?? role ?? slashes(absolute);
  }

  input(path: string, aspect: Aspect, role?: string): Seen['type'] {
    const absolute = this.resolve(path);
    const seen = this.see(absolute);
    const name = this.#placed(this.nameOf(absolute, role), absolute);
    if (aspect === 'permissions') this.#add(`${name} (permissions)`, absolute, permissionWords(seen));
    else if (aspect === 'presence') {
      const shown = this.#add(name + PRESENCE, absolute, throughLink(this.command.root, seen, presenceWords(seen)));
      this.#presences.set(shown, absolute);
    } else if (aspect === 'content' || !this.#contents.has(name)) {
      this.#add(name, absolute, throughLink(this.command.root, seen, this.#contentWords(absolute, seen)));
      this.#read.add(absolute);
      this.#meanings.delete(name);
      if (aspect === 'content') this.#contents.add(name);
      else if (seen.type === 'file') this.#meanings.set(name, absolute);
    }
    return seen.type;
  }

  tree(dir: string, options: TreeOptions = {}): readonly TreeEntry[] | null {
    const absolute = this.resolve(dir);
    const top = this.see(absolute);
    if (top.type !== 'dir') {
      if (options.quiet !== true) this.input(absolute, 'presence', options.role);
      return null;
    }
    const entries = listTree(absolute, this, options.depth);
    if (options.quiet !== true) {
      for (const { path, rel } of entries)
        this.input(path, 'presence', options.role === undefined ? undefined : `${options.role}/${rel}`);
    }
    return entries.map(({ path, rel, seen }) => ({
      path,
      rel,
      type: seen.type === 'absent' ? 'dangling' : seen.type,
      link: seen.link !== null,
      size: seen.type === 'file' && seen.stat !== null ? Number(seen.stat.size) : 0,
    }));
  }

  async derive<P extends Json, V extends Json>(
    path: string,
    fact: FactName | Fact<P, V>,
    params?: P,
    options: { readonly role?: string; readonly quiet?: boolean } = {},
  ): Promise<V | null> {
    const absolute = this.resolve(path);
    const seen = this.see(absolute);
    this.#judge(absolute, seen);
    const value = seen.type === 'file' ? await this.#fact(this.#digest(absolute, seen), absolute, fact, params) : null;
    if (options.quiet !== true) this.note(`${this.nameOf(absolute, options.role)} ${factLabel(fact, params)}`, value);
    return value as V | null;
  }

  async deriveBody<P extends Json, V extends Json>(
    body: RemoteBody,
    name: string,
    fact: FactName | Fact<P, V>,
    params?: P,
    options: { readonly quiet?: boolean } = {},
  ): Promise<V> {
    const value = await this.#fact(
      body.digest,
      async () => (await this.#around.remotes()).body(body.digest),
      fact,
      params,
    );
    if (options.quiet !== true) this.note(`${name} ${factLabel(fact, params)}`, value);
    return value as V;
  }

  remote(request: Extract<RemoteRequest, { kind: 'index' }>): Promise<RemoteBody>;
  remote(request: Extract<RemoteRequest, { kind: 'oci-manifest' }>): Promise<string>;
  remote(request: Extract<RemoteRequest, { kind: 'oci-tags' }>): Promise<readonly string[]>;
  remote(request: Extract<RemoteRequest, { kind: 'resource' }>): Promise<RemoteResource>;
  async remote(request: RemoteRequest): Promise<RemoteBody | RemoteResource | string | readonly string[]> {
    this.#beyondFiles = true;
    const remotes = await this.#around.remotes();
    switch (request.kind) {
      case 'index': // its body's facts enter the key, not the body: unrelated churn must not miss
        return await remotes.index(request);
      case 'oci-manifest': {
        const digest = await remotes.manifest(request);
        this.note(`oci://${request.repository}:${request.tag}`, digest);
        return digest;
      }
      case 'oci-tags': {
        const tags = await remotes.tags(request);
        this.note(`oci://${request.repository} tags`, tags);
        return tags;
      }
      case 'resource':
        return await remotes.resource(request);
    }
  }

  async program(name: string): Promise<Tool | null> {
    const { tool, sure } = await findProgram(name, this.command, (path) => this.see(path));
    if (!sure) this.#beyondFiles = true;
    this.note(`program ${name}`, tool === null ? null : this.digestAt(tool.real));
    return tool;
  }

  env(name: string, options: { readonly secret?: boolean } = {}): string | undefined {
    const value = this.command.env[name];
    const words =
      value === undefined
        ? null
        : options.secret === true
          ? this.#around.secrets.seal(value)
          : `sha256:${digestOf(value)}`;
    this.environment.set(name, words);
    return value;
  }

  where(name: string): string | undefined {
    return this.command.env[name];
  }

  note(name: string, value: Json): void {
    this.facts.set(name, value);
  }

  /** One look a path: what is listed, keyed and derived from is the same state. */
  see(path: string): Seen {
    const known = this.#seen.get(path);
    if (known !== undefined) return known;
    if (this.#around.hides?.(path)) return ABSENT;
    const seen = this.#guard(path, () => observe(path));
    if (seen.link !== null && !isUtf8Name(seen.link)) throw new Bypass({ code: 'path-not-utf8', path });
    this.#seen.set(path, seen);
    return seen;
  }

  /** What lies in a directory, in no order. @throws Bypass for one that cannot be read */
  list(dir: string): readonly Dirent[] {
    const known = this.#listed.get(dir) ?? entriesIn(dir);
    this.#listed.set(dir, known);
    return known;
  }

  /** From now on paths are looked at anew. What entered the key stays; what it rested on is told no more. */
  forget(): void {
    this.#forgot = true;
    this.#seen.clear();
    this.#listed.clear();
  }

  /** All the answers of the file system that this look rests on; null: it rests on others too, or some are forgotten. */
  get looks(): {
    readonly seen: ReadonlyMap<string, Seen>;
    readonly listed: ReadonlyMap<string, readonly Dirent[]>;
  } | null {
    return this.#beyondFiles || this.#forgot ? null : { seen: this.#seen, listed: this.#listed };
  }

  /** Digest of a file as seen. */
  digestAt(path: string): Digest | null {
    const seen = this.see(path);
    return seen.type === 'file' ? this.#digest(path, seen) : null;
  }

  /** Bytes of an index that a server gave. */
  async bodyOf(digest: Digest): Promise<Uint8Array> {
    return (await this.#around.remotes()).body(digest);
  }

  /** Files that were declared by meaning, resolved now; called once, when the declaration is done. */
  async settle(): Promise<void> {
    for (const [name, path] of this.#meanings) {
      const meaning = await this.#meaningOf(path);
      if (meaning === null) continue;
      const seen = this.see(path);
      const over = presenceWords(seen).slice('file'.length); // a size Helm refuses is no part of the meaning
      this.inputs.set(name, throughLink(this.command.root, seen, `${execWord(seen)}${over} meaning ${meaning}`));
    }
    for (const [name, path] of this.#presences) if (this.#read.has(path)) this.inputs.delete(name); // content says more
  }

  async #meaningOf(path: string): Promise<string | null> {
    if (path.endsWith('.tgz'))
      return (
        ((await this.derive(path, 'chart-archive', null, { quiet: true })) as { meaning: string | null } | null)
          ?.meaning ?? null
      );
    if (!/[\\/](Chart|requirements)\.lock$/.test(path)) return null;
    const lock = (await this.derive(path, 'chart-lock', null, { quiet: true })) as {
      loads: boolean;
      meaning: string;
    } | null;
    return lock?.loads === true ? lock.meaning : null;
  }

  #add(wanted: string, path: string, words: string): string {
    const name = this.#placed(wanted, path);
    this.inputs.set(name, words);
    this.places.set(name, path);
    return name;
  }

  /** Two places that would have one name (a role given twice, a file called as a presence is written) are told apart by number. */
  #placed(wanted: string, path: string): string {
    let name = wanted;
    for (let at = 2; (this.places.get(name) ?? path) !== path; at++) name = `${wanted} #${at}`;
    return name;
  }

  #contentWords(path: string, seen: Seen): string {
    this.#judge(path, seen);
    return seen.type === 'file' ? `${execWord(seen)} ${this.#digest(path, seen)}` : seen.type;
  }

  /** What a FIFO or a device will say is nothing a key can hold; but nothing is always nothing. */
  #judge(path: string, seen: Seen): void {
    if (seen.type === 'other' && path !== '/dev/null')
      throw new Bypass({ code: 'unreadable', path: this.nameOf(path), detail: 'neither a file nor a directory' });
  }

  #digest(path: string, seen: Seen): Digest {
    return this.#guard(path, () => this.#around.memo.digest(path, seen.stat!));
  }

  async #fact<P extends Json, V extends Json>(
    digest: Digest,
    bytes: string | (() => Promise<Uint8Array>),
    fact: FactName | Fact<P, V>,
    params: P | undefined,
  ): Promise<Json> {
    const name = typeof fact === 'string' ? fact : fact.name;
    const version = typeof fact === 'string' ? FACT_VERSIONS[fact] : fact.version;
    const id = `${name}@${version} ${params === undefined || params === null ? 'null' : canonicalize(params)} ${digest}`;
    const known = this.#around.memo.fact(id);
    if (known !== undefined) return known;
    const value = await computeFact(fact as FactName | Fact, bytes, digest, params ?? null);
    this.#around.memo.rememberFact(id, value);
    return value;
  }

  /** What cannot be read cannot be judged: the step runs unwatched, and says which path it was. */
  #guard<T>(path: string, look: () => T): T {
    try {
      return look();
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      throw new Bypass({ code: 'unreadable', path: this.nameOf(path), detail: code });
    }
  }
}

/** Most paths come from a listing: absolute and normal. `resolve` on each of them was a tenth of a hit (sampled, 50 templates). */
function isResolved(path: string): boolean {
  return path.startsWith('/') && !path.includes('/.') && !path.includes('//') && !path.endsWith('/');
}
