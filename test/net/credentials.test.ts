import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { registryCredentials, repositoryCredentials } from '../../src/net/credentials.ts';
import { temporaryDirectory } from '../support/net.ts';

const place = temporaryDirectory();
afterAll(() => place.remove());

let count = 0;

/** Writes files below a directory of its own and gives its path. */
function files(content: Readonly<Record<string, string | object>>): string {
  const base = join(place.path, String(count++));
  for (const [name, text] of Object.entries({ '.keep': '', ...content })) {
    mkdirSync(dirname(join(base, name)), { recursive: true });
    writeFileSync(join(base, name), typeof text === 'string' ? text : JSON.stringify(text));
    if (name.startsWith('bin/')) chmodSync(join(base, name), 0o755);
  }
  return base;
}

const HOST = 'registry.example:5000';
const pair = (username: string, password: string): object => ({ kind: 'password', username, password });
const encoded = (text: string): object => ({ auth: Buffer.from(text).toString('base64') });
/** A credential helper that answers for HOST only, and writes down what it was asked. */
const HELPER = `#!/bin/sh
read -r host
echo "$1 $host" >> "$ASKED"
case "$host" in
  ${HOST}) echo '{"ServerURL":"x","Username":"helped","Secret":"s3cret"}' ;;
  token.example) echo '{"ServerURL":"x","Username":"<token>","Secret":"identity"}' ;;
  broken.example) echo 's3cret, but no JSON' ;;
  failing.example) echo 's3cret' >&2; echo 's3cret'; exit 3 ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
`;

function lookUp(base: string, host = HOST, env: Record<string, string> = {}): Promise<object | undefined> {
  const ours = { HOME: join(base, 'home'), PATH: `${join(base, 'bin')}:/bin:/usr/bin`, ASKED: join(base, 'asked') };
  return registryCredentials(host, join(base, 'helm.json'), { ...ours, ...env });
}

describe('a registry', () => {
  test('nothing known', async () => {
    expect(await lookUp(files({}))).toBeUndefined();
    expect(await lookUp(files({ 'helm.json': {}, 'home/.docker/config.json': { auths: {} } }))).toBeUndefined();
  });

  test('Helm’s file first, then Docker’s', async () => {
    const docker = { auths: { [HOST]: encoded('docker:d') } };
    const helm = { auths: { [HOST]: encoded('helm:a:b') } };
    expect(await lookUp(files({ 'helm.json': helm, 'home/.docker/config.json': docker }))).toEqual(pair('helm', 'a:b'));
    expect(await lookUp(files({ 'home/.docker/config.json': docker }))).toEqual(pair('docker', 'd'));
    const base = files({ 'elsewhere/config.json': docker });
    expect(await lookUp(base, HOST, { DOCKER_CONFIG: join(base, 'elsewhere') })).toEqual(pair('docker', 'd'));
  });

  test.each<[string, object, object | undefined]>([
    ['name and password in the clear', { username: 'u', password: 'p' }, pair('u', 'p')],
    ['auth over both', { ...encoded('a:b'), username: 'u', password: 'p' }, pair('a', 'b')],
    ['padding of auth', encoded('a:b\0\0'), pair('a', 'b')],
    ['identity token', { ...encoded('a:b'), identitytoken: 'i' }, { kind: 'refresh-token', token: 'i' }],
    ['registry token', { registrytoken: 'r' }, { kind: 'access-token', token: 'r' }],
    ['empty', {}, undefined],
  ])('%s', async (_, entry, expected) => {
    expect(await lookUp(files({ 'helm.json': { auths: { [HOST]: entry } } }))).toEqual(expected);
  });

  test('keys may be URLs, and Docker Hub has a name of its own', async () => {
    const url = files({ 'helm.json': { auths: { [`https://${HOST}/v1/`]: encoded('u:p') } } });
    expect(await lookUp(url)).toEqual(pair('u', 'p'));
    expect(await lookUp(url, 'registry.example')).toBeUndefined();
    const hub = files({ 'helm.json': { auths: { 'https://index.docker.io/v1/': encoded('u:p') } } });
    expect(await lookUp(hub, 'docker.io')).toEqual(pair('u', 'p'));
    expect(await lookUp(hub, 'registry-1.docker.io')).toEqual(pair('u', 'p'));
  });

  test('credsStore, and credHelpers before it', async () => {
    const helpers = { 'bin/docker-credential-good': HELPER, 'bin/docker-credential-bad': '#!/bin/sh\nexit 9\n' };
    const store = files({ ...helpers, 'helm.json': { credsStore: 'good', auths: { [HOST]: {} } } });
    expect(await lookUp(store)).toEqual(pair('helped', 's3cret'));
    expect(await lookUp(store, 'token.example')).toEqual({ kind: 'refresh-token', token: 'identity' });
    expect(await lookUp(store, 'unknown.example')).toBeUndefined();
    const one = files({ ...helpers, 'helm.json': { credsStore: 'bad', credHelpers: { [HOST]: 'good' } } });
    expect(await lookUp(one)).toEqual(pair('helped', 's3cret'));
  });

  test('the platform’s store when nothing is configured', async () => {
    expect(await lookUp(files({ 'bin/docker-credential-secretservice': HELPER }))).toEqual(pair('helped', 's3cret'));
    const configured = { auths: { 'other.example': encoded('a:b') } };
    const both = { 'helm.json': configured, 'home/.docker/config.json': configured };
    expect(await lookUp(files({ 'bin/docker-credential-secretservice': HELPER, ...both }))).toBeUndefined();
  });

  test('Docker’s file answers when Helm’s helper fails', async () => {
    const base = files({
      'helm.json': { credsStore: 'absent' },
      'home/.docker/config.json': { auths: { [HOST]: encoded('u:p') } },
    });
    expect(await lookUp(base)).toEqual(pair('u', 'p'));
  });

  test.each<[string, Record<string, string | object>, string]>([
    ['no helper of that name', { 'helm.json': { credsStore: 'absent' } }, HOST],
    ['a name that is a path', { 'helm.json': { credsStore: '../x' } }, HOST],
    [
      'an answer that is no JSON',
      { 'helm.json': { credsStore: 'good' }, 'bin/docker-credential-good': HELPER },
      'broken.example',
    ],
    [
      'a failing helper',
      { 'helm.json': { credsStore: 'good' }, 'bin/docker-credential-good': HELPER },
      'failing.example',
    ],
    ['a damaged file', { 'helm.json': '{"auths": s3cret' }, HOST],
  ])('%s is an error without a secret', async (_, content, host) => {
    const error: unknown = await lookUp(files(content), host).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'NetError', code: 'credentials' });
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('s3cret');
  });
});

