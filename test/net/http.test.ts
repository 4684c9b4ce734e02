import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openClient } from '../../src/net/http.ts';
import { type Authority, makeAuthority, serve, type TestServer, temporaryDirectory } from '../support/net.ts';
import type { Outcome } from '../support/net-ask.ts';
import { runtimes } from '../support/net-runtimes.ts';

const place = temporaryDirectory();
const zipped = gzipSync('entries: {}');
let authority: Authority;
let other: Authority;
let plain: TestServer;
let secure: TestServer;
let strict: TestServer;
let expired: TestServer;
let elsewhere: TestServer;

function handle(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
  if (pathname === '/index.yaml') response.end('entries: {}');
  else if (pathname === '/echo') response.end(JSON.stringify(request.headers));
  else if (pathname === '/to')
    response.writeHead(Number(searchParams.get('s') ?? 302), { location: searchParams.get('u') ?? '' }).end();
  else if (pathname === '/loop') response.writeHead(302, { location: '/loop' }).end();
  else if (pathname === '/steps') {
    const left = Number(searchParams.get('n'));
    if (left === 0) response.end('there');
    else response.writeHead(302, { location: `/steps?n=${left - 1}` }).end();
  } else if (pathname === '/nowhere') response.writeHead(302).end('stay');
  else if (pathname === '/etag') {
    const same = request.headers['if-none-match'] === '"a"';
    response.writeHead(same ? 304 : 200, { etag: '"a"' }).end(same ? undefined : 'body');
  } else if (pathname === '/gzip') {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': zipped.length }).end(zipped);
  } else if (pathname === '/short' || pathname === '/cut') {
    response.writeHead(200, pathname === '/short' ? { 'content-length': 100 } : {});
    response.write('entries');
    setTimeout(() => request.socket.destroy(), 20);
  } else if (pathname === '/hang') response.writeHead(200, { 'content-length': 100 }).write('entries');
  else if (pathname === '/slow') {
    response.writeHead(200);
    let left = 6;
    const timer = setInterval(() => {
      response.write('.');
      left--;
      if (left > 0) return;
      clearInterval(timer);
      response.end();
    }, 100);
  } else if (pathname === '/junk') request.socket.end('this is no HTTP\r\n\r\n');
  else if (pathname === '/big') response.end(Buffer.alloc(5000));
  else if (pathname !== '/silent') response.writeHead(404).end('no');
}

beforeAll(async () => {
  authority = makeAuthority(join(place.path, 'ca'));
  other = makeAuthority(join(place.path, 'other'), 'other-ca');
  const certificate = authority.issue('server', ['DNS:localhost', 'IP:127.0.0.1']);
  plain = await serve(handle);
  secure = await serve(handle, { certificate });
  strict = await serve(handle, { certificate, clientCa: authority.ca });
  elsewhere = await serve(handle, { certificate: authority.issue('elsewhere', ['DNS:elsewhere.example']) });
  expired = await serve(handle, { certificate: authority.issue('expired', ['IP:127.0.0.1'], -1) });
});

afterAll(async () => {
  await Promise.all([plain, secure, strict, elsewhere, expired].map((server) => server.close()));
  place.remove();
});

const path = (name: string): string => join(place.path, name);
const sent = (outcome: Outcome): Record<string, string> => JSON.parse(outcome.body ?? '') as Record<string, string>;
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const env = {};

