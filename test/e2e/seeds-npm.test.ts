/** Seeds with the real npm: a second machine with the same wgcache and an empty cache of its own asks for less, and installs the same. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { contents, openInstallRig, toldOf } from './install-rig.ts';
import { relay } from './relay.ts';
import { filesBelow } from './trees.ts';

vi.setConfig({ testTimeout: 400_000 }); // npm takes seconds to start on a busy machine

/** Files below a directory that hold a text. */
function naming(dir: string, text: string): string[] {
  return filesBelow(dir).filter((path) => readFileSync(path).includes(text));
}

const PACKAGE = (semver: string) =>
  `{ "name": "app", "version": "1.0.0", "dependencies": { "ms": "2.1.3", "semver": "${semver}" } }\n`;

test('npm ci, and no credentials are kept', async () => {
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const canary = 'canary-5f3c';
  const between = await relay(registry, { link: `<https://example.com/?signature=${canary}>` });
  const rig = await openInstallRig({
    npm_config_registry: `${between.url}/`,
    npm_config_audit: 'false',
    npm_config_update_notifier: 'false',
  });
  const on = (machine: string) => ({ HOME: join(rig.base, machine), npm_config_cache: '' });
  const lock = async (semver: string): Promise<void> => {
    rig.write({ 'package.json': PACKAGE(semver) });
    const env = on('locker');
    expect((await rig.bare(['npm', 'install', '--package-lock-only'], { env })).exit).toBe(0);
    between.took();
  };
  const archives = (): string[] => between.took().filter((path) => path.endsWith('.tgz'));
  const cacheOf = (machine: string): string => join(on(machine).HOME, '.npm/_cacache');
  /** In a copy of the workspace, with nothing but the registry. */
  const bare = async (): Promise<object> => {
    const twin = rig.twin();
    twin.remove('node_modules');
    expect(
      (await twin.bare(['npm', 'ci'], { env: { HOME: join(twin.base, 'bare'), npm_config_cache: '' } })).exit,
    ).toBe(0);
    return contents(twin, 'node_modules');
  };

  rig.write({ '.npmrc': `//${new URL(between.url).host}/:_authToken=${canary}\n` });
  await lock('7.7.1');
  expect(toldOf(await rig.wrap(['npm', 'ci'], { env: on('one') }))).toBe('miss first');
  expect(archives()).toHaveLength(2);
  expect(naming(join(cacheOf('one'), 'index-v5'), canary)).not.toEqual([]); // npm itself keeps such a header
  expect(naming(rig.store, canary)).toEqual([]);

  await lock('7.7.2');
  const second = await rig.wrap(['npm', 'ci'], { env: on('two') });
  expect(second.outcome).toMatchObject({
    outcome: 'seeded',
    from: { label: 'npm ci' },
    files: 2,
    stored: true,
    warnings: [],
  });
  expect(archives()).toEqual(['/semver/-/semver-7.7.2.tgz']);
  expect(contents(rig, 'node_modules')).toEqual(await bare());
  between.took();
  rig.edit('package.json', (text) => text.replace('"version": "1.0.0"', '"version": "1.0.1"'));
  await lock('7.7.2');
  rmSync(rig.path('node_modules'), { recursive: true });
  const third = await rig.wrap(['npm', 'ci', '--ignore-scripts'], { env: on('three') });
  expect(third.outcome).toMatchObject({ outcome: 'seeded', files: 3 });
  expect(archives()).toEqual([]);
  const [first = ''] = filesBelow(join(cacheOf('three'), 'content-v2'));
  writeFileSync(first, 'rot'); // what a seed rests on: npm looks at the bytes
  expect((await rig.bare(['npm', 'ci'], { env: on('three') })).exit).toBe(0);
  expect(archives()).toHaveLength(1);
  expect(contents(rig, 'node_modules')).toEqual(await bare());
  expect((await rig.bare(['npm', 'cache', 'verify'], { env: on('three') })).exit).toBe(0);
  expect(naming(rig.store, canary)).toEqual([]);
});
