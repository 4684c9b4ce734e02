import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Authority,
  makeAuthority,
  serve,
  serveRegistry,
  type TestRegistry,
  type TestServer,
  temporaryDirectory,
} from '../support/net.ts';
import type { Outcome } from '../support/net-ask.ts';
import { runtimes } from '../support/net-runtimes.ts';

const place = temporaryDirectory();
const path = (name: string): string => join(place.path, name);
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
// bcrypt of `secret`, with the least work.
const HTPASSWD = 'me:$2b$05$/auNBDdyHlKpQ5xCVu2zJ.atQhCxS11djgvXN76PwNH/1/W7O2dfG';
let authority: Authority;
let registry: TestRegistry;
let locked: TestRegistry;
let plain: TestRegistry;
let digest: string;
let lockedDigest: string;
let plainDigest: string;

beforeAll(async () => {
  authority = makeAuthority(path('ca'));
  const certificate = authority.issue('registry', ['IP:127.0.0.1', 'DNS:localhost']);
  const tls = { certificate, ca: authority.ca };
  writeFileSync(path('htpasswd'), `${HTPASSWD}\n`);
  registry = await serveRegistry(path('open'), tls);
  locked = await serveRegistry(path('locked'), tls, `auth: {htpasswd: {realm: r, path: ${path('htpasswd')}}}`);
  plain = await serveRegistry(path('plain'), undefined);
  digest = await registry.push('charts/demo', '1.0.0');
  for (const tag of ['1.0.0_build.1', '10.0.0', '2.0.0', 'Z', 'a'])
    await registry.push('charts/demo', tag, { note: tag });
  lockedDigest = await locked.push('charts/demo', '1.0.0', { auth: basic('me:secret') });
  plainDigest = await plain.push('demo', '1.0.0');
}, 60_000);

afterAll(async () => {
  await Promise.all([registry, locked, plain].map((server) => server?.close()));
  place.remove();
});

