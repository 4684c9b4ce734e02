import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import type { RemoteRequest, RemoteResource } from '../../src/plugin.ts';
import { openRemotes } from '../../src/step/ask.ts';
import { Memo, NO_CLOCK } from '../../src/step/memo.ts';
import { placeOf, withoutQuery } from '../../src/step/place.ts';
import { LocalStore } from '../../src/store/local.ts';

it('what signs an address for a time is no part of the place; where nothing signs, all of it is', () => {
  const place = 'https://store.example/a/b.tgz';
  const signed = (query: string): string => placeOf(`${place}?${query}`);
  expect(signed('sp=r&se=2026&sig=abc&rscd=x&jwt=y')).toBe(placeOf(place));
  expect(signed('X-Amz-Date=1&X-Amz-Signature=abc')).toBe(signed('X-Amz-Date=2&X-Amz-Signature=def'));
  expect(signed('id=1&sig=a')).not.toBe(signed('id=2&sig=a'));
  expect(signed('se=1')).not.toBe(signed('se=2'));
  expect(placeOf(place)).not.toBe(placeOf(place.replace('/a/', '/c/')));
});

it('a query is not shown', () => {
  expect(withoutQuery('https://h/p?token=x#y')).toBe('https://h/p');
  expect(withoutQuery('https://h/p#y')).toBe('https://h/p');
});

it('a resource tells where it came from, and is asked each time when that is wanted', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'wgcache-place-'));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['user-agent']}`);
    if (request.url?.startsWith('/moved')) response.writeHead(302, { location: '/there?sig=1' }).end();
    else if (request.url?.startsWith('/there')) response.writeHead(200, { etag: '"1"', 'content-length': 3 }).end();
    else response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = async (more: Partial<Extract<RemoteRequest, { kind: 'resource' }>>): Promise<RemoteResource> => {
    const store = new LocalStore(join(dir, 'cache'));
    const memo = new Memo(store.layout, digestOf(''), NO_CLOCK, (work) => work());
    const remotes = openRemotes({ store, memo, env: {}, refresh: 'never', write: (work) => work() });
    return await remotes.resource({ kind: 'resource', method: 'HEAD', url: `${url}/moved`, ...more });
  };
  const headers = { 'user-agent': 'curl/8' };
  expect(await ask({ headers, always: true })).toMatchObject({
    found: true,
    status: 200,
    redirected: true,
    place: placeOf(`${url}/there`),
    etag: '"1"',
    length: '3',
    date: expect.stringMatching(/GMT$/),
  });
  await ask({ headers, always: true });
  expect(asked).toHaveLength(4);
  expect(asked[0]).toBe('HEAD /moved curl/8');
  await ask({});
  await ask({});
  expect(asked).toHaveLength(6); // refresh: never
  expect(await ask({ url: `${url}/there` })).toMatchObject({ redirected: false });
  await expect(ask({ url: `${url}/broken?token=hunter2`, always: true })).rejects.toMatchObject({
    reason: { code: 'offline', url: `${url}/broken`, detail: 'HTTP 500' },
  });
});
