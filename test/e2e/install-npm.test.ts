/** `npm ci` with the real npm and registry: cold, warm, and every edit that changes what is installed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { NpmRegistry } from '../oracle/install/_npm/registry.ts';
import { madeLikeBare, NPM_CACHE, openInstallRig, toldOf } from './install-rig.ts';
import type { Rig } from './rig.ts';

const PACKAGE =
  '{ "name": "app", "version": "1.0.0", "dependencies": { "ms": "2.1.3" }, "devDependencies": { "semver": "7.7.1" } }\n';
const QUIET = {
  npm_config_cache: NPM_CACHE,
  npm_config_audit: 'false',
  npm_config_update_notifier: 'false',
  npm_config_prefer_offline: 'true',
};

vi.setConfig({ testTimeout: 400_000 }); // npm takes seconds to start on a busy machine

async function open(manifest = PACKAGE): Promise<Rig> {
  const rig = (await openInstallRig(QUIET)).write({ 'package.json': manifest });
  await lock(rig);
  return rig;
}

async function lock(rig: Rig): Promise<void> {
  expect((await rig.bare(['npm', 'install', '--package-lock-only'])).exit).toBe(0);
}

const ci = (rig: Rig, args: readonly string[] = [], env: Record<string, string> = {}) =>
  madeLikeBare(rig, ['npm', 'ci', ...args], { made: 'node_modules', env });

test('made, fresh, put back file by file; strangers go, as with npm', async () => {
  const rig = await open();
  expect(toldOf(await ci(rig))).toBe('miss first');
  expect(toldOf(await ci(rig))).toBe('fresh');
  rig.remove('node_modules/ms/index.js');
  expect((await ci(rig)).outcome).toMatchObject({ outcome: 'restored', written: 1 });
  rig.write({ 'node_modules/ms/stranger.js': '', 'node_modules/other/index.js': '' });
  expect((await ci(rig)).outcome).toMatchObject({ outcome: 'restored', removed: 2 });
  rig.remove('node_modules');
  expect(toldOf(await ci(rig))).toBe('restored');
  expect((await rig.bare(['node', '-p', 'require("ms")("2 days")'])).stdout.toString()).toBe('172800000\n');
});

test('lock, manifest and flags count; what is for readers does not', async () => {
  const rig = await open();
  expect(toldOf(await ci(rig))).toBe('miss first');
  rig.edit('package.json', (text) => text.replace('"ms": "2.1.3"', '"ms": "2.1.2"'));
  const torn = await ci(rig); // not what the lock says: npm refuses
  expect({ exit: torn.exit, told: toldOf(torn) }).toEqual({ exit: 1, told: 'miss changed (not stored: failed)' });
  await lock(rig);
  expect(toldOf(await ci(rig))).toBe('miss changed');
  rig.edit('package.json', (text) =>
    text.replace('"name"', '"description": "words", "scripts": { "test": "true" }, "name"'),
  );
  expect(toldOf(await ci(rig))).toBe('fresh');
  expect(toldOf(await ci(rig, ['--omit=dev']))).toBe('miss changed');
});

test('variables and npmrc files count, credentials do not', async () => {
  const rig = await open();
  expect(toldOf(await ci(rig))).toBe('miss first');
  expect(toldOf(await ci(rig, [], { NODE_ENV: 'production' }))).toBe('miss changed');
  expect(toldOf(await ci(rig, [], { npm_config_omit: 'dev' }))).toBe('miss changed');
  expect((await rig.wrap(['npm', 'ci', '--no-audit', '--no-fund'])).outcome.outcome).toBe('restored');
  rig.write({ '.npmrc': 'omit=dev\n//registry.example.com/:_authToken=s3cret\n' });
  const ran = await ci(rig);
  expect(ran.outcome.reason?.text).toBe('.npmrc appeared');
  expect(JSON.stringify((await rig.wgcache(['explain', '--', 'npm', 'ci'])).stdout.toString())).not.toContain('s3cret');
  writeFileSync(join(rig.env.HOME ?? '', '.npmrc'), 'bin-links=false\n');
  expect((await ci(rig)).outcome.reason?.text).toBe("the user's npmrc appeared");
});

test('what may do more than node_modules shows is only run', async () => {
  const because = async (change: (rig: Rig) => void, manifest?: string) => {
    const rig = await open(manifest);
    change(rig);
    const { outcome } = await rig.wrap(['npm', 'ci']);
    return outcome.reason?.text;
  };
  expect(
    await because(() => undefined, PACKAGE.replace('"name"', '"scripts": { "prepare": "echo > made" }, "name"')),
  ).toMatch(/its own script prepare/);
  expect(await because((rig) => rig.remove('package-lock.json'))).toBe('not cached: no package-lock.json');
  expect(
    await because((rig) => rig.edit('package.json', (text) => text.replace('"name"', '"workspaces": ["a"], "name"'))),
  ).toBe('not cached: workspaces');
  const rig = await openInstallRig(QUIET);
  rig.write({
    'package.json': PACKAGE.replace('"ms": "2.1.3"', '"a": "file:a"'),
    'a/package.json': '{ "name": "a", "version": "1.0.0" }',
  });
  await lock(rig);
  expect((await rig.wrap(['npm', 'ci'])).outcome.reason?.text).toMatch(/is linked to a directory of the project/);
});

test('a package without a hash is installed, and not stored', async () => {
  const rig = await open();
  rig.edit('package-lock.json', (text) => text.replace(/ *"integrity": "[^"]*",?\n/, ''));
  expect((await ci(rig)).outcome.notStored?.text).toMatch(/^the lock has no hash of node_modules\//);
});

test('an optional package that the registry did not give: npm goes on without it, and that is not kept', async () => {
  const registry = new NpmRegistry();
  await registry.listen();
  onTestFinished(() => registry.close());
  const publish = (): void =>
    registry.publish('chosen', '1.0.0', { 'package.json': '{"name":"chosen","version":"1.0.0"}' });
  publish();
  const rig = await openInstallRig({ ...QUIET, npm_config_cache: '', npm_config_fetch_retries: '0' });
  const manifest = { name: 'app', version: '1.0.0', optionalDependencies: { chosen: '1.0.0' } };
  const packages = { '': manifest, 'node_modules/chosen': { ...registry.locked('chosen', '1.0.0'), optional: true } };
  rig.write({
    'package.json': JSON.stringify(manifest),
    'package-lock.json': JSON.stringify({ name: 'app', version: '1.0.0', lockfileVersion: 3, packages }),
  });
  registry.reset();
  const without = await ci(rig);
  expect({ exit: without.exit, text: without.outcome.notStored?.text }).toEqual({
    exit: 0,
    text: 'npm went on without node_modules/chosen, which is optional',
  });
  publish();
  expect(toldOf(await ci(rig))).toBe('miss first');
  expect(toldOf(await ci(rig))).toBe('fresh');
});