function configFile(content: object): string {
  const file = path(`config-${Math.random()}.json`);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

describe.each(runtimes(() => place.path))('$name', { timeout: 60_000 }, ({ ask }) => {
  const common = (): object => ({
    registryConfig: path('none.json'),
    env: { HOME: place.path, SSL_CERT_FILE: authority.caFile },
  });
  const manifest = (repository: string, tag: string, more: object = {}): Promise<Outcome> =>
    ask({ ask: 'manifest', repository, tag, ...common(), ...more } as Parameters<typeof ask>[0]);
  const tags = (repository: string, more: object = {}): Promise<Outcome> =>
    ask({ ask: 'tags', repository, ...common(), ...more } as Parameters<typeof ask>[0]);

  describe('a real registry', () => {
    test('tells the digest behind a tag', async () => {
      expect(await manifest(`${registry.host}/charts/demo`, '1.0.0')).toEqual({ value: digest });
      const more = { env: { HOME: place.path }, tls: { caFile: authority.caFile } };
      expect(await manifest(`${registry.host}/charts/demo`, '1.0.0', more)).toEqual({ value: digest });
    });

    test('a version with + is the tag with _', async () => {
      const outcome = await manifest(`${registry.host}/charts/demo`, '1.0.0+build.1');
      expect(outcome.value).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(outcome.value).not.toBe(digest);
    });

    test('lists tags by code unit', async () => {
      const outcome = await tags(`${registry.host}/charts/demo`);
      expect(outcome.value).toEqual(['1.0.0', '1.0.0_build.1', '10.0.0', '2.0.0', 'Z', 'a']);
    });

    test('no such tag, no such repository, no such reference', async () => {
      expect(await manifest(`${registry.host}/charts/demo`, '9.9.9')).toMatchObject({ error: 'not-found' });
      expect(await manifest(`${registry.host}/charts/absent`, '1.0.0')).toMatchObject({ error: 'not-found' });
      expect(await tags(`${registry.host}/charts/absent`)).toMatchObject({ error: 'not-found' });
      expect(await manifest(`${registry.host}/charts/../demo`, '1.0.0')).toMatchObject({ error: 'not-found' });
      expect(await manifest(`${registry.host}/charts/demo`, '../1')).toMatchObject({ error: 'not-found' });
    });

    test('an unknown authority is not trusted', async () => {
      const outcome = await manifest(`${registry.host}/charts/demo`, '1.0.0', { env: { HOME: place.path } });
      expect(outcome).toMatchObject({ error: 'tls' });
    });

    test('without TLS on loopback: manifests as Helm v3 does, tags only when told', async () => {
      expect(await manifest(`${plain.host}/demo`, '1.0.0')).toEqual({ value: plainDigest });
      expect(await manifest(`${plain.host}/demo`, '1.0.0', { plainHttp: true })).toEqual({ value: plainDigest });
      expect(await tags(`${plain.host}/demo`)).toMatchObject({ error: 'tls' });
      expect(await tags(`${plain.host}/demo`, { plainHttp: true })).toEqual({ value: ['1.0.0'] });
    });

    test('basic credentials', async () => {
      const repository = `${locked.host}/charts/demo`;
      const known = configFile({ auths: { [locked.host]: { auth: Buffer.from('me:secret').toString('base64') } } });
      const wrong = configFile({ auths: { [locked.host]: { username: 'me', password: 'wrong-one' } } });
      expect(await manifest(repository, '1.0.0')).toMatchObject({ error: 'credentials' });
      expect(await manifest(repository, '1.0.0', { registryConfig: known })).toEqual({ value: lockedDigest });
      expect(await tags(repository, { registryConfig: known })).toEqual({ value: ['1.0.0'] });
      const refused = await manifest(repository, '1.0.0', { registryConfig: wrong });
      expect(refused).toMatchObject({ error: 'credentials', message: expect.not.stringContaining('wrong-one') });
    });
  });

  describe('a registry with tokens', () => {
    const MANIFEST = '{"schemaVersion":2}';
    const hash = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`;
    let server: TestServer;
    let tokens: TestServer;
    let challenge: string;

    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      const granted = ['Bearer anonymous', 'Bearer for-me', 'Bearer refreshed', 'Bearer as-it-is'];
      if (!granted.includes(request.headers.authorization ?? '')) {
        response.writeHead(401, { 'www-authenticate': challenge }).end('{}');
      } else if (pathname.endsWith('/tags/list')) {
        const last = Number(searchParams.get('last') ?? 0);
        const endless = pathname.includes('endless');
        const away = pathname.includes('away') ? 'http://localhost:1' : '';
        if (last < 2 || endless) response.setHeader('link', `<${away}${pathname}?last=${last + 1}>; rel="next"`);
        response.end(JSON.stringify({ tags: pathname.includes('empty') ? null : [`t${last}`, 'same'] }));
      } else if (pathname.includes('odd')) {
        response.writeHead(200, { 'docker-content-digest': 'md5:1' }).end();
      } else
        response.writeHead(200, { 'content-length': MANIFEST.length }).end(request.method === 'HEAD' ? '' : MANIFEST);
    };

    const grant = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { searchParams } = new URL(request.url ?? '', 'http://x');
      const form = new URLSearchParams((await request.toArray()).join(''));
      const asked = request.method === 'POST' ? form : searchParams;
      const scoped = asked.get('service') === 'svc' && asked.get('scope') === 'repository:demo:pull';
      const auth = request.headers.authorization;
      const name =
        form.get('refresh_token') === 'identity' ? 'refreshed' : auth === basic('me:secret') ? 'for-me' : 'anonymous';
      if (!scoped || (auth !== undefined && name === 'anonymous')) response.writeHead(401).end('{}');
      else response.end(JSON.stringify(name === 'for-me' ? { token: name } : { access_token: name }));
    };

    beforeAll(async () => {
      server = await serve(answer);
      tokens = await serve((request, response) => void grant(request, response));
      challenge = `Bearer realm="${tokens.url}/token",service="svc",scope="repository:demo:pull"`;
    });

    afterAll(async () => {
      await Promise.all([server.close(), tokens.close()]);
    });

    const host = (): string => `127.0.0.1:${server.port}`;
    const usedLast = (): string | undefined => server.seen.at(-1)?.headers.authorization;
    const http = { plainHttp: true };

    test('anonymous, and no digest named: the manifest is hashed', async () => {
      expect(await manifest(`${host()}/demo`, '1', http)).toEqual({ value: hash });
      expect(usedLast()).toBe('Bearer anonymous');
      expect(server.seen.at(-1)?.headers.accept).toContain('application/vnd.oci.image.index.v1+json');
    });

    test.each<[string, object]>([
      ['for-me', { username: 'me', password: 'secret' }],
      ['refreshed', { identitytoken: 'identity' }],
      ['as-it-is', { registrytoken: 'as-it-is' }],
    ])('credentials become the token %s', async (token, entry) => {
      const registryConfig = configFile({ auths: { [`http://${host()}/v2/`]: entry } });
      expect(await manifest(`${host()}/demo`, '1', { ...http, registryConfig })).toEqual({ value: hash });
      expect(usedLast()).toBe(`Bearer ${token}`);
    });

    test('credentials the token server refuses', async () => {
      const registryConfig = configFile({ auths: { [host()]: { username: 'me', password: 'wrong-one' } } });
      const outcome = await manifest(`${host()}/demo`, '1', { ...http, registryConfig });
      expect(outcome).toMatchObject({ error: 'credentials', message: expect.not.stringContaining('wrong-one') });
    });

    test('all pages, each tag once, one token', async () => {
      const before = tokens.seen.length;
      expect(await tags(`${host()}/demo`, http)).toEqual({ value: ['same', 't0', 't1', 't2'] });
      expect(tokens.seen.length - before).toBe(1);
    });

    test('no tags left, endless pages, a page elsewhere', async () => {
      expect(await tags(`${host()}/empty`, http)).toEqual({ value: [] });
      expect(await tags(`${host()}/endless`, http)).toMatchObject({ error: 'too-large' });
      expect(await tags(`${host()}/away`, http)).toMatchObject({ error: 'bad-response' });
    });

    test('a digest that is none', async () => {
      expect(await manifest(`${host()}/odd`, '1', http)).toMatchObject({ error: 'bad-response' });
    });

    test.each(['Negotiate', 'Bearer realm="file:///etc/passwd"', 'Bearer service="x"', 'Basic realm="r"'])(
      'a challenge that cannot be met: %s',
      async (header) => {
        const before = challenge;
        challenge = header;
        try {
          expect(await manifest(`${host()}/demo`, '1', http)).toMatchObject({ error: 'credentials' });
        } finally {
          challenge = before;
        }
      },
    );

    test('several challenges in one header', async () => {
      const before = challenge;
      challenge = `Basic realm="a, b=\\"c\\"", ${before}, Negotiate`;
      try {
        expect(await manifest(`${host()}/demo`, '1', http)).toEqual({ value: hash });
      } finally {
        challenge = before;
      }
    });
  });

  test('a redirect to another host brings it neither credentials nor our answer to its challenge', async () => {
    const thief = await serve((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="give"' }).end();
    });
    const lure = await serve((_, response) => {
      response.writeHead(307, { location: `http://localhost:${thief.port}/v2/demo/manifests/1` }).end();
    });
    try {
      const auths = { [`127.0.0.1:${lure.port}`]: { username: 'me', password: 'secret' } };
      const more = { plainHttp: true, registryConfig: configFile({ auths }) };
      expect(await manifest(`127.0.0.1:${lure.port}/demo`, '1', more)).toMatchObject({ error: 'credentials' });
      expect(thief.seen.map((request) => request.headers.authorization)).toEqual([undefined]);
    } finally {
      await Promise.all([thief.close(), lure.close()]);
    }
  });
});
