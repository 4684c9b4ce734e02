/** Questions to an OCI registry (distribution-spec): what a tag points at, which tags there are, manifests and blobs. */
import { createHash } from 'node:crypto';
import { displayUrl, NetError } from './errors.ts';
import { type Client, type HttpResponse, openClient } from './http.ts';
import { isLoopback } from './proxy.ts';
import { StatusError } from './retry.ts';
import type { TlsFiles } from './tls.ts';

export interface OciQuery {
  /** `host[:port]/path/name`, without `oci://`. */
  readonly repository: string;
  /** Path of Helm's registry config. */
  readonly registryConfig: string;
  readonly tls?: TlsFiles | undefined;
  readonly plainHttp?: boolean | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userAgent?: string | undefined;
  /** Milliseconds without progress; default 30 000. */
  readonly idleTimeoutMs?: number | undefined;
}

/**
 * The digest (`sha256:…`) of the manifest behind a tag, by HEAD; by GET and hashing when the server does not name it.
 * `+` in a tag is asked for as `_`, as Helm does. A loopback registry that speaks no TLS is asked without: Helm v3 does
 * so (and only so) there.
 * @throws NetError `not-found` when there is no such tag or repository
 */
export async function manifestDigest(query: OciQuery & { readonly tag: string }): Promise<string> {
  const tag = query.tag.replaceAll('+', '_');
  if (!/^\w[\w.-]{0,127}$/.test(tag)) throw new NetError('not-found', `${query.repository}: ${tag} can be no tag`);
  return await plainOnLoopback(query, (asked) => withRegistry(asked, (registry) => digestOf(registry, tag)));
}

/** A loopback registry that speaks no TLS is asked without. */
async function plainOnLoopback<T>(query: OciQuery, ask: (query: OciQuery) => Promise<T>): Promise<T> {
  try {
    return await ask(query);
  } catch (error) {
    const { host } = parseRepository(query.repository);
    const mayBePlain = error instanceof NetError && error.notTls && query.plainHttp !== true;
    if (!mayBePlain || !isLoopback(new URL(`http://${host}`).hostname)) throw error;
    return await ask({ ...query, plainHttp: true });
  }
}

export interface OciReader {
  /** As {@link tags}. */
  tags(): Promise<string[]>;
  /** By tag or digest. The digest is that of the bytes that came. @throws NetError `bad-response` when they are not those of a digest asked for */
  manifest(reference: string): Promise<{ readonly digest: string; readonly body: Uint8Array }>;
  /** What to ask with for a blob: the registry may want credentials, and may send us elsewhere. */
  blobRequest(digest: string): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }>;
  readonly client: Client;
}

/** Opens a repository for reading. @throws NetError */
export function readRepository<T>(query: OciQuery, use: (reader: OciReader) => Promise<T>): Promise<T> {
  return plainOnLoopback(query, (asked) => withRegistry(asked, (registry) => use(readerOf(registry))));
}

function readerOf(registry: Registry): OciReader {
  return {
    client: registry.client,
    tags: () => allTags(registry),
    manifest: async (reference) => {
      const url = `${registry.base}/manifests/${reference.replaceAll('+', '_')}`;
      const { body } = await ask(registry, url, 'GET', MANIFEST_TYPES);
      const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
      if (reference.startsWith('sha256:') && reference !== digest)
        throw new NetError('bad-response', 'gives another manifest than was asked for', displayUrl(new URL(url)));
      return { digest, body };
    },
    blobRequest: async (digest) => {
      const url = `${registry.base}/blobs/${digest}`;
      await ask(registry, url, 'HEAD', '*/*'); // meets a challenge, if there is one
      return { url, headers: headersOf(registry, '*/*') };
    },
  };
}

/**
 * All tags, sorted by code unit, each once.
 * @throws NetError `not-found` when there is no such repository, `too-large` beyond 1000 pages
 */
export function tags(query: OciQuery): Promise<string[]> {
  return withRegistry(query, allTags);
}

async function allTags(registry: Registry): Promise<string[]> {
  const found = new Set<string>();
  let url: string | undefined = `${registry.base}/tags/list`;
  for (let page = 0; url !== undefined; page++) {
    if (page === MAX_PAGES)
      throw new NetError('too-large', `${registry.query.repository}: more than ${MAX_PAGES} pages of tags`);
    const response: HttpResponse = await ask(registry, url, 'GET', 'application/json');
    for (const tag of tagsOf(response)) found.add(tag);
    url = nextPage(response);
  }
  return [...found].sort();
}

