/** `wgcache tools exec`, which hands its own streams on, as it is shipped. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Site, serveFiles, sevenSites } from '../../tools/site.ts';
import { finished, Rig } from '../rig.ts';

let site: Site;
beforeAll(async () => {
  site = await serveFiles(await sevenSites());
});
afterAll(() => site.close());

async function rigWith(...versions: readonly string[]): Promise<Rig> {
  const tools = versions.map(
    (version, at) => `  ${['yq', 'helm'][at]}: { version: '${version}', baseUrl: '${site.url}' }\n`,
  );
  return (await Rig.open()).write({ 'wgcache.config.yaml': `tools:\n${tools.join('')}` });
}

test('exec installs what is missing, and runs the command with it first on PATH', async () => {
  const rig = await rigWith('4.44.3', '3.17.3');
  const exec = ['tools', 'exec', '--'];
  const first = await rig.wgcache([...exec, 'helm', 'version']);
  expect(first.stdout.toString()).toMatch(/^helm 3\.17\.3 /); // not the helm of the machine
  expect([first.exit, first.stderr]).toEqual([0, expect.stringMatching(/^(yq 4\.44\.3|helm 3\.17\.3): installed \(/)]);
  const script = 'cat; command -v yq; echo "$1" >&2; exit 7';
  const second = await finished(rig.start(['wgcache', ...exec, 'sh', '-c', script, 'sh', '--json']), 'in\n');
  expect(second.exit).toBe(7);
  expect(second.stdout.toString()).toBe(`in\n${rig.path('.wgcache/bin/yq')}\n`);
  expect(second.stderr).toBe('--json\n'); // nothing of ours when all is there
  expect((await rig.wgcache([...exec, 'no-such-program'])).exit).toBe(127);
});

test('exec of a tool that cannot be had runs nothing', async () => {
  const rig = await rigWith('9.9.9');
  const ran = await rig.wgcache(['tools', 'exec', '--', 'touch', 'ran']);
  expect([ran.exit, ran.stdout.toString()]).toEqual([1, '']);
  expect(ran.stderr).toContain('yq: failed: ');
  expect(existsSync(rig.path('ran'))).toBe(false);
});

test('with a lock file and a cache nobody is asked, by install or exec', async () => {
  const rig = await rigWith('latest');
  rig.edit('wgcache.config.yaml', (text) => text.replace("'latest'", "'^4'"));
  expect((await rig.wgcache(['tools', 'lock'])).exit).toBe(0);
  expect((await rig.wgcache(['tools', 'install', '--locked'])).exit).toBe(0);
  const gone = rig.movedTo('offline').remove('.wgcache');
  gone.edit('wgcache.config.yaml', (text) => text.replaceAll(site.url, 'http://127.0.0.1:9'));
  const ran = await gone.wgcache(['tools', 'exec', '--', 'yq']);
  expect([ran.exit, ran.stdout.toString()]).toEqual([0, expect.stringMatching(/^yq 4\.44\.3 /)]);
  expect(readFileSync(join(gone.root, 'wgcache-tools.lock'), 'utf8')).toBe(rig.read('wgcache-tools.lock'));
});
