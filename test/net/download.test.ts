/** Files onto the disk: interrupted, gone on with, refused, asked for again. Each in Node and in the executable. */
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseRetryAfter } from '../../src/net/retry.ts';
import { makeAuthority, serve, type TestServer, temporaryDirectory } from '../support/net.ts';
import type { Outcome } from '../support/net-ask.ts';
import { runtimes } from '../support/net-runtimes.ts';

const place = temporaryDirectory();
const body = Buffer.from(Array.from({ length: 50_000 }, (_, at) => `${at}\n`).join(''));
let server: TestServer;
let secure: TestServer;
let caFile: string;
/** What the next requests get, in turn; then the file. */
let script: ((request: IncomingMessage, response: ServerResponse) => void)[];
let etag: string;

function handle(request: IncomingMessage, response: ServerResponse): void {
  const next = script.shift() ?? whole;
  next(request, response);
}

function whole(request: IncomingMessage, response: ServerResponse): void {
  const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  if (start !== undefined && request.headers['if-range'] === etag) {
    const from = Number(start);
    const range = `bytes ${from}-${body.length - 1}/${body.length}`;
    response.writeHead(206, { etag, 'content-length': body.length - from, 'content-range': range });
    response.end(body.subarray(from));
    return;
  }
  response.writeHead(200, { etag, 'content-length': body.length }).end(body);
}

