import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { request } from '../../src/net/http.ts';
import { tlsMaterials } from '../../src/net/tls.ts';
import { makeAuthority, serve, type TestServer, temporaryDirectory } from '../support/net.ts';

const place = temporaryDirectory();
const path = (name: string): string => join(place.path, name);
const certificates = (pem: string | undefined): number => (pem ?? '').split('BEGIN CERTIFICATE').length - 1;
const servers: Record<'common' | 'rare' | 'local', TestServer | undefined> = {
  common: undefined,
  rare: undefined,
  local: undefined,
};
let env: Record<string, string>;

beforeAll(async () => {
  const common = makeAuthority(path('common'), 'ISRG Root X1');
  const rare = makeAuthority(path('rare'), 'rare');
  const local = makeAuthority(path('local'), 'local');
  for (const [name, authority] of Object.entries({ common, rare, local })) {
    const certificate = authority.issue('server', ['IP:127.0.0.1']);
    servers[name as keyof typeof servers] = await serve((_, response) => response.end(name), { certificate });
  }
  // A system bundle in small: many roots, one of them of the common kind, and one more in the directory.
  writeFileSync(path('bundle.pem'), common.ca + rare.ca.repeat(20));
  env = { SSL_CERT_FILE: path('bundle.pem'), SSL_CERT_DIR: path('local') };
});

afterAll(async () => {
  await Promise.all(Object.values(servers).map((server) => server?.close()));
  place.remove();
});

test('each set of roots holds the one before, the last all', () => {
  const sizes = [...tlsMaterials({}, env)].map(({ ca }) => certificates(ca));
  // The directory holds the authority and the certificate it issued.
  expect(sizes).toEqual([1, 21, 23]);
});

test.each([
  ['common', 1],
  ['rare', 2],
  ['local', 3],
] as const)('a server under a %s root takes %i handshakes', async (name, handshakes) => {
  const server = servers[name]!;
  const { body } = await request({ url: server.url, env });
  expect(Buffer.from(body).toString()).toBe(name);
  expect(server.connections()).toBe(handshakes);
});

test('a CA file is the only root', () => {
  const caFile = path('bundle.pem');
  expect([...tlsMaterials({ caFile }, env)].map(({ ca }) => certificates(ca))).toEqual([21]);
});
