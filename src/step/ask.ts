/**
 * Asks servers: an index by a conditional GET, a tag by a HEAD. What they said last is remembered with its validators; an ETag is
 * bound to the digest of the body it came with, and that body is a blob. Loaded only when a step asks a server.
 */
import { readFileSync } from 'node:fs';
import { PRIVATE_BLOB, writeAtomic } from '../base/atomic.ts';
import { encodeChecked, readChecked } from '../base/checked.ts';
import { type Digest, digestOf, isDigest } from '../base/digest.ts';
import type { Json } from '../base/json.ts';
import type { HttpResponse } from '../net/http.ts';
import type { Refresh, RemoteBody, RemoteRequest, RemoteResource, RemoteTls } from '../plugin.ts';
import type { LocalStore } from '../store/local.ts';
import { Bypass } from './bypass.ts';
import type { Memo } from './memo.ts';
import { observe } from './observe.ts';
import { placeOf, withoutQuery } from './place.ts';
import type { Mirror, Remotes } from './remote.ts';

export interface AskOptions {
  readonly store: LocalStore;
  readonly memo: Memo;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly refresh: Refresh;
  /** Runs a write to the cache, or does not. */
  readonly write: (work: () => void) => void;
}

type Of<K extends RemoteRequest['kind']> = Extract<RemoteRequest, { kind: K }>;

/** What a server said last. */
interface Answer {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: Json;
  readonly etag?: string;
  readonly lastModified?: string;
  /** Digest of where the body came from in the end: validators mean nothing elsewhere. An address may be signed, and so a secret. */
  readonly from?: Digest;
}

const VERSION = 3;
const USER_AGENT = 'wgcache';

export function openRemotes(options: AskOptions): Remotes {
  const asked = new Map<string, Promise<Json>>();
  const bodies = new Map<Digest, Uint8Array>();
  const mirrors: Mirror[] = [];
  /** One question a look, however many dependencies ask it. */
  const once = (id: string, ask: () => Promise<Json>): Promise<Json> => {
    const known = asked.get(id) ?? ask();
    asked.set(id, known);
    return known;
  };
  return {
    async index(request): Promise<RemoteBody> {
      const id = questionId(options, ['index', request.url, request.repository ?? null, tlsJson(request.tls)]);
      const digest = (await once(id, () => askIndex(options, id, request, bodies))) as Digest;
      if (request.mirror !== undefined && !mirrors.some(({ index }) => index === request.mirror?.index))
        mirrors.push({ ...request.mirror, digest });
      return { digest };
    },
    async manifest(request) {
      const id = questionId(options, [
        'manifest',
        request.repository,
        request.tag,
        request.registryConfig,
        tlsJson(request.tls),
      ]);
      return (await once(id, () =>
        askRegistry(
          options,
          id,
          async ({ manifestDigest }) => manifestDigest({ ...ociQuery(options, request), tag: request.tag }),
          request,
        ),
      )) as string;
    },
    async tags(request) {
      const id = questionId(options, ['tags', request.repository, request.registryConfig, tlsJson(request.tls)]);
      return (await once(id, () =>
        askRegistry(options, id, async ({ tags }) => tags(ociQuery(options, request)), request),
      )) as string[];
    },
    async resource(request) {
      const { method, url, headers = {}, tls } = request;
      const id = questionId(options, ['resource', method, url, headers, tlsJson(tls)]);
      return (await once(id, () => askResource(options, id, request))) as RemoteResource;
    },
    async body(digest) {
      const bytes =
        bodies.get(digest) ??
        (await options.store.readBlob(digest)) ??
        mirrors.map((mirror) => mirrorBytes(mirror, digest)).find((found) => found !== null);
      if (bytes === undefined || bytes === null)
        throw new Bypass({ code: 'unreadable', path: 'a downloaded index', detail: 'its body is gone from the cache' });
      return bytes;
    },
    mirrors: () => mirrors,
  };
}

