/** What servers, credentials files and Helm's own files may say: each reader tells or refuses, quickly, and throws nothing but its own errors. */

import { writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Json } from '../../src/base/json.ts';
import { FACTS } from '../../src/facts/index.ts';
import { repositoryCredentials } from '../../src/net/credentials.ts';
import { fromDockerConfig } from '../../src/net/docker-config.ts';
import { request } from '../../src/net/http.ts';
import { manifestDigest, tags } from '../../src/net/oci.ts';
import type { FactName } from '../../src/plugin.ts';
import { anyJson, damaged, hostilePath, tally, temporary, timeFor } from './hostile.ts';

const counted = tally('hostile-net');

const word = fc.oneof(
  fc.constantFrom(
    'name',
    'version',
    'entries',
    'urls',
    'digest',
    'apiVersion',
    'repositories',
    'dependencies',
    'url',
    'a',
    '<<',
    'yes',
    '~',
  ),
  fc.constantFrom(
    '1.0.0',
    '1.0',
    '0x1',
    '.inf',
    '2026-11-24',
    'null',
    '"\\u0000"',
    "'it''s'",
    '"a\\',
    '!!js/function x',
    '&a x',
    '*a',
    '@x',
    '`x`',
  ),
  fc.constantFrom(
    'https://me:pass@host/x.tgz',
    'file:///etc/passwd',
    'oci://h/x',
    '../../x',
    'x'.repeat(2_000),
    '\ufeff',
    '\u2028',
    '\t',
    '\0',
    'é',
  ),
  hostilePath,
);
/** Lines that look like YAML, more or less. */
const yaml = fc
  .array(
    fc.tuple(
      fc.nat(6),
      fc.constantFrom('', '- ', '- - ', '? ', ': '),
      word,
      fc.constantFrom(': ', ':', ' : ', ': |\n', ': >-\n  ', ': [', ': {', ''),
      word,
      fc.constantFrom('\n', '\n', '\n', '\r\n', '\n---\n', ' #', '', ',\n'),
    ),
    { maxLength: 12 },
  )
  .map((lines) =>
    lines
      .map(([indent, dash, key, colon, value, end]) => `${' '.repeat(indent)}${dash}${key}${colon}${value}${end}`)
      .join(''),
  );
const INDEX = {
  apiVersion: 'v1',
  generated: '2026-11-24T00:00:00Z',
  entries: {
    a: [
      {
        name: 'a',
        version: '1.0.0',
        urls: ['a-1.0.0.tgz'],
        digest: 'ab',
        created: '2026-11-24T00:00:00Z',
        apiVersion: 'v2',
      },
    ],
  },
};
const text = fc.oneof(
  { weight: 4, arbitrary: yaml },
  { weight: 2, arbitrary: anyJson.map((value) => JSON.stringify({ ...INDEX, entries: { a: [value] } })) },
  { weight: 1, arbitrary: anyJson.map((value) => JSON.stringify(value) ?? '') },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.constantFrom('{{', '}}', ' now ', '"', '`', "'", '/*', '*/', '\\', '-', 'tpl', '\n', ' . ', '(', '$x'),
        { maxLength: 30 },
      )
      .map((parts) => parts.join('')),
  },
);
const bytes = damaged(text.map((said) => Buffer.from(said)));

const PARAMS: Readonly<Partial<Record<FactName, readonly Json[]>>> = {
  'npm-optional': [{ os: 'linux', cpu: 'x64', libc: 'glibc', omit: [] }],
  'index-entries': [{ name: 'a' }, { name: null }, { name: '__proto__' }],
};

const facts = 0.12;
test('every fact of every text', { timeout: timeFor(facts) }, async () => {
  const all = await Promise.all(
    Object.entries(FACTS).map(async ([name, load]) => [name as FactName, (await load()).fact] as const),
  );
  await counted.check('facts', facts, bytes, async (said) => {
    for (const [name, fact] of all) {
      for (const params of PARAMS[name] ?? [null]) {
        const told = await fact.compute(said, params as never);
        const json = JSON.stringify(told);
        expect(JSON.parse(json)).toEqual(told);
        expect(json, 'facts are kept as text').not.toContain('me:pass@');
      }
    }
  });
});

const files = 0.02;
test('credentials files', { timeout: timeFor(files) }, async () => {
  const base = temporary();
  const file = join(base, 'file');
  const env = { PATH: base, HOME: base };
  const docker = anyJson.map((value) =>
    Buffer.from(JSON.stringify({ auths: { h: value }, credHelpers: { g: value }, credsStore: value }) ?? ''),
  );
  await counted.check('files', files, fc.tuple(fc.oneof(bytes, damaged(docker))), async ([content]) => {
    writeFileSync(file, content);
    for (const ask of [
      () => fromDockerConfig(file, 'h', env),
      () => fromDockerConfig(file, 'g', env),
      () => repositoryCredentials(file, 'a'),
    ])
      await onlyOurErrors(ask);
  });
});

