/** No secret is found in what wgcache writes or says. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Ran, Rig } from '../rig.ts';

const CANARY = 'canary-4f1d9a';

/** Files below the store in which the canary stands. */
function found(rig: Rig): string[] {
  return readdirSync(rig.store, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path.includes(CANARY) || readFileSync(path).includes(CANARY));
}

function silent(rig: Rig, ...runs: Ran[]): void {
  const words = runs.flatMap(({ told, said }) => [...said, ...told.flatMap(({ label, why }) => [label, why])]);
  expect(words.filter((text) => text.includes(CANARY))).toEqual([]);
  expect(found(rig)).toEqual([]);
}

test('values of the environment', async () => {
  const rig = (await Rig.open()).write({ input: '1', 'make.sh': '#!/bin/sh\ntest -n "$PLAIN$SECRET"\n' });
  const flags = ['--input', 'input', '--env', 'PLAIN', '--secret', 'SECRET'];
  const env = { PLAIN: `${CANARY}-1`, SECRET: `${CANARY}-2`, OTHER: `${CANARY}-3` };
  const miss = await rig.wgcache(['wrap', ...flags, '--', './make.sh'], { env });
  const changed = await rig.wgcache(['wrap', ...flags, '--', './make.sh'], { env: { ...env, SECRET: `${CANARY}-4` } });
  expect(changed.told).toMatchObject([{ outcome: 'miss', why: expect.stringContaining('SECRET') }]);
  const hit = await rig.wgcache(['wrap', ...flags, '--', './make.sh'], { env });
  expect(hit.told).toMatchObject([{ outcome: 'fresh' }]);
  for (const args of [[], ['--json']]) {
    const explained = await rig.wgcache(['explain', ...args, ...flags, '--', './make.sh'], { env });
    expect(explained.stdout.toString()).toContain('SECRET');
    expect(explained.stdout.toString()).not.toContain(CANARY);
  }
  silent(rig, miss, changed, hit);
});

test('user info of addresses and passwords on the command line', async () => {
  const rig = (await Rig.open()).chart(
    'charts/app',
    `dependencies:\n- {name: x, version: 1.0.0, repository: "http://me:${CANARY}@127.0.0.1:9/x"}\n`,
  );
  rig.chart('charts/plain', 'dependencies:\n- {name: x, version: 1.0.0, repository: "http://127.0.0.1:9/x"}\n');
  const runs: Ran[] = [];
  for (const argv of [
    ['helm', 'repo', 'add', 'private', `http://me:${CANARY}@127.0.0.1:9/x`],
    ['helm', 'repo', 'add', 'private', 'http://127.0.0.1:9/x', '--username', 'me', '--password', CANARY],
    ['helm', 'repo', 'add', 'private', 'http://127.0.0.1:9/x', `--password=${CANARY}`],
    ['helm', 'registry', 'login', '127.0.0.1:9', '-u', 'me', '-p', CANARY],
    ['helm', 'registry', 'login', '127.0.0.1:9', '-u', 'me', `-p${CANARY}`],
    ['helm', 'dependency', 'update', 'charts/plain', '--password', CANARY],
    ['helm', 'dependency', 'update', `--password=${CANARY}`, 'charts/plain'],
    ['helm', 'pull', `http://me:${CANARY}@127.0.0.1:9/x.tgz`],
  ]) {
    const text = await rig.wgcache(['wrap', '--', ...argv]);
    const json = await rig.wgcache(['wrap', '--json', '--', ...argv]);
    runs.push(text, json);
    expect(text.told.length, argv.join(' ')).toBe(1);
    const line = json.stderr.split('\n').find((one) => one.startsWith('{"v":1,'));
    expect(line).toBeDefined();
    expect(line).not.toContain(CANARY);
  }
  silent(rig, ...runs);
});

test('user info in the address of a dependency', async () => {
  const dependency = `{name: x, version: 1.0.0, repository: "http://me:${CANARY}@127.0.0.1:9/x"}`;
  const rig = (await Rig.open()).chart('charts/app', `dependencies:\n- ${dependency}\n`);
  rig.write({
    'charts/app/Chart.lock': `dependencies:\n- ${dependency}\ndigest: sha256:0\ngenerated: "2026-01-01T00:00:00Z"\n`,
  });
  for (const verb of ['update', 'build']) {
    silent(rig, await rig.wgcache(['wrap', '--', 'helm', 'dependency', verb, 'charts/app']));
  }
  silent(
    rig,
    await rig.wgcache(['wrap', '--', 'helm', 'lint', 'charts/app']),
    await rig.wgcache(['wrap', '--', 'helm', 'package', 'charts/app']),
  );
});

test('a Helm step with a password in its argv that is cached', async () => {
  const rig = (await Rig.open())
    .chart('charts/app')
    .chart('charts/user', 'dependencies:\n- {name: app, version: "*", repository: "file://../app"}\n');
  const argv = ['helm', 'dependency', 'update', 'charts/user', '--username', 'me', '--password', CANARY];
  silent(rig, await rig.wgcache(['wrap', '--', ...argv]), await rig.wgcache(['wrap', '--', ...argv]));
});

test('files of the cache are private', async () => {
  const rig = (await Rig.open()).write({ input: '1' });
  await rig.wrap(['cat', 'input'], { flags: ['--input', 'input'] });
  const open = readdirSync(rig.store, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(open.length).toBeGreaterThan(0);
  const { stdout } = await rig.bare(['find', rig.store, '-perm', '/077']);
  expect(stdout.toString()).toBe('');
});