describe.each(runtimes(() => place.path))('$name', { timeout: 60_000 }, ({ ask }) => {
  const get = (url: string, more: object = {}): Promise<Outcome> => ask({ ask: 'http', url, env, ...more });

  test('gives status, headers and body', async () => {
    const outcome = await get(`${plain.url}/index.yaml`);
    expect(outcome).toMatchObject({ status: 200, body: 'entries: {}', url: `${plain.url}/index.yaml` });
    expect(outcome.headers).toMatchObject({ 'content-length': '11' });
    expect(await get(`${plain.url}/absent`)).toMatchObject({ status: 404, body: 'no' });
  });

  test('HEAD has no body', async () => {
    expect(await get(`${plain.url}/index.yaml`, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    expect(plain.seen.at(-1)?.method).toBe('HEAD');
  });

  test('sends the headers given, and asks for no compression', async () => {
    const headers = sent(await get(`${plain.url}/echo`, { headers: { 'User-Agent': 'wgcache/1', 'X-A': 'b' } }));
    expect(headers).toMatchObject({ 'user-agent': 'wgcache/1', 'x-a': 'b', host: `127.0.0.1:${plain.port}` });
    expect(headers).not.toHaveProperty('accept-encoding');
  });

  test('leaves a compressed body as it is, as Helm does', async () => {
    const outcome = await get(`${plain.url}/gzip`);
    expect(Buffer.from(outcome.body ?? '', 'latin1').equals(zipped)).toBe(true);
    expect(outcome.headers).toMatchObject({ 'content-encoding': 'gzip' });
  });

  test('304 after a conditional request', async () => {
    expect(await get(`${plain.url}/etag`)).toMatchObject({ status: 200, body: 'body' });
    const outcome = await get(`${plain.url}/etag`, { headers: { 'If-None-Match': '"a"' } });
    expect(outcome).toMatchObject({ status: 304, body: '' });
    expect(outcome.headers).toMatchObject({ etag: '"a"' });
  });

  test.each(['/short', '/cut'])('%s: a body cut off is an error', async (where) => {
    expect(await get(plain.url + where)).toMatchObject({ error: 'bad-response' });
    expect(await get(secure.url + where, { tls: { caFile: authority.caFile } })).toMatchObject({
      error: 'bad-response',
    });
  });

  test('what is no HTTP is a bad response or a lost connection', async () => {
    expect(['bad-response', 'unreachable']).toContain((await get(`${plain.url}/junk`)).error);
  });

  test.each(['/silent', '/hang'])('%s: nothing moves', async (where) => {
    expect(await get(plain.url + where, { idleTimeoutMs: 250 })).toMatchObject({ error: 'timeout' });
  });

  test('slow but moving is fine', async () => {
    expect(await get(`${plain.url}/slow`, { idleTimeoutMs: 400 })).toMatchObject({ status: 200, body: '......' });
  });

  test('limits the body', async () => {
    expect(await get(`${plain.url}/big`, { maxBytes: 4999 })).toMatchObject({ error: 'too-large' });
    expect(await get(`${plain.url}/slow`, { maxBytes: 3 })).toMatchObject({ error: 'too-large' });
    expect(await get(`${plain.url}/big`, { maxBytes: 5000 })).toMatchObject({ status: 200 });
    expect(await get(`${plain.url}/big`, { maxBytes: 10, method: 'HEAD' })).toMatchObject({ status: 200 });
  });

  test('nobody there', async () => {
    expect(await get('http://127.0.0.1:1/')).toMatchObject({ error: 'unreachable' });
    expect(await get('http://no-such-host.invalid/')).toMatchObject({ error: 'unreachable' });
    expect(await get('ftp://127.0.0.1/')).toMatchObject({ error: 'unreachable' });
    expect(await get('http://a b:secret@x')).toMatchObject({
      error: 'unreachable',
      message: expect.not.stringContaining('secret'),
    });
  });

  describe('redirects', () => {
    const to = (url: string, status = 302): string => `/to?s=${status}&u=${encodeURIComponent(url)}`;

    test.each([301, 302, 303, 307, 308])('%i is followed', async (status) => {
      const outcome = await get(plain.url + to('/index.yaml', status));
      expect(outcome).toMatchObject({ status: 200, body: 'entries: {}', url: `${plain.url}/index.yaml` });
    });

    test('without a Location it is an answer', async () => {
      expect(await get(`${plain.url}/nowhere`)).toMatchObject({ status: 302, body: 'stay' });
    });

    test('ten requests, not eleven', async () => {
      expect(await get(`${plain.url}/steps?n=9`)).toMatchObject({ status: 200, body: 'there' });
      expect(await get(`${plain.url}/steps?n=10`)).toMatchObject({ error: 'redirects' });
      expect(await get(`${plain.url}/loop`)).toMatchObject({ error: 'redirects' });
    });

    test('to another scheme than HTTP leads nowhere', async () => {
      expect(await get(plain.url + to('file:///etc/passwd'))).toMatchObject({ error: 'unreachable' });
    });

    test('keep headers, but credentials only to the same host', async () => {
      const auth = { username: 'me', password: 'secret' };
      const headers = { 'if-none-match': '"x"' };
      const same = sent(await get(plain.url + to('/echo'), { auth, headers }));
      expect(same).toMatchObject({ authorization: basic('me:secret'), 'if-none-match': '"x"' });
      const away = sent(await get(plain.url + to(`http://localhost:${plain.port}/echo`), { auth, headers }));
      expect(away).not.toHaveProperty('authorization');
      expect(away).toMatchObject({ 'if-none-match': '"x"' });
      const back = to(`http://localhost:${plain.port}${to(`${plain.url}/echo`)}`);
      expect(sent(await get(plain.url + back, { auth }))).not.toHaveProperty('authorization');
    });

    test('never carry credentials from TLS into the clear', async () => {
      const auth = { username: 'me', password: 'secret' };
      const tls = { caFile: authority.caFile };
      const outcome = await get(secure.url + to(`${plain.url}/echo`), { auth, tls });
      expect(outcome).toMatchObject({ error: 'redirects' });
      expect(sent(await get(secure.url + to(`${plain.url}/echo`), { tls }))).not.toHaveProperty('authorization');
    });
  });

  describe('credentials', () => {
    const withUser = (url: string): string => url.replace('://', '://u%40x:p%3Aw@');

    test('of the URL are sent and shown nowhere', async () => {
      const outcome = await get(`${withUser(plain.url)}/echo`);
      expect(sent(outcome).authorization).toBe(basic('u@x:p:w'));
      expect(outcome.url).toBe(`${plain.url}/echo`);
      const failed = await get(`${withUser(plain.url)}/short?token=hidden`);
      expect(failed.message).toContain(`${plain.url}/short`);
      expect(failed.message).not.toMatch(/p%3Aw|p:w|hidden/);
    });

    test('given apart win over the URL, if both are there', async () => {
      const both = await get(`${withUser(plain.url)}/echo`, { auth: { username: 'a', password: 'b' } });
      expect(sent(both).authorization).toBe(basic('a:b'));
      const half = await get(`${plain.url}/echo`, { auth: { username: 'a', password: '' } });
      expect(sent(half)).not.toHaveProperty('authorization');
    });
  });

  describe('TLS', () => {
    const ok = { status: 200, body: 'entries: {}' };
    const fetched = (server: TestServer, more: object): Promise<Outcome> => get(`${server.url}/index.yaml`, more);

    test('an unknown authority is not trusted', async () => {
      expect(await fetched(secure, {})).toMatchObject({ error: 'tls' });
      expect(await fetched(secure, { tls: { caFile: other.caFile } })).toMatchObject({ error: 'tls' });
    });

    test('the CA file of the repository replaces all others', async () => {
      expect(await fetched(secure, { tls: { caFile: authority.caFile } })).toMatchObject(ok);
      const more = { tls: { caFile: other.caFile }, env: { SSL_CERT_FILE: authority.caFile } };
      expect(await fetched(secure, more)).toMatchObject({ error: 'tls' });
    });

    test('SSL_CERT_FILE and SSL_CERT_DIR', async () => {
      expect(await fetched(secure, { env: { SSL_CERT_FILE: authority.caFile } })).toMatchObject(ok);
      expect(await fetched(secure, { env: { SSL_CERT_DIR: `/nonexistent:${path('ca')}` } })).toMatchObject(ok);
      // The file does not have it, the directory does: Go reads both.
      const both = { SSL_CERT_FILE: other.caFile, SSL_CERT_DIR: path('ca') };
      expect(await fetched(secure, { env: both })).toMatchObject(ok);
      const neither = { SSL_CERT_FILE: '/nonexistent', SSL_CERT_DIR: '/nonexistent' };
      expect(await fetched(secure, { env: neither })).toMatchObject({ error: 'tls' });
    });

    test('files that cannot be used', async () => {
      writeFileSync(path('empty.pem'), '');
      expect(await fetched(secure, { tls: { caFile: path('absent.pem') } })).toMatchObject({ error: 'tls' });
      expect(await fetched(secure, { tls: { caFile: path('empty.pem') } })).toMatchObject({ error: 'tls' });
      const pair = { certFile: path('empty.pem'), keyFile: path('empty.pem'), caFile: authority.caFile };
      expect(await fetched(strict, { tls: pair })).toMatchObject({ error: 'tls' });
    });

    test('name and dates are checked', async () => {
      const tls = { caFile: authority.caFile };
      expect(await fetched(elsewhere, { tls })).toMatchObject({
        error: 'tls',
        message: expect.stringContaining('another name'),
      });
      expect(await fetched(expired, { tls })).toMatchObject({
        error: 'tls',
        message: expect.stringContaining('expired'),
      });
      expect(await get(`https://localhost:${secure.port}/index.yaml`, { tls })).toMatchObject(ok);
    });

    test('insecure checks nothing', async () => {
      expect(await fetched(elsewhere, { tls: { insecure: true } })).toMatchObject(ok);
    });

    test('client certificates', async () => {
      const { certFile, keyFile } = authority.issue('client', ['DNS:client']);
      const caFile = authority.caFile;
      expect(await fetched(strict, { tls: { caFile, certFile, keyFile } })).toMatchObject(ok);
      expect((await fetched(strict, { tls: { caFile } })).error).toMatch(/tls|unreachable/);
    });

    test('no TLS on the other side, or here', async () => {
      expect(await get(`https://127.0.0.1:${plain.port}/`)).toMatchObject({ error: 'tls' });
      expect((await get(`http://127.0.0.1:${secure.port}/`)).error).toMatch(/unreachable|bad-response/);
    });
  });
});

describe('a client', () => {
  test('keeps its connection, and asks again when the server has closed it', async () => {
    const server = await serve((_, response) => response.end('ok'));
    const client = openClient({ env });
    try {
      await client.request({ url: server.url });
      await client.request({ url: server.url });
      expect(server.connections()).toBe(1);
      server.dropNextRequest();
      expect(await client.request({ url: server.url })).toMatchObject({ status: 200 });
      expect(server.connections()).toBe(2);
    } finally {
      client.close();
      await server.close();
    }
  });

  test('does not ask again when a fresh connection is lost', async () => {
    const server = await serve((_, response) => response.end('ok'));
    server.dropNextRequest();
    try {
      const client = openClient({ env });
      await expect(client.request({ url: server.url })).rejects.toMatchObject({ code: 'unreachable' });
      expect(server.connections()).toBe(1);
      client.close();
    } finally {
      await server.close();
    }
  });
});