describe('a chart repository', () => {
  const FILE = `apiVersion: ""
repositories:
- name: open
  url: https://open.example/charts
- name: full
  url: https://full.example
  username: me
  password: "s3cret: x"
  caFile: /ca.pem
  certFile: c.pem
  keyFile: k.pem
  insecure_skip_tls_verify: true
  pass_credentials_all: true
- name: odd
  password: 12
`;

  test('its entry', async () => {
    const file = join(files({ 'repositories.yaml': FILE }), 'repositories.yaml');
    expect(await repositoryCredentials(file, 'full')).toEqual({
      url: 'https://full.example',
      auth: { username: 'me', password: 's3cret: x' },
      tls: { caFile: '/ca.pem', certFile: 'c.pem', keyFile: 'k.pem', insecure: true },
    });
    expect(await repositoryCredentials(file, 'open')).toEqual({
      url: 'https://open.example/charts',
      auth: { username: '', password: '' },
      tls: { caFile: '', certFile: '', keyFile: '', insecure: false },
    });
    expect(await repositoryCredentials(file, 'absent')).toBeUndefined();
    await expect(repositoryCredentials(file, 'odd')).rejects.toMatchObject({ code: 'credentials' });
  });

  test.each(['absent.yaml', 'broken.yaml'])('%s is an error without a secret', async (name) => {
    const base = files({ 'broken.yaml': 'repositories: [{name: x, password: s3cret' });
    const error: unknown = await repositoryCredentials(join(base, name), 'x').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'credentials' });
    expect((error as Error).message).not.toContain('s3cret');
  });

  test('an empty file has no entry', async () => {
    const base = files({ 'empty.yaml': '', 'list.yaml': '- a' });
    expect(await repositoryCredentials(join(base, 'empty.yaml'), 'x')).toBeUndefined();
    expect(await repositoryCredentials(join(base, 'list.yaml'), 'x')).toBeUndefined();
  });
});