async function askIndex(
  options: AskOptions,
  id: Digest,
  request: Of<'index'>,
  bodies: Map<Digest, Uint8Array>,
): Promise<Digest> {
  const held = mirrorDigest(options, request);
  const last = recall(options, id);
  const lastDigest =
    isDigest(last?.value) && (held === last.value || observe(options.store.layout.blob(last.value)).type === 'file')
      ? last.value
      : null;
  if (options.refresh === 'never' && (held ?? lastDigest) !== null) return (held ?? lastDigest) as Digest;
  // Helm's own file may be newer than our answer: then it is asked again, lest a hit put the older one back.
  const same = held === null || held === lastDigest;
  if (last !== null && lastDigest !== null && same && isYoung(options.refresh, last)) return lastDigest;
  let response = await getIndex(options, request, lastDigest === null ? null : last);
  if (response.status === 304 && lastDigest !== null) {
    if (digestOf(response.url) === last?.from) {
      remember(options, id, { ...last, at: Date.now(), value: lastDigest });
      return lastDigest;
    }
    response = await getIndex(options, request, null); // redirected to somewhere else since: its 304 is about another body
  }
  if (response.status !== 200)
    throw new Bypass({ code: 'offline', url: request.url, detail: `HTTP ${response.status}` });
  const digest = digestOf(response.body);
  bodies.set(digest, response.body);
  const { layout } = options.store;
  options.write(() => writeAtomic(layout.blob(digest), response.body, layout.temp, PRIVATE_BLOB));
  remember(options, id, {
    at: Date.now(),
    value: digest,
    from: digestOf(response.url),
    ...validators(response.headers),
  });
  return digest;
}

/** Last-Modified counts whole seconds. */
const SETTLED_MS = 2_000;

/**
 * What tells this body from the next one. A body that changed just before the server sent it may change once more within the second: its time
 * says nothing then (RFC 9110, 8.8.2.2), and no more does an ETag made of it: nginx writes time and size in hex. One of the content is good.
 */
function validators({ etag, date, 'last-modified': lastModified }: HttpResponse['headers']): Partial<Answer> {
  const isYoung = lastModified !== undefined && !(Date.parse(date ?? '') - Date.parse(lastModified) >= SETTLED_MS);
  if (isYoung) return etag && !/^(?:W\/|"[0-9a-f]{8}-[0-9a-f]+"$)/.test(etag) ? { etag } : {};
  return { ...(etag ? { etag } : {}), ...(lastModified ? { lastModified } : {}) };
}

async function getIndex(
  options: AskOptions,
  { url, repository, tls }: Of<'index'>,
  last: Answer | null,
): Promise<HttpResponse> {
  const { request } = await import('../net/http.ts');
  const headers: Record<string, string> = { 'user-agent': USER_AGENT };
  if (last?.etag !== undefined) headers['if-none-match'] = last.etag;
  if (last?.lastModified !== undefined) headers['if-modified-since'] = last.lastModified;
  try {
    const access =
      repository === undefined
        ? null
        : await (await import('../net/credentials.ts')).repositoryCredentials(repository.file, repository.name);
    return await request({
      url: indexUrl(url),
      headers,
      env: options.env,
      ...(access === null || access === undefined ? {} : { auth: access.auth }),
      tls: { ...access?.tls, ...tls },
    });
  } catch (error) {
    throw offline(error, url);
  }
}

