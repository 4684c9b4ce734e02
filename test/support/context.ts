/** A {@link Context} over a tree in memory: shows what a plugin puts into the key, without a disk, a server or real facts. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Json } from '../../src/base/json.ts';
import { FACTS } from '../../src/facts/index.ts';
import type { ChartArchive, ChartLock, ChartMeta, TemplateScan } from '../../src/facts/values.ts';
import type {
  Aspect,
  BypassReason,
  Context,
  Declaration,
  Declared,
  Fact,
  FactName,
  Plugin,
  Refresh,
  RemoteBody,
  RemoteRequest,
  RemoteResource,
  StepDescription,
  TreeEntry,
  TreeOptions,
} from '../../src/plugin.ts';

export interface FakeFile {
  readonly link?: boolean;
  readonly content?: string;
  readonly type?: 'file' | 'dir' | 'other' | 'dangling';
  readonly size?: number;
  /** What facts say of it. */
  readonly facts?: { readonly [fact in FactName]?: Json };
}

export interface World {
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly root?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly refresh?: Refresh;
  readonly unpinnedTtl?: number | null;
  readonly described?: Partial<StepDescription>;
  /** Absolute path to file; the directories above are there by themselves. */
  readonly files: Readonly<Record<string, FakeFile | string>>;
  /** Index body a URL gives, as the value of `index-entries`; the digest is made of it. */
  readonly indexes?: Readonly<Record<string, Json>>;
  /** `host/path:tag` to manifest digest. */
  readonly manifests?: Readonly<Record<string, string>>;
  /** `host/path` to tags. */
  readonly tags?: Readonly<Record<string, readonly string[]>>;
  /** URL to text or answer; what is not there is not found. */
  readonly resources?: Readonly<Record<string, string | Partial<RemoteResource>>>;
  /** Name to path; what is not there is not on PATH. */
  readonly programs?: Readonly<Record<string, string>>;
}

export const ROOT = '/work/app';

export class FakeContext implements Context {
  readonly command: Context['command'];
  readonly helm: Context['helm'];
  readonly described: Context['described'];
  /** Everything that entered the key: name to words. */
  readonly key: Map<string, string> = new Map<string, string>();
  readonly requests: RemoteRequest[] = [];
  readonly #world: World;
  readonly #bodies = new Map<string, Json>();

  constructor(world: World) {
    this.#world = world;
    const root = world.root ?? ROOT;
    this.command = { argv: world.argv, cwd: world.cwd ?? root, root, env: world.env ?? { HOME: '/home/u' } };
    const nothing = { name: null, inputs: [], outputs: [], env: [], secrets: [], tools: [], sha256: [] };
    this.described = world.described === undefined ? null : { ...nothing, envMode: 'strict', ...world.described };
    this.helm = { refresh: world.refresh ?? 'always', unpinnedTtl: world.unpinnedTtl ?? null };
  }

  resolve(typed: string): string {
    return path.resolve(this.command.cwd, typed);
  }

  nameOf(typed: string, role?: string): string {
    const absolute = this.resolve(typed);
    if (absolute === this.command.root) return '.';
    const inside = absolute.startsWith(`${this.command.root}/`);
    return inside ? absolute.slice(this.command.root.length + 1) : (role ?? absolute);
  }

  input(typed: string, aspect: Aspect, role?: string): ReturnType<Context['input']> {
    const absolute = this.resolve(typed);
    const type = this.#type(absolute);
    const name = `${aspect} ${this.nameOf(absolute, role)}`;
    const file = this.#file(absolute);
    const whole = aspect === 'content' || aspect === 'meaning';
    this.key.set(name, type === 'file' && whole ? `file ${file?.content ?? ''}` : type);
    return type;
  }

