/**
 * HTTP as Helm's getter does it (helm pkg/getter/httpgetter.go over Go's net/http), for answers equal to what Helm would see:
 * - No compression is asked for and none is undone: Helm switches it off, so a body that comes with a Content-Encoding stays as it is.
 * - Ten requests a call at most, the first included, as Go counts.
 * - No retry, but for a kept connection that turns out to be closed.
 * Not promised: cookies, HTTP/2, SOCKS proxies.
 */
import { type ClientOptions, Connection } from './connection.ts';
import { displayUrl, NetError } from './errors.ts';
import type { Answer, Receive } from './transport.ts';

export type { ClientOptions } from './connection.ts';

interface ClientRequest {
  /** User info in it is sent as basic credentials, as Go does. */
  readonly url: string;
  /** `POST` follows no redirect. */
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sent only when both are there (Helm), and then instead of the URL's. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** Bytes of a body; default 256 MiB. */
  readonly maxBytes?: number;
  readonly receive?: Receive;
}

export type HttpRequest = ClientRequest & ClientOptions;

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Where the answer came from, after redirects, without user info. */
  readonly url: string;
  /** How many were followed. */
  readonly redirects: number;
}

export interface Client {
  /** Any status is an answer. @throws NetError */
  request(request: ClientRequest): Promise<HttpResponse>;
  /** Drops idle connections: until then they may keep the process alive. */
  close(): void;
}

/** One request on a connection of its own. @throws NetError */
export async function request(what: HttpRequest): Promise<HttpResponse> {
  const client = openClient(what);
  try {
    return await client.request(what);
  } finally {
    client.close();
  }
}

/** Keeps connections between requests. */
export function openClient(options: ClientOptions): Client {
  const connection = new Connection(options);
  return {
    request: (what) => follow(what, connection),
    close: () => connection.close(),
  };
}

const MAX_REQUESTS = 10;

async function follow(what: ClientRequest, connection: Connection): Promise<HttpResponse> {
  const first = parseUrl(what.url);
  const method = what.method ?? 'GET';
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(what.headers ?? {})) given[name.toLowerCase()] = value;
  let { authorization, ...headers } = given;
  if (what.auth && what.auth.username !== '' && what.auth.password !== '') {
    authorization = basic(what.auth.username, what.auth.password);
  }
  headers = { 'user-agent': 'wgcache', ...headers };

  let url = first;
  for (let made = 1; ; made++) {
    const bare = withoutUserInfo(url);
    const sent = authorization ?? userInfo(url);
    const answer = await connection.exchange({
      url: bare,
      method,
      headers: sent === undefined ? headers : { ...headers, authorization: sent },
      body: what.body,
      maxBytes: what.maxBytes ?? 256 * 1024 * 1024,
      receive: what.receive,
    });
    const next = redirectOf(answer, url);
    if (next === undefined || method === 'POST') return { ...answer, url: bare.href, redirects: made - 1 };
    if (made === MAX_REQUESTS)
      throw new NetError('redirects', `stopped after ${MAX_REQUESTS} redirects`, displayUrl(first));
    // Go carries credentials to the same host name, any port, and names below it; once lost they stay lost.
    if (!sameOrBelow(next.hostname, first.hostname)) authorization = undefined;
    // Go would send them in the clear. We would rather not know the answer.
    if (url.protocol === 'https:' && next.protocol === 'http:' && (authorization ?? userInfo(next)) !== undefined) {
      throw new NetError('redirects', 'a redirect would send credentials without TLS', displayUrl(url));
    }
    url = next;
  }
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new NetError('unreachable', 'the URL cannot be parsed');
  const url = new URL(text);
  if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  throw new NetError('unreachable', `URLs of the kind ${url.protocol.slice(0, -1)} are not supported`);
}

/** A redirect without a Location is an answer like any other. */
function redirectOf(answer: Answer, from: URL): URL | undefined {
  const location = answer.headers.location;
  if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined || location === '') return undefined;
  if (!URL.canParse(location, from.href)) {
    throw new NetError('bad-response', 'redirects to no URL', displayUrl(from));
  }
  return parseUrl(new URL(location, from.href).href);
}

function sameOrBelow(host: string, parent: string): boolean {
  return host === parent || (!host.startsWith('[') && host.endsWith(`.${parent}`));
}

function withoutUserInfo(url: URL): URL {
  const bare = new URL(url.href);
  bare.username = '';
  bare.password = '';
  bare.hash = '';
  return bare;
}

function userInfo(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  return basic(decode(url.username), decode(url.password));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