/** Sends some of it, then the connection is gone. */
const cut = (_: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(200, { etag, 'content-length': body.length });
  response.write(body.subarray(0, 100_000), () => setTimeout(() => response.socket?.destroy(), 30));
};
const hang = (_: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(200, { etag, 'content-length': body.length });
  response.write(body.subarray(0, 100_000));
};
const status =
  (code: number, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(code, headers).end('no');

beforeAll(async () => {
  const authority = makeAuthority(join(place.path, 'ca'));
  caFile = authority.caFile;
  server = await serve(handle);
  secure = await serve(handle, { certificate: authority.issue('server', ['IP:127.0.0.1']) });
});
beforeEach(() => {
  script = [];
  etag = '"one"';
});
afterAll(async () => {
  await Promise.all([server.close(), secure.close()]);
  place.remove();
});

test('Retry-After: seconds, a date, nonsense', () => {
  const now = Date.parse('2026-11-24T00:00:00Z');
  expect(parseRetryAfter('7', now)).toBe(7_000);
  expect(parseRetryAfter('Tue, 24 Nov 2026 00:00:05 GMT', now)).toBe(5_000);
  expect(parseRetryAfter('Mon, 23 Nov 2026 00:00:05 GMT', now)).toBe(0);
  for (const value of [undefined, 'soon', '']) expect(parseRetryAfter(value, now)).toBeNull();
});

let files = 0;

describe.each(runtimes(() => place.path))('$name', { timeout: 60_000 }, ({ ask }) => {
  const retry = { pauseMs: 1 };
  const fetched = (file: string, more: object = {}): Promise<Outcome> =>
    ask({ ask: 'download', url: `${server.url}/file`, file, env: {}, retry, idleTimeoutMs: 2_000, ...more });
  const newFile = (): string => join(place.path, `file-${++files}`);
  const since = (from: number): string[] => server.seen.slice(from).map(({ headers }) => headers.range ?? 'whole');

  test('whole', async () => {
    const file = newFile();
    expect(await fetched(file)).toEqual({ size: body.length, resumed: 0 });
    expect(readFileSync(file).equals(body)).toBe(true);
    expect(existsSync(`${file}.from`)).toBe(false);
  });

  test('over TLS, in pieces', async () => {
    const file = newFile();
    expect(await fetched(file, { url: `${secure.url}/file`, tls: { caFile } })).toMatchObject({ size: body.length });
    expect(readFileSync(file).equals(body)).toBe(true);
  });

  test('cut off: goes on where it stopped', async () => {
    script = [cut];
    const [file, from] = [newFile(), server.seen.length];
    const outcome = await fetched(file);
    expect(outcome.size).toBe(body.length);
    expect(outcome.resumed).toBeGreaterThan(0);
    expect(readFileSync(file).equals(body)).toBe(true);
    expect(since(from)).toEqual(['whole', `bytes=${outcome.resumed}-`]);
    expect(server.seen.at(-1)?.headers['if-range']).toBe('"one"');
  });

  test('nothing moves: given up, and gone on with by the next one', async () => {
    script = [hang];
    const file = newFile();
    expect(await fetched(file, { idleTimeoutMs: 300, retry: { attempts: 1 } })).toMatchObject({ error: 'timeout' });
    const outcome = await fetched(file);
    expect(outcome).toMatchObject({ size: body.length, resumed: 100_000 });
    expect(readFileSync(file).equals(body)).toBe(true);
  });

  test('another file by now: starts anew', async () => {
    script = [
      cut,
      (request, response) => {
        etag = '"two"';
        whole(request, response);
      },
    ];
    const file = newFile();
    expect(await fetched(file)).toEqual({ size: body.length, resumed: 0 });
    expect(readFileSync(file).equals(body)).toBe(true);
  });

  test.each([
    ['no validator', {}],
    ['a weak one', { etag: 'W/"one"' }],
    ['no ranges', { etag: '"one"', 'accept-ranges': 'none' }],
  ])('%s: starts anew', async (_, headers) => {
    script = [
      (_, response) => {
        response.writeHead(200, { 'content-length': body.length, ...headers });
        response.write(body.subarray(0, 100_000), () => setTimeout(() => response.socket?.destroy(), 30));
      },
    ];
    const [file, from] = [newFile(), server.seen.length];
    expect(await fetched(file)).toEqual({ size: body.length, resumed: 0 });
    expect(since(from)).toEqual(['whole', 'whole']);
  });

  test('a server that has less than we: starts anew', async () => {
    script = [hang];
    const file = newFile();
    await fetched(file, { idleTimeoutMs: 300, retry: { attempts: 1 } });
    script = [status(416)];
    expect(await fetched(file)).toEqual({ size: body.length, resumed: 0 });
    expect(readFileSync(file).equals(body)).toBe(true);
  });

  test('another range than was asked for is not taken', async () => {
    script = [hang];
    const file = newFile();
    await fetched(file, { idleTimeoutMs: 300, retry: { attempts: 1 } });
    script = [
      (_, response) =>
        void response.writeHead(206, { 'content-range': `bytes 0-9/${body.length}` }).end(body.subarray(0, 10)),
    ];
    expect(await fetched(file)).toEqual({ size: body.length, resumed: 0 });
    expect(readFileSync(file).equals(body)).toBe(true);
  });

  test('what is left of something else is not gone on with', async () => {
    const file = newFile();
    writeFileSync(file, 'other');
    expect(await fetched(file)).toEqual({ size: body.length, resumed: 0 });
    writeFileSync(file, 'other');
    writeFileSync(`${file}.from`, JSON.stringify({ url: 'http://else/', validator: '"one"' }));
    expect(await fetched(file)).toEqual({ size: body.length, resumed: 0 });
    writeFileSync(file, 'other');
    writeFileSync(`${file}.from`, 'cut o');
    expect(await fetched(file)).toEqual({ size: body.length, resumed: 0 });
    expect(readFileSync(file).equals(body)).toBe(true);
  });

  test.each([500, 502, 503, 504, 408, 429])('%i is asked again', async (code) => {
    script = [status(code), status(code)];
    const from = server.seen.length;
    expect(await fetched(newFile())).toMatchObject({ size: body.length });
    expect(since(from)).toHaveLength(3);
  });

  test.each([
    [404, 'not-found'],
    [410, 'not-found'],
    [401, 'credentials'],
    [403, 'credentials'],
    [400, 'bad-response'],
    [501, 'bad-response'],
  ])('%i is not', async (code, error) => {
    script = [status(code), status(code)];
    const from = server.seen.length;
    expect(await fetched(newFile())).toMatchObject({ error, message: expect.stringContaining(`(status ${code})`) });
    expect(since(from)).toHaveLength(1);
  });

  test('it gives up in the end', async () => {
    script = Array.from({ length: 10 }, () => status(503));
    const from = server.seen.length;
    expect(await fetched(newFile(), { retry: { attempts: 3, pauseMs: 1 } })).toMatchObject({ error: 'bad-response' });
    expect(since(from)).toHaveLength(3);
  });

  test('each pause is longer than the one before', async () => {
    const times: number[] = [];
    script = Array.from({ length: 4 }, () => (_: IncomingMessage, response: ServerResponse) => {
      times.push(performance.now());
      response.writeHead(503).end();
    });
    await fetched(newFile(), { retry: { attempts: 4, pauseMs: 100 } });
    const pauses = times.slice(1).map((time, at) => time - (times[at] as number));
    expect(pauses).toHaveLength(3);
    for (const [at, pause] of pauses.entries()) expect(pause).toBeGreaterThan(100 * 2 ** at * 0.5 - 5);
  });

  test('waits as long as it is told, but not for ever', async () => {
    script = [status(429, { 'retry-after': '1' })];
    const started = performance.now();
    expect(await fetched(newFile())).toMatchObject({ size: body.length });
    expect(performance.now() - started).toBeGreaterThan(990);
    script = [status(503, { 'retry-after': '3600' })];
    const from = server.seen.length;
    expect(await fetched(newFile())).toMatchObject({ error: 'bad-response' });
    expect(since(from)).toHaveLength(1);
  });

  test('a connection that cannot be made is tried again', async () => {
    const outcome = await fetched(newFile(), { url: 'http://127.0.0.1:1/', retry: { attempts: 2, pauseMs: 1 } });
    expect(outcome).toMatchObject({ error: 'unreachable' });
  });

  test('slow but moving is fine', async () => {
    script = [
      (_, response) => {
        response.writeHead(200, { etag, 'content-length': 5 });
        let sent = 0;
        const timer = setInterval(() => {
          response.write('x');
          if (++sent < 5) return;
          clearInterval(timer);
          response.end();
        }, 150);
      },
    ];
    expect(await fetched(newFile(), { idleTimeoutMs: 600 })).toEqual({ size: 5, resumed: 0 });
  });

  test('too large is refused before it is read', async () => {
    const file = newFile();
    expect(await fetched(file, { maxBytes: 1_000 })).toMatchObject({ error: 'too-large' });
    expect(existsSync(file)).toBe(false);
  });

  test('redirects: the last answer counts, credentials stay', async () => {
    const to = `http://localhost:${server.port}/file`;
    script = [(_, response) => void response.writeHead(302, { location: to }).end('moved')];
    const [file, from] = [newFile(), server.seen.length];
    expect(await fetched(file, { headers: { authorization: 'Bearer secret' } })).toMatchObject({ size: body.length });
    expect(readFileSync(file).equals(body)).toBe(true);
    expect(server.seen.slice(from).map(({ headers }) => headers.authorization)).toEqual(['Bearer secret', undefined]);
  });
});

test('a disk that takes no more is told as that, and not tried again', async () => {
  const { download } = await import('../../src/net/download.ts');
  const { openClient } = await import('../../src/net/http.ts');
  const client = openClient({ env: {} });
  const from = server.seen.length;
  const file = join(place.path, 'full');
  symlinkSync('/dev/full', file);
  try {
    const full = download(client, { url: `${server.url}/file`, file, retry: { pauseMs: 1 } });
    await expect(full).rejects.toMatchObject({ code: 'ENOSPC' });
  } finally {
    client.close();
  }
  expect(server.seen.length - from).toBe(1);
});
