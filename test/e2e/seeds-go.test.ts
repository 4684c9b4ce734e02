/** Seeds with the real go: a second machine with the same wgcache and empty caches of its own asks for less, and makes the same. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { goEnv, openInstallRig, toldOf } from './install-rig.ts';
import { relay } from './relay.ts';
import { finished } from './rig.ts';
import { filesBelow } from './trees.ts';

vi.setConfig({ testTimeout: 400_000 }); // the first machine compiles what it needs of Go's library: 25 s of processor time

const SNAPPY = 'github.com/golang/snappy/cmd/snappytool';

test('go install', async () => {
  const [proxy = '', toolchain = '', cache = '', modcache = ''] = goEnv(
    'GOPROXY',
    'GOTOOLCHAIN',
    'GOCACHE',
    'GOMODCACHE',
  );
  const between = await relay(proxy.split(/[,|]/)[0] ?? '');
  const rig = await openInstallRig({
    GOPROXY: between.url,
    GOTOOLCHAIN: toolchain,
    GOFLAGS: '-trimpath -modcacherw',
    CGO_ENABLED: '0',
  });
  const on = (machine: string) => ({
    HOME: join(rig.base, machine),
    GOCACHE: join(rig.base, machine, 'build'),
    GOMODCACHE: join(rig.base, machine, 'mod'),
    GOBIN: rig.path('bin'),
  });
  const install = (machine: string, version: string, ...flags: string[]) =>
    rig.wrap(['go', 'install', ...flags, `${SNAPPY}@${version}`], { env: on(machine) });
  /** With the caches of this machine, whatever lies there. */
  const bare = async (version: string, ...flags: string[]): Promise<Buffer> => {
    const env = { GOCACHE: cache, GOMODCACHE: modcache, GOPROXY: proxy, GOBIN: rig.path('theirs') };
    expect((await rig.bare(['go', 'install', ...flags, `${SNAPPY}@${version}`], { env })).exit).toBe(0);
    return readFileSync(rig.path('theirs/snappytool'));
  };
  const made = (): Buffer => readFileSync(rig.path('bin/snappytool'));
  const archives = (): string[] => between.took().filter((path) => /\/@v\/.*\.(zip|mod)$/.test(path));

  expect(toldOf(await install('one', 'v0.0.4'))).toBe('miss first');
  expect(archives().length).toBeGreaterThan(1);
  // Another step, another machine: nothing is compiled or downloaded that was before.
  const second = await install('two', 'v0.0.4', '-ldflags=-w');
  expect(second.outcome).toMatchObject({
    outcome: 'seeded',
    from: { label: `go install ${SNAPPY}@v0.0.4` },
    stored: true,
    warnings: [],
  });
  expect(archives()).toEqual([]);
  expect(made().equals(await bare('v0.0.4', '-ldflags=-w'))).toBe(true);
  expect(filesBelow(join(on('two').GOMODCACHE, 'cache/download')).filter((path) => path.endsWith('.zip'))).toHaveLength(
    1,
  );
  const verified = ['go', 'mod', 'download', `github.com/golang/snappy@v0.0.4`];
  expect((await rig.bare(verified, { env: { ...on('two'), GOPROXY: 'off' } })).exit).toBe(0);
  // What a seed rests on: Go looks at the bytes of an archive whose sum is not there.
  const [archive = ''] = filesBelow(join(on('two').GOMODCACHE, 'cache/download')).filter((path) =>
    path.endsWith('.zip'),
  );
  rmSync(`${archive}hash`);
  writeFileSync(archive, readFileSync(join(on('two').GOBIN, 'snappytool')));
  expect((await rig.bare(verified, { env: { ...on('two'), GOPROXY: 'off' } })).exit).toBe(1);
  // Another version: the library is there, the module is not; and what it brings is added.
  expect(toldOf(await install('three', 'v1.0.0'))).toBe('seeded changed');
  expect(archives().filter((path) => path.endsWith('.zip'))).toEqual(['/github.com/golang/snappy/@v/v1.0.0.zip']);
  expect(made().equals(await bare('v1.0.0'))).toBe(true);
  // Killed while it puts files there: Go takes what is there, and what is not is put by the next one.
  const { seed } = JSON.parse(
    (
      await rig.wgcache(['explain', '--json', '--', 'go', 'install', '-ldflags=-s', `${SNAPPY}@v1.0.0`], {
        env: on('four'),
      })
    ).stdout.toString(),
  ) as { seed: { files: number } };
  const child = rig.start(['wgcache', 'wrap', '--', 'go', 'install', '-ldflags=-s', `${SNAPPY}@v1.0.0`], {
    env: on('four'),
  });
  const ended = finished(child);
  const put = (): number => {
    try {
      return filesBelow(on('four').HOME).length;
    } catch {
      return 0;
    }
  };
  while (put() < 20 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 1));
  child.kill('SIGKILL');
  expect((await ended).exit).toBe(137);
  expect(put()).toBeGreaterThan(0);
  expect(put()).toBeLessThan(seed.files);
  expect((await install('four', 'v1.0.0', '-ldflags=-s')).outcome).toMatchObject({ outcome: 'seeded', warnings: [] });
  expect(made().equals(await bare('v1.0.0', '-ldflags=-s'))).toBe(true);
  expect((await rig.wgcache(['verify'])).exit).toBe(0);
});
