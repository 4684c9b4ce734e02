import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isLoopback, proxyFor } from '../../src/net/proxy.ts';
import {
  makeAuthority,
  serve,
  serveProxy,
  type TestProxy,
  type TestServer,
  temporaryDirectory,
} from '../support/net.ts';
import type { Outcome } from '../support/net-ask.ts';
import { runtimes } from '../support/net-runtimes.ts';

describe('which proxy', () => {
  const chosen = async (url: string, env: Record<string, string>): Promise<string | undefined> =>
    (await proxyFor(new URL(url), env))?.href;

  test.each<[string, Record<string, string>, string | undefined]>([
    ['http://a.example', {}, undefined],
    ['http://a.example', { HTTP_PROXY: 'http://p:1' }, 'http://p:1/'],
    ['http://a.example', { http_proxy: 'p:1' }, 'http://p:1/'],
    ['http://a.example', { http_proxy: 'http://low', HTTP_PROXY: 'http://up' }, 'http://up/'],
    ['http://a.example', { HTTPS_PROXY: 'http://p:1', ALL_PROXY: 'http://q' }, undefined],
    ['https://a.example', { https_proxy: 'http://u:w@p:1' }, 'http://u:w@p:1/'],
    ['https://a.example', { HTTP_PROXY: 'http://p:1' }, undefined],
    ['http://localhost:8080', { HTTP_PROXY: 'http://p' }, undefined],
    ['http://127.1.2.3', { HTTP_PROXY: 'http://p' }, undefined],
    ['http://[::1]:3', { HTTP_PROXY: 'http://p' }, undefined],
  ])('%s with %o: %s', async (url, env, expected) => {
    expect(await chosen(url, env)).toBe(expected);
  });

  // The cases of golang.org/x/net/http/httpproxy.
  test.each<[string, string, boolean]>([
    ['http://foo.com', 'foo.com', false],
    ['http://sub.foo.com', 'foo.com', false],
    ['http://barfoo.com', 'foo.com', true],
    ['http://foo.com', '.foo.com', true],
    ['http://sub.foo.com', '*.foo.com', false],
    ['http://foo.com', '*.foo.com', true],
    ['http://FOO.com', ' x , Foo.COM ', false],
    ['http://foo.com:80', 'foo.com:80', false],
    ['http://foo.com', 'foo.com:80', false],
    ['https://foo.com', 'foo.com:80', true],
    ['http://foo.com:8080', 'foo.com:80', true],
    ['http://any.example', '*', false],
    ['http://10.1.2.3', '10.0.0.0/8', false],
    ['http://11.1.2.3', '10.0.0.0/8', true],
    ['http://10.1.2.3', '10.1.2.3', false],
    ['http://10.1.2.3:81', '10.1.2.3:80', true],
    ['http://[fd00::1]', 'fd00::/8', false],
    ['http://[fd00::1]', 'fd00:0::1', false],
    ['http://[fd00::1]:82', '[fd00::1]:82', false],
    ['http://foo.com', '10.0.0.0/8,:80,,', true],
  ])('%s with NO_PROXY=%s is proxied: %s', async (url, list, proxied) => {
    const env = { HTTP_PROXY: 'http://p', HTTPS_PROXY: 'http://p', NO_PROXY: list };
    expect((await chosen(url, env)) !== undefined).toBe(proxied);
  });

  test('a kind of proxy we do not speak to is an error, not a way around it', async () => {
    await expect(chosen('http://a.example', { HTTP_PROXY: 'socks5://p:1' })).rejects.toMatchObject({
      code: 'unreachable',
    });
  });

  test('loopback', () => {
    const hosts = [
      'localhost',
      '127.0.0.1',
      '[::1]',
      '[::ffff:7f00:1]',
      '128.0.0.1',
      'localhost.example',
      '127.0.0.1.example',
    ];
    expect(hosts.map(isLoopback)).toEqual([true, true, true, true, false, false, false]);
  });
});

describe('through a proxy', () => {
  const place = temporaryDirectory();
  let plain: TestServer;
  let secure: TestServer;
  let proxy: TestProxy;
  let refusing: TestProxy;
  let caFile: string;

  beforeAll(async () => {
    const authority = makeAuthority(join(place.path, 'ca'));
    caFile = authority.caFile;
    const certificate = authority.issue('server', ['DNS:charts.example.test', 'IP:192.0.2.1']);
    const echo = (request: { headers: object }, response: { end(text: string): void }): void =>
      response.end(JSON.stringify(request.headers));
    plain = await serve(echo);
    secure = await serve(echo, { certificate });
    proxy = await serveProxy();
    refusing = await serveProxy({ refuse: 302 });
  });

  afterAll(async () => {
    await Promise.all([plain, secure, proxy, refusing].map((server) => server.close()));
    place.remove();
  });

  describe.each(runtimes(() => place.path))('$name', { timeout: 60_000 }, ({ ask }) => {
    const via = (url: string, port: number, more: object = {}): Promise<Outcome> => {
      const address = `http://pu:p%40w@127.0.0.1:${port}`;
      return ask({ ask: 'http', url, env: { HTTP_PROXY: address, HTTPS_PROXY: address }, tls: { caFile }, ...more });
    };
    const credentials = `Basic ${Buffer.from('pu:p@w').toString('base64')}`;

    test('HTTP by asking it for the whole URL', async () => {
      const url = `http://charts.example.test:${plain.port}/index.yaml?a=b`;
      const outcome = await via(url, proxy.port, { auth: { username: 'me', password: 'secret' } });
      expect(outcome).toMatchObject({ status: 200, url });
      expect(proxy.seen.at(-1)).toBe(`GET ${url} ${credentials}`);
      const headers = JSON.parse(outcome.body ?? '') as Record<string, string>;
      expect(headers).toMatchObject({ host: `charts.example.test:${plain.port}` });
      expect(headers.authorization).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`);
    });

    test.each(['charts.example.test', '192.0.2.1'])('HTTPS to %s by CONNECT', async (host) => {
      const outcome = await via(`https://${host}:${secure.port}/index.yaml`, proxy.port);
      expect(outcome).toMatchObject({ status: 200 });
      expect(proxy.seen.at(-1)).toBe(`CONNECT ${host}:${secure.port} ${credentials}`);
      expect(outcome.body).not.toMatch(/proxy-auth/i);
    });

    test('the certificate is checked against the name asked for', async () => {
      const outcome = await via(`https://other.example.test:${secure.port}/`, proxy.port);
      expect(outcome).toMatchObject({ error: 'tls', message: expect.stringContaining('another name') });
      const untrusted = await via(`https://charts.example.test:${secure.port}/`, proxy.port, { tls: {} });
      expect(untrusted).toMatchObject({ error: 'tls' });
    });

    test('what the proxy says in place of the server is no answer', async () => {
      const outcome = await via(`https://charts.example.test:${secure.port}/`, refusing.port);
      expect(outcome.error).toBe('unreachable');
    });

    test('nobody there', async () => {
      const outcome = await via('http://charts.example.test/', 1);
      expect(outcome).toMatchObject({ error: 'unreachable', message: expect.not.stringMatching(/pu:|p%40w|p@w/) });
    });

    test('loopback is asked directly', async () => {
      const before = proxy.seen.length;
      expect(await via(`${plain.url}/`, proxy.port)).toMatchObject({ status: 200 });
      expect(proxy.seen.length).toBe(before);
    });
  });
});