const header = fc.oneof(
  fc.constantFrom(
    '',
    'Bearer',
    'Basic',
    'Bearer realm="',
    `Bearer realm="${'a'.repeat(5_000)}`,
    `${'a '.repeat(3_000)}`,
    'Bearer realm="http://127.0.0.1:9/t",scope=""',
    'Bearer realm="file:///etc/passwd"',
    'Basic realm="x", Bearer realm=":SELF:/token"',
  ),
  fc.constantFrom(
    '<>; rel="next"',
    '</v2/x/tags/list?n=1>; rel="next"',
    '<http://169.254.169.254/>; rel="next"',
    'sha256:zz',
    `sha256:${'a'.repeat(64)}`,
    `sha512:${'a'.repeat(64)}`,
    'W/"x"',
    '\xff',
  ),
);
const reply = fc.record({
  status: fc.constantFrom(200, 200, 200, 401, 301, 307, 404, 500, 204, 304, 299),
  headers: fc.dictionary(
    fc.constantFrom(
      'www-authenticate',
      'link',
      'location',
      'docker-content-digest',
      'content-encoding',
      'content-type',
      'etag',
    ),
    header,
  ),
  body: fc.oneof(
    bytes,
    anyJson.map((value) => Buffer.from(JSON.stringify({ tags: value, token: value, name: 'x' }) ?? '')),
  ),
  /** The connection ends in the middle of it. */
  torn: fc.nat(9).map((chance) => chance === 0),
});

const talks = 0.02;
test('a server', { timeout: timeFor(talks) }, async () => {
  let replies: readonly { status: number; headers: Record<string, string>; body: Uint8Array; torn: boolean }[] = [];
  let asked = 0;
  const server = createServer((_, response) => {
    const one = replies[asked++ % Math.max(1, replies.length)];
    if (one === undefined) response.end();
    else answer(response, one, port);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const base = temporary();
  const query = {
    repository: `127.0.0.1:${port}/x`,
    registryConfig: join(base, 'none'),
    plainHttp: true,
    env: { PATH: base, HOME: base },
    idleTimeoutMs: 1_000,
  };
  await counted.check('server', talks, fc.array(reply, { minLength: 1, maxLength: 4 }), async (said) => {
    replies = said;
    for (const ask of [
      () => request({ url: `http://127.0.0.1:${port}/index.yaml`, env: {}, idleTimeoutMs: 1_000 }),
      () => tags(query),
      () => manifestDigest({ ...query, tag: '1.0.0' }),
    ]) {
      asked = 0;
      await onlyOurErrors(ask);
      expect(asked).toBeLessThan(1_010);
    }
  });
});

function answer(
  response: ServerResponse,
  { status, headers, body, torn }: { status: number; headers: Record<string, string>; body: Uint8Array; torn: boolean },
  port: number,
): void {
  for (const [name, value] of Object.entries(headers))
    response.setHeader(name, value.replace(':SELF:', `http://127.0.0.1:${port}`));
  response.statusCode = status;
  if (!torn) {
    response.end(body);
    return;
  }
  response.setHeader('content-length', body.length + 1);
  response.write(body.length > 0 ? body : ' ');
  response.destroy();
}

/** The bodies that never end, and headers that do not. */
test.each([
  [
    'a body without end',
    (response: ServerResponse) => void setInterval(() => response.write(Buffer.alloc(1 << 20)), 1).unref(),
    'too-large',
  ],
  [
    'a length that lies',
    (response: ServerResponse) => response.setHeader('content-length', 2 ** 50).write('x'),
    'too-large',
  ],
  [
    'a thousand headers',
    (response: ServerResponse) =>
      response
        .setHeader(
          'x',
          Array.from({ length: 2_000 }, () => 'y'.repeat(100)),
        )
        .end(),
    'bad-response',
  ],
  [
    'redirects in a circle',
    (response: ServerResponse) => response.writeHead(302, { location: '/' }).end(),
    'redirects',
  ],
  ['silence', () => undefined, 'timeout'],
])('%s', async (_, handle, code) => {
  const server = createServer((_request, response) => handle(response) as undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const before = process.memoryUsage().rss;
  await expect(request({ url, env: {}, idleTimeoutMs: 500, maxBytes: 20 << 20 })).rejects.toMatchObject({
    name: 'NetError',
    code,
  });
  expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
});

async function onlyOurErrors(ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    expect((error as Error).name, String((error as Error).stack)).toBe('NetError');
  }
}
