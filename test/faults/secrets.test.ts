/** Canaries in every place a secret may stand: none is found in the store, in what wgcache says, or in the answers of its other commands. */

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Ran, Rig, type RunOptions } from '../e2e/rig.ts';
import { serveRegistry } from '../support/net.ts';

/** With what must be written otherwise in an address. */
const CANARY = 'canary-4f1d9a/+@%';
/** bcrypt of it, with the least work. */
const HTPASSWD = 'me:$2b$05$FKwrLqrsCdxc9TpAIxflj.On7eThwXhStE0l47sqV9Rw1e/elkDJq';

/** As it stands, in an address, in base64 at any of the three offsets and with either alphabet, in hex. */
function formsOf(canary: string): string[] {
  const bytes = Buffer.from(canary);
  const base64 = [0, 1, 2].flatMap((offset) => {
    // Without the ends, which depend on what stands around it.
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(offset === 0 ? 0 : 4, -4);
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const word = canary.replace(/[^\w-].*$/, '');
  return [canary, word, encodeURIComponent(canary), bytes.toString('hex'), ...base64];
}

const FORMS = formsOf(CANARY);

function holding(text: string | Buffer): string[] {
  return FORMS.filter((form) => text.includes(form));
}

/** Files of the store by their name and content. */
function kept(rig: Rig): string[] {
  return readdirSync(rig.store, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => holding(path).length > 0 || holding(readFileSync(path)).length > 0);
}

/** What wgcache itself wrote of a wrapped step: its lines, and its JSON. */
function ownWords({ told, said }: Ran): string {
  return JSON.stringify([told, said]);
}

class Watched {
  readonly rig: Rig;
  readonly outcomes: string[] = [];

  constructor(rig: Rig) {
    this.rig = rig;
  }

  /** Runs the step in each form of telling, and every command that speaks of it. */
  async step(argv: readonly string[], flags: readonly string[] = [], options: RunOptions = {}): Promise<void> {
    const { rig } = this;
    const text = await rig.wgcache(['wrap', ...flags, '--', ...argv], options);
    expect(holding(ownWords(text)), argv.join(' ')).toEqual([]);
    const dry = await rig.wgcache(['wrap', '--dry-run', ...flags, '--', ...argv], options);
    expect(holding(`${ownWords(dry)}${dry.stdout}${dry.stderr}`)).toEqual([]);
    const json = await rig.wrap(argv, { ...options, flags });
    expect(holding(JSON.stringify(json.outcome))).toEqual([]);
    this.outcomes.push(`${text.told[0]?.outcome} ${json.outcome.outcome}`);
    for (const command of ['explain', 'status']) {
      for (const more of command === 'explain' ? [[], ['--json']] : [[]]) {
        const { stdout, stderr, said } = await rig.wgcache([command, ...more, ...flags, '--', ...argv], options);
        expect(holding(`${stdout}${stderr}${said.join()}`), `${command} ${argv.join(' ')}`).toEqual([]);
      }
    }
    for (const more of [[], ['--json']]) {
      const { stdout, stderr } = await rig.wgcache(['stats', ...more], options);
      expect(holding(`${stdout}${stderr}`)).toEqual([]);
    }
    expect(kept(rig), argv.join(' ')).toEqual([]);
  }
}

async function watched(): Promise<Watched> {
  return new Watched(await Rig.open());
}

function writeBelow(dir: string, name: string, text: string): string {
  const path = join(dir, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

test('the environment, with failures and bypasses', async () => {
  const it = await watched();
  it.rig.write({ input: '1', 'make.sh': '#!/bin/sh\nmkdir -p out; echo "$#" > out/a; test -z "$FAIL"\n' });
  const env = {
    PLAIN: CANARY,
    SECRET: `${CANARY}2`,
    OTHER: CANARY,
    HTTP_PROXY: `http://me:${encodeURIComponent(CANARY)}@127.0.0.1:9`,
    NPM_TOKEN: CANARY,
  };
  const flags = ['--input', 'input', '--output', 'out', '--env', 'PLAIN', '--secret', 'SECRET'];
  for (const more of [[], ['--env-mode', 'loose'], ['--force'], ['--env', 'HTTP_PROXY']])
    await it.step(['./make.sh'], [...flags, ...more], { env });
  await it.step(['./make.sh'], flags, { env: { ...env, WGCACHE_SECRET_KEY: CANARY } });
  await it.step(['./make.sh'], [...flags, '--env', 'FAIL'], { env: { ...env, FAIL: CANARY } });
  await it.step(['./make.sh'], [], { env });
  await it.step(['./make.sh', CANARY, `TOKEN=${CANARY}`], ['--stdin', '--secret', 'PLAIN'], { env });
  await it.step(['./make.sh', `TOKEN=${CANARY}`], [], { env });
  expect(it.outcomes).toContain('miss fresh');
  expect(it.outcomes).toContain('bypass bypass');
});

test('arguments of a step that is described', async () => {
  const it = await watched();
  it.rig.write({ input: '1', 'make.sh': '#!/bin/sh\nmkdir -p out; echo "$#" > out/a\n' });
  const flags = ['--input', 'input', '--output', 'out'];
  const address = `http://me:${encodeURIComponent(CANARY)}@127.0.0.1:9/x`;
  for (const args of [
    ['--password', CANARY],
    [`--password=${CANARY}`],
    ['--db-password', CANARY, 'x'],
    ['--token', CANARY],
    [`--api-key=${CANARY}`],
    ['--set', `db.password=${CANARY}`],
    ['--set', `a=1,auth.token=${CANARY},b=2`],
    [`TOKEN=${CANARY}`],
    ['--client-secret', CANARY],
    ['--header', `Authorization: Bearer ${CANARY}`],
    ['-H', `X-Api-Key: ${CANARY}`],
    [address],
    ['--url', `${address}?token=${encodeURIComponent(CANARY)}&x=1`],
  ])
    await it.step(['./make.sh', ...args], flags);
  // What nobody can know for one by its name is known by its value.
  const env = { DEPLOY: CANARY, SHORT: '1' };
  for (const args of [[CANARY], ['-p', CANARY], [`-p${CANARY}`], [`{"a":"${CANARY}"}`]])
    await it.step(['./make.sh', ...args], [...flags, '--secret', 'DEPLOY', '--secret', 'SHORT'], { env });
  expect(new Set(it.outcomes)).toEqual(new Set(['miss fresh']));
});

test('what a command prints is kept as it prints it: in the log, for its owner alone, and nowhere else', async () => {
  const rig = (await Rig.open()).write({ input: '1', 'make.sh': '#!/bin/sh\necho "$SECRET"\n' });
  const flags = ['--input', 'input', '--secret', 'SECRET'];
  const ran = await rig.wrap(['./make.sh'], { flags, env: { SECRET: CANARY } });
  expect(ran.stdout.toString()).toBe(`${CANARY}\n`);
  const found = kept(rig);
  expect(found.map((path) => [path.includes('/blobs/'), statSync(path).mode & 0o777])).toEqual([[true, 0o400]]);
});

test('another secret in an argument is another step', async () => {
  const rig = (await Rig.open()).write({ input: '1', 'make.sh': '#!/bin/sh\nmkdir -p out; echo "$2" > out/a\n' });
  const flags = ['--input', 'input', '--output', 'out'];
  for (const [secret, outcome] of [
    ['one', 'miss'],
    ['two', 'miss'],
    ['one', 'restored'],
  ] as const) {
    expect((await rig.wrap(['./make.sh', '--password', secret], { flags })).outcome.outcome).toBe(outcome);
    expect(rig.read('out/a')).toBe(`${secret}\n`);
  }
});

/** A chart repository that wants a name and a password, and counts who came with them. */
async function lockedRepository(dir: string): Promise<{ readonly url: string; readonly let: () => number }> {
  let entered = 0;
  const server = createServer((request, response) => {
    if (request.headers.authorization !== `Basic ${Buffer.from(`me:${CANARY}`).toString('base64')}`)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end('no');
    entered++;
    try {
      response.end(readFileSync(join(dir, decodeURIComponent(request.url ?? ''))));
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, let: () => entered };
}

test('helm: a repository with credentials, kept by helm', async () => {
  const it = await watched();
  const { rig } = it;
  const repo = join(rig.base, 'repo');
  mkdirSync(repo);
  const { url, let: entered } = await lockedRepository(repo);
  rig.chart('upstream/sub');
  await rig.bare(['helm', 'package', 'upstream/sub', '-d', repo]);
  await rig.bare(['helm', 'repo', 'index', repo, '--url', url]);
  expect(
    (
      await rig.bare([
        'helm',
        'repo',
        'add',
        'locked',
        url,
        '--username',
        'me',
        '--password',
        CANARY,
        '--pass-credentials',
      ])
    ).exit,
  ).toBe(0);
  rig.chart('charts/app', 'dependencies:\n- {name: sub, version: "*", repository: "@locked"}\n');
  rig.chart(
    'charts/direct',
    `dependencies:\n- {name: sub, version: "*", repository: "http://me:${encodeURIComponent(CANARY)}@${url.slice(7)}"}\n`,
  );
  rig.chart('charts/gone', 'dependencies:\n- {name: nosuch, version: "*", repository: "@locked"}\n');
  const before = entered();
  await it.step(['helm', 'dependency', 'update', 'charts/app']);
  expect(entered(), 'asked with credentials').toBeGreaterThan(before);
  await it.step(['helm', 'dependency', 'build', 'charts/app']);
  await it.step(['helm', 'dependency', 'update', 'charts/app', '--username', 'me', '--password', CANARY]);
  for (const chart of ['charts/direct', 'charts/gone']) await it.step(['helm', 'dependency', 'update', chart]);
  await it.step(['helm', 'repo', 'update']);
  await it.step(['helm', 'repo', 'add', 'locked', url, '--username', 'me', '--password', CANARY]);
  await it.step(['helm', 'repo', 'add', 'other', `http://me:${encodeURIComponent(CANARY)}@${url.slice(7)}`]);
  for (const verb of ['package', 'lint', 'template']) await it.step(['helm', verb, 'charts/app']);
  expect(it.outcomes[0]).toBe('miss fresh');
});

test('helm: an address that answers with one that is signed', async () => {
  const it = await watched();
  const { rig } = it;
  const repo = join(rig.base, 'repo');
  mkdirSync(repo);
  const server = createServer((request, response) => {
    const address = new URL(request.url ?? '', 'http://x');
    if (address.searchParams.get('signature') === null)
      return void response.writeHead(302, { location: `${request.url}?signature=${encodeURIComponent(CANARY)}` }).end();
    response.setHeader('etag', '"1"').end(readFileSync(join(repo, address.pathname)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  rig.chart('upstream/sub');
  await rig.bare(['helm', 'package', 'upstream/sub', '-d', repo]);
  await rig.bare(['helm', 'repo', 'index', repo, '--url', url]);
  await rig.bare(['helm', 'repo', 'add', 'signed', url]);
  rig.chart('charts/app', 'dependencies:\n- {name: sub, version: "*", repository: "@signed"}\n');
  await it.step(['helm', 'dependency', 'update', 'charts/app']);
  expect(it.outcomes).toEqual(['miss fresh']);
});

test('helm: a registry with credentials', async () => {
  const it = await watched();
  const { rig } = it;
  const htpasswd = writeBelow(rig.base, 'htpasswd', `${HTPASSWD}\n`);
  const registry = await serveRegistry(
    join(rig.base, 'registry'),
    undefined,
    `auth: {htpasswd: {realm: r, path: ${htpasswd}}}`,
  );
  onTestFinished(() => registry.close());
  const config = writeBelow(
    rig.base,
    'docker/config.json',
    JSON.stringify({ auths: { [registry.host]: { auth: Buffer.from(`me:${CANARY}`).toString('base64') } } }),
  );
  rig.chart('upstream/sub');
  await rig.bare(['helm', 'package', 'upstream/sub', '-d', rig.base]);
  const env = { HELM_REGISTRY_CONFIG: config };
  const pushed = await rig.bare(
    ['helm', 'push', join(rig.base, 'sub-1.0.0.tgz'), `oci://${registry.host}/charts`, '--plain-http'],
    { env },
  );
  expect(pushed.exit, pushed.stderr).toBe(0);
  rig.chart(
    'charts/app',
    `dependencies:\n- {name: sub, version: 1.0.0, repository: "oci://${registry.host}/charts"}\n`,
  );
  rig.chart(
    'charts/range',
    `dependencies:\n- {name: sub, version: ">= 1", repository: "oci://${registry.host}/charts"}\n`,
  );
  await it.step(['helm', 'dependency', 'update', 'charts/app'], [], { env });
  await it.step(['helm', 'dependency', 'update', 'charts/range'], [], { env });
  await it.step(['helm', 'dependency', 'update', 'charts/app'], [], { env: { DOCKER_CONFIG: dirname(config) } });
  await it.step(['helm', 'registry', 'login', registry.host, '-u', 'me', '-p', CANARY, '--insecure'], [], { env });
  await it.step(
    ['helm', 'push', join(rig.base, 'sub-1.0.0.tgz'), `oci://${registry.host}/charts`, '--password', CANARY],
    [],
    { env },
  );
  // Refused: the answer of the server is told, not what it was asked with.
  const wrong = writeBelow(
    rig.base,
    'wrong.json',
    JSON.stringify({ auths: { [registry.host]: { username: 'you', password: CANARY } } }),
  );
  await it.step(['helm', 'dependency', 'update', 'charts/range'], [], { env: { HELM_REGISTRY_CONFIG: wrong } });
  const bad = writeBelow(rig.base, 'bad.json', `{"auths": ${CANARY}`);
  await it.step(['helm', 'dependency', 'update', 'charts/range'], [], { env: { HELM_REGISTRY_CONFIG: bad } });
  expect(it.outcomes[0]).toBe('miss fresh');
});

test('helm: a kubeconfig, a token of the cluster, netrc, values on the command line', async () => {
  const it = await watched();
  const { rig } = it;
  rig.chart('charts/app');
  const user = { token: CANARY, 'client-key-data': Buffer.from(CANARY).toString('base64'), username: '', password: '' };
  const kubeconfig = {
    apiVersion: 'v1', kind: 'Config', 'current-context': 'c',
    clusters: [{ name: 'k', cluster: { server: 'https://127.0.0.1:9' } }],
    users: [{ name: 'u', user: { token: user.token } }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'there' } }],
  }; // biome-ignore format: a file
  const env = { KUBECONFIG: writeBelow(rig.base, 'kubeconfig', JSON.stringify(kubeconfig)), HELM_KUBETOKEN: CANARY };
  writeBelow(join(rig.base, 'home'), '.netrc', `machine 127.0.0.1 login me password ${CANARY}\n`);
  await it.step(['helm', 'template', 'charts/app'], [], { env });
  await it.step(['helm', 'template', 'charts/app', '--kube-token', CANARY, '--password', CANARY], [], { env });
  for (const set of ['--set', '--set-string', '--set-literal'])
    await it.step(['helm', 'template', 'charts/app', set, `db.password=${CANARY}`], [], { env });
  await it.step(['helm', 'lint', 'charts/app', '--set', `auth.token=${CANARY}`], [], { env });
  await it.step(['helm', 'template', 'charts/app', '--set-json', `auth={"token":"${CANARY}"}`], [], { env });
  expect(it.outcomes.filter((outcome) => outcome === 'miss fresh').length).toBeGreaterThanOrEqual(6);
});

test('files and directories of the cache are for their owner alone, whatever the umask', async () => {
  const rig = (await Rig.open()).write({
    input: '1',
    'make.sh': '#!/bin/sh\numask 000; mkdir -p out; echo 1 > out/a; chmod 777 out/a\n',
  });
  const flags = ['--input', 'input', '--output', 'out', '--secret', 'SECRET'];
  const line = ['umask 000; exec wgcache wrap', ...flags, '--json -- ./make.sh'].join(' ');
  for (let at = 0; at < 2; at++) expect((await rig.bare(['sh', '-c', line], { env: { SECRET: CANARY } })).exit).toBe(0);
  const modes = readdirSync(rig.store, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [entry.isDirectory() ? 'dir' : 'file', (statSync(path).mode & 0o777).toString(8), path] as const;
  });
  expect(new Set(modes.map(([type, mode]) => `${type} ${mode}`))).toEqual(new Set(['dir 700', 'file 600', 'file 400']));
  expect((statSync(rig.store).mode & 0o777).toString(8)).toBe('700');
});