/** As Helm has it: the query stays behind the path. */
function indexUrl(url: string): string {
  const [, path = '', query = ''] = /^([^?#]*)(\?[^#]*)?/.exec(url) ?? [];
  return `${path.replace(/\/$/, '')}/index.yaml${query}`;
}

/** Lists and pages a plugin reads whole; nothing near this size is one. */
const RESOURCE_BYTES = 4 * 1024 * 1024;

async function askResource(
  options: AskOptions,
  id: Digest,
  { url, method, headers: sent = {}, tls = {}, always }: Of<'resource'>,
): Promise<RemoteResource> {
  const last = always === true ? null : recall(options, id);
  if (last !== null && (options.refresh === 'never' || isYoung(options.refresh, last)))
    return last.value as RemoteResource;
  const { request } = await import('../net/http.ts');
  let response: HttpResponse;
  try {
    response = await request({ url, method, headers: sent, env: options.env, maxBytes: RESOURCE_BYTES, tls });
  } catch (error) {
    throw offline(error, withoutQuery(url));
  }
  const { status, headers, body, url: from } = response;
  if (![200, 401, 403, 404, 410].includes(status))
    throw new Bypass({ code: 'offline', url: withoutQuery(url), detail: `HTTP ${status}` });
  const value: RemoteResource = {
    found: status === 200,
    status,
    redirected: response.redirects > 0,
    place: placeOf(from),
    text: status === 200 ? Buffer.from(body).toString('utf8') : '',
    etag: headers.etag ?? null,
    lastModified: headers['last-modified'] ?? null,
    length: headers['content-length'] ?? null,
    date: headers.date ?? null,
  };
  if (always !== true) remember(options, id, { at: Date.now(), value });
  return value;
}

async function askRegistry(
  options: AskOptions,
  id: Digest,
  ask: (oci: typeof import('../net/oci.ts')) => Promise<Json>,
  { repository }: { readonly repository: string },
): Promise<Json> {
  const last = recall(options, id);
  if (last !== null && (options.refresh === 'never' || isYoung(options.refresh, last))) return last.value;
  try {
    const value = await ask(await import('../net/oci.ts'));
    remember(options, id, { at: Date.now(), value });
    return value;
  } catch (error) {
    throw offline(error, `oci://${repository}`);
  }
}

function ociQuery({ env }: AskOptions, { repository, registryConfig, tls }: Of<'oci-tags'> | Of<'oci-manifest'>) {
  const { plainHttp, ...rest } = tls ?? {};
  return {
    repository,
    registryConfig,
    env,
    userAgent: USER_AGENT,
    tls: rest,
    ...(plainHttp === undefined ? {} : { plainHttp }),
  };
}

/** Whatever the network says, the step runs and finds out for itself. */
function offline(error: unknown, url: string): unknown {
  if (!(error instanceof Error) || error.name !== 'NetError') return error;
  return new Bypass({ code: 'offline', url, detail: error.message });
}

function isYoung(refresh: Refresh, { at }: Answer): boolean {
  const age = Date.now() - at;
  return typeof refresh === 'number' && age >= 0 && age < refresh;
}

/** Answers are kept apart by who asks: another proxy or CA may lead to another server. */
function questionId({ env }: AskOptions, question: readonly Json[]): Digest {
  const ways = [
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
  ];
  return digestOf(JSON.stringify([VERSION, question, ways.map((name) => env[name] ?? null)]));
}

function tlsJson(tls: RemoteTls | undefined): Json {
  return tls === undefined ? null : { ...tls };
}

function recall({ store }: AskOptions, id: Digest): Answer | null {
  return readChecked(store.layout.validators(id), 'wgcache-answer', VERSION) as Answer | null;
}

function remember({ store, write }: AskOptions, id: Digest, answer: Answer): void {
  const bytes = encodeChecked('wgcache-answer', VERSION, Buffer.from(JSON.stringify(answer)));
  write(() => writeAtomic(store.layout.validators(id), bytes, store.layout.temp));
}

function mirrorDigest({ memo }: AskOptions, { mirror }: Of<'index'>): Digest | null {
  if (mirror === undefined) return null;
  const seen = observe(mirror.index);
  return seen.type === 'file' && seen.stat !== null ? memo.digest(mirror.index, seen.stat) : null;
}

function mirrorBytes(mirror: Mirror, digest: Digest): Uint8Array | null {
  if (mirror.digest !== digest || observe(mirror.index).type !== 'file') return null;
  const bytes = readFileSync(mirror.index);
  return digestOf(bytes) === digest ? bytes : null;
}