const MAX_PAGES = 1000;
/** What containerd and ORAS allow a manifest or a page. */
const MAX_BYTES = 4 * 1024 * 1024;

/** What Helm v3.17 (containerd) accepts; ORAS, in v4, names the same without the last. */
const MANIFEST_TYPES = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  '*/*',
].join(', ');

async function digestOf(registry: Registry, tag: string): Promise<string> {
  const url = `${registry.base}/manifests/${tag}`;
  const head = await ask(registry, url, 'HEAD', MANIFEST_TYPES);
  const named = head.headers['docker-content-digest'];
  if (named === undefined || named === '') {
    const { body } = await ask(registry, url, 'GET', MANIFEST_TYPES);
    return `sha256:${createHash('sha256').update(body).digest('hex')}`;
  }
  if (/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(named)) return named;
  throw new NetError('bad-response', 'names a digest that is none', url);
}

interface Registry {
  readonly query: OciQuery;
  readonly client: Client;
  readonly host: string;
  readonly name: string;
  /** `https://host/v2/name` */
  readonly base: string;
  /** Learnt from the first challenge. */
  authorization: string | undefined;
}

async function withRegistry<T>(query: OciQuery, use: (registry: Registry) => Promise<T>): Promise<T> {
  const { host, name } = parseRepository(query.repository);
  const client = openClient({ env: query.env, tls: query.tls, idleTimeoutMs: query.idleTimeoutMs });
  const server = host === 'docker.io' ? 'registry-1.docker.io' : host;
  const base = `${query.plainHttp === true ? 'http' : 'https'}://${server}/v2/${name}`;
  try {
    return await use({ query, client, host, name, base, authorization: undefined });
  } finally {
    client.close();
  }
}

function parseRepository(repository: string): { host: string; name: string } {
  const slash = repository.indexOf('/');
  const host = repository.slice(0, slash);
  const name = repository.slice(slash + 1);
  const isName = /^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(name);
  if (slash > 0 && isName && /^[\w.-]+(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i.test(host)) return { host, name };
  throw new NetError('not-found', 'the reference names no OCI repository');
}

/** One question, answered with 200 or an error; challenges are met on the way. */
async function ask(registry: Registry, url: string, method: 'GET' | 'HEAD', accept: string): Promise<HttpResponse> {
  const send = (): Promise<HttpResponse> =>
    registry.client.request({ url, method, headers: headersOf(registry, accept), maxBytes: MAX_BYTES });
  let response = await send();
  // Who was redirected elsewhere is not asked for this registry's credentials there.
  if (response.status === 401 && new URL(response.url).origin === new URL(url).origin) {
    const { answerChallenge } = await import('./oci-auth.ts');
    const credentials = async () => {
      const { registryCredentials } = await import('./credentials.ts');
      return registryCredentials(registry.host, registry.query.registryConfig, registry.query.env);
    };
    registry.authorization = await answerChallenge(response, registry.name, registry.client, credentials);
    response = await send();
  }
  if (response.status === 200) return response;
  throw new StatusError({ ...response, url });
}

function headersOf({ query, authorization }: Registry, accept: string): Record<string, string> {
  const headers: Record<string, string> = { accept };
  if (query.userAgent !== undefined) headers['user-agent'] = query.userAgent;
  if (authorization !== undefined) headers.authorization = authorization;
  return headers;
}

function tagsOf(response: HttpResponse): readonly string[] {
  try {
    const { tags } = JSON.parse(new TextDecoder().decode(response.body)) as { tags?: unknown };
    // A repository whose tags were all deleted says null.
    if (tags === null || tags === undefined) return [];
    if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags;
  } catch {
    // As below.
  }
  throw new NetError('bad-response', 'gives no list of tags', displayUrl(new URL(response.url)));
}

/** `Link: <…>; rel="next"`, on the same server: the authorization we hold is for no other. */
function nextPage(response: HttpResponse): string | undefined {
  const link = response.headers.link;
  if (link === undefined || link === '') return undefined;
  const [, target] = /<([^>]*)>/.exec(link) ?? [];
  if (target !== undefined && URL.canParse(target, response.url)) {
    const next = new URL(target, response.url);
    if (next.origin === new URL(response.url).origin) return next.href;
  }
  throw new NetError('bad-response', 'gives no next page of tags we may ask', displayUrl(new URL(response.url)));
}