  tree(dir: string, options: TreeOptions = {}): readonly TreeEntry[] | null {
    const top = this.resolve(dir);
    if (this.#type(top) !== 'dir') {
      if (options.quiet !== true) this.input(top, 'presence', options.role);
      return null;
    }
    const rels = new Set<string>();
    for (const file of Object.keys(this.#world.files)) {
      if (!file.startsWith(`${top}/`)) continue;
      const parts = file.slice(top.length + 1).split('/');
      for (let i = 1; i <= Math.min(parts.length, options.depth ?? parts.length); i++)
        rels.add(parts.slice(0, i).join('/'));
    }
    return [...rels].sort().map((rel) => {
      const file = `${top}/${rel}`;
      const type = this.#type(file) as TreeEntry['type'];
      if (options.quiet !== true) this.input(file, 'presence', options.role && `${options.role}/${rel}`);
      return {
        path: file,
        rel,
        type,
        link: this.#file(file)?.link === true,
        size: type === 'file' ? (this.#file(file)?.size ?? 1) : 0,
      };
    });
  }

  async derive<P extends Json, V extends Json>(
    typed: string,
    fact: FactName | Fact<P, V>,
    params?: P,
    options: { readonly role?: string; readonly quiet?: boolean } = {},
  ): Promise<V | null> {
    const absolute = this.resolve(typed);
    const file = this.#type(absolute) === 'file' ? this.#file(absolute) : null;
    let value: Json = null;
    if (file !== null && typeof fact === 'string')
      value = file.facts?.[fact] ?? plain(fact) ?? (await real(fact, file.content ?? '', params ?? null));
    else if (file !== null)
      value = await (fact as Fact<P, V>).compute(new TextEncoder().encode(file.content ?? ''), params!);
    const name = typeof fact === 'string' ? fact : fact.name;
    if (options.quiet !== true) this.note(`${name} of ${this.nameOf(absolute, options.role)}`, value);
    return value as V | null;
  }

  async deriveBody<P extends Json, V extends Json>(
    body: RemoteBody,
    name: string,
    fact: FactName | Fact<P, V>,
    _params?: P,
    options: { readonly quiet?: boolean } = {},
  ): Promise<V> {
    const value = this.#bodies.get(body.digest) ?? null;
    if (options.quiet !== true) this.note(`${typeof fact === 'string' ? fact : fact.name} of ${name}`, value);
    return value as V;
  }

  remote(request: Extract<RemoteRequest, { kind: 'index' }>): Promise<RemoteBody>;
  remote(request: Extract<RemoteRequest, { kind: 'oci-manifest' }>): Promise<string>;
  remote(request: Extract<RemoteRequest, { kind: 'oci-tags' }>): Promise<readonly string[]>;
  remote(request: Extract<RemoteRequest, { kind: 'resource' }>): Promise<RemoteResource>;
  async remote(request: RemoteRequest): Promise<RemoteBody | RemoteResource | string | readonly string[]> {
    this.requests.push(request);
    switch (request.kind) {
      case 'index': {
        const value = this.#world.indexes?.[request.url] ?? fail(`no index at ${request.url}`);
        const digest = createHash('sha256').update(JSON.stringify(value)).digest('hex');
        this.#bodies.set(digest, value);
        return { digest };
      }
      case 'oci-manifest': {
        const id = `${request.repository}:${request.tag}`;
        const digest = this.#world.manifests?.[id] ?? fail(`no manifest ${id}`);
        this.note(`oci://${id}`, digest);
        return digest;
      }
      case 'oci-tags': {
        const tags = this.#world.tags?.[request.repository] ?? fail(`no tags of ${request.repository}`);
        this.note(`oci://${request.repository} tags`, tags);
        return tags;
      }
      case 'resource': {
        const none: RemoteResource = {
          found: false,
          status: 404,
          redirected: false,
          place: request.url,
          text: '',
          etag: null,
          lastModified: null,
          length: null,
          date: null,
        };
        const given = this.#world.resources?.[request.url];
        if (given === undefined) return none;
        return { ...none, found: true, status: 200, ...(typeof given === 'string' ? { text: given } : given) };
      }
    }
  }

  async program(name: string): Promise<{ path: string; real: string } | null> {
    const path = this.#world.programs?.[name];
    this.note(`program ${name}`, path ?? null);
    return path === undefined ? null : { path, real: path };
  }

  env(name: string): string | undefined {
    this.key.set(`env ${name}`, this.command.env[name] ?? '(absent)');
    return this.command.env[name];
  }

  where(name: string): string | undefined {
    return this.command.env[name];
  }

  note(name: string, value: Json): void {
    this.key.set(`note ${name}`, JSON.stringify(value));
  }

  #file(absolute: string): FakeFile | null {
    const file = this.#world.files[absolute];
    if (file === undefined) return null;
    return typeof file === 'string' ? { content: file } : file;
  }

  #type(absolute: string): ReturnType<Context['input']> {
    const file = this.#file(absolute);
    if (file !== null) return file.type ?? 'file';
    return Object.keys(this.#world.files).some((name) => name.startsWith(`${absolute}/`)) ? 'dir' : 'absent';
  }
}

function fail(message: string): never {
  throw new Error(message);
}

const NO_SCAN: TemplateScan = { volatile: [], usesTpl: false, usesLookup: false, usesDns: false, assembled: false };

/** What a fact says of an ordinary file. */
function plain(fact: FactName): Json | undefined {
  switch (fact) {
    case 'template-scan':
      return NO_SCAN;
    case 'yaml-mapping':
      return { plain: true };
    case 'schema-refs':
      return { ok: true, remote: [] };
    case 'kubeconfig':
      return { ok: true, currentContext: '', contexts: {} };
    case 'repositories':
      return { ok: true, repositories: [] };
    case 'index-entries':
      return { sound: true, skipped: null, entries: [] };
    case 'chart-archive':
      return archive({ loads: false }).facts!['chart-archive']!;
    case 'chart-lock':
      return lock({ loads: false }).facts!['chart-lock']!;
    case 'chart-meta':
      return meta({}).facts!['chart-meta']!;
    case 'index-names':
      return { text: '' };
    default:
      return undefined;
  }
}

/** Facts of installs are of short texts: what they really say. */
async function real(fact: FactName, content: string, params: Json): Promise<Json> {
  return await (await FACTS[fact]()).fact.compute(Buffer.from(content), params);
}

export function archive(value: Partial<ChartArchive>, content = 'archive'): FakeFile {
  const whole: ChartArchive = {
    loads: true,
    name: 'sub',
    version: '1.0.0',
    meaning: 'meaning',
    duplicates: [],
    templates: NO_SCAN,
    others: NO_SCAN,
    remoteRefs: [],
    ...value,
  };
  return { content, facts: { 'chart-archive': whole } };
}

export function meta(value: Partial<ChartMeta>, content = 'name: chart'): FakeFile {
  const whole: ChartMeta = { ok: true, apiVersion: 'v2', name: 'chart', version: '1.0.0', dependencies: [], ...value };
  return { content, facts: { 'chart-meta': whole } };
}

export function lock(value: Partial<ChartLock>, content = 'lock'): FakeFile {
  const whole: ChartLock = { loads: true, digest: 'sha256:1', dependencies: [], meaning: 'm', ...value };
  return { content, facts: { 'chart-lock': whole } };
}

export function template(scan: Partial<TemplateScan>, content = 'template'): FakeFile {
  return { content, facts: { 'template-scan': { ...NO_SCAN, ...scan } } };
}

interface Answer {
  readonly ctx: FakeContext;
  readonly declared: Declared;
}

async function ask(plugin: Plugin, world: World): Promise<Answer> {
  const ctx = new FakeContext(world);
  return { ctx, declared: await plugin.declare(ctx) };
}

/** The declaration, and all that is in its key as one text. */
export async function declared(plugin: Plugin, world: World): Promise<Declaration & { ctx: FakeContext; key: string }> {
  const answer = await ask(plugin, world);
  if ('bypass' in answer.declared) throw new Error(`bypassed: ${JSON.stringify(answer.declared.bypass)}`);
  const parts = [...answer.ctx.key].sort(([a], [b]) => (a < b ? -1 : 1));
  const key = JSON.stringify([answer.declared.args, parts]);
  return { ...answer.declared, ctx: answer.ctx, key };
}

export async function bypassed(plugin: Plugin, world: World): Promise<BypassReason> {
  const { declared: answer } = await ask(plugin, world);
  if (!('bypass' in answer)) throw new Error(`not bypassed: ${JSON.stringify(answer.args)}`);
  return answer.bypass;
}
