/** What a registry wants to see after a 401 (distribution-spec, "token authentication"; RFC 7235 challenges). */
import type { RegistryCredentials } from './docker-config.ts';
import { displayUrl, NetError } from './errors.ts';
import type { Client, HttpResponse } from './http.ts';

/**
 * The Authorization header that answers a challenge.
 * @param credentials asked for only when the challenge is one we know
 * @throws NetError `credentials` when there is no way to answer it
 */
export async function answerChallenge(
  refused: HttpResponse,
  name: string,
  client: Client,
  credentials: () => Promise<RegistryCredentials | undefined>,
): Promise<string> {
  const challenges = parseChallenges(refused.headers['www-authenticate'] ?? '');
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer !== undefined) return `Bearer ${await token(refused, bearer.params, name, client, await credentials())}`;
  if (challenges.some(({ scheme }) => scheme === 'basic')) {
    const known = await credentials();
    if (known?.kind === 'password') return basic(known);
    throw denied(refused.url, 'wants credentials, and none are known');
  }
  throw denied(refused.url, 'wants credentials of a kind we do not know');
}

function denied(url: string, text: string): NetError {
  return new NetError('credentials', text, displayUrl(new URL(url)));
}

interface Challenge {
  readonly scheme: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Several challenges may share a header: `Bearer realm="…",service="…", Basic realm="…"`. */
function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; params: Record<string, string> }[] = [];
  const pattern = /([a-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([a-z0-9_-]+)/gi;
  for (const [, param, quoted, plain, scheme] of header.matchAll(pattern)) {
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), params: {} });
    else if (param !== undefined) {
      const value = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
      Object.assign(challenges.at(-1)?.params ?? {}, { [param.toLowerCase()]: value });
    }
  }
  return challenges;
}

async function token(
  refused: HttpResponse,
  params: Readonly<Record<string, string>>,
  name: string,
  client: Client,
  credentials: RegistryCredentials | undefined,
): Promise<string> {
  if (credentials?.kind === 'access-token') return credentials.token;
  const realm = realmOf(params.realm ?? '', refused.url);
  const service = params.service ?? '';
  const scopes = (params.scope || `repository:${name}:pull`).split(' ').filter((scope) => scope !== '');
  const response =
    credentials?.kind === 'refresh-token'
      ? await refresh(client, realm, service, scopes, credentials.token)
      : await fetchToken(client, realm, service, scopes, credentials);
  if (response.status !== 200) throw denied(response.url, `gives no token (status ${response.status})`);
  const value = tokenOf(response.body);
  if (value === undefined) throw new NetError('bad-response', 'gives no token', displayUrl(realm));
  return value;
}

/** Credentials go where the registry says, but not from TLS into the clear. */
function realmOf(realm: string, registry: string): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  const wasSecure = registry.startsWith('https:');
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && !wasSecure)) return url;
  throw denied(registry, 'names no token server we may ask');
}

function fetchToken(
  client: Client,
  realm: URL,
  service: string,
  scopes: readonly string[],
  credentials: Extract<RegistryCredentials, { kind: 'password' }> | undefined,
): Promise<HttpResponse> {
  const url = new URL(realm.href);
  if (service !== '') url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const headers = credentials === undefined ? {} : { authorization: basic(credentials) };
  return client.request({ url: url.href, headers, maxBytes: MAX_TOKEN_BYTES });
}

function refresh(
  client: Client,
  realm: URL,
  service: string,
  scopes: readonly string[],
  refreshToken: string,
): Promise<HttpResponse> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    service,
    scope: scopes.join(' '),
    client_id: 'wgcache',
    refresh_token: refreshToken,
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return client.request({ url: realm.href, method: 'POST', headers, body: form.toString(), maxBytes: MAX_TOKEN_BYTES });
}

const MAX_TOKEN_BYTES = 1024 * 1024;

function tokenOf(body: Uint8Array): string | undefined {
  try {
    const { token, access_token } = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
    return [token, access_token].find((value): value is string => typeof value === 'string' && value !== '');
  } catch {
    return undefined;
  }
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
