/** `helm dependency update` and `build` from chart repositories and a registry: a hit leaves and prints what Helm would have. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { useLoopback } from './loopback.ts';
import { likeBare } from './oracle.ts';
import { Rig, type WrapOptions, type Wrapped } from './rig.ts';

const loopback = useLoopback();

describe.each([3, 4] as const)('helm %s', (helm) => {
  let rig: Rig;

  beforeEach(async () => {
    const { caFile, repositories } = loopback();
    rig = await Rig.open({ helm, env: { SSL_CERT_FILE: caFile }, knowsHelm: true });
    await rig.bare(['helm', 'repo', 'add', 'edge', repositories.traefik]);
  });

  function dependsOn(version: string, repository: string, name = 'traefik'): void {
    rig.chart('charts/app', `dependencies:\n- {name: ${name}, version: "${version}", repository: "${repository}"}\n`);
  }

  async function update(...flags: string[]): Promise<Wrapped> {
    return await settle(['update', 'charts/app', ...flags]);
  }

  async function settle(args: readonly string[], options: WrapOptions = {}): Promise<Wrapped> {
    return await likeBare(rig, ['helm', 'dependency', ...args], { anyOrder: true, ...options });
  }

  const outcomes = async (...runs: (() => Promise<Wrapped>)[]) => {
    const all: string[] = [];
    for (const run of runs) all.push((await run()).outcome.outcome);
    return all;
  };

  /** The run, with the archives deleted before it. */
  const emptied = (run: () => Promise<Wrapped>) => () => {
    rig.remove('charts/app/charts');
    return run();
  };

  const addresses: Record<string, () => [string, string, string?]> = {
    'an exact version at its address': () => ['28.0.0', loopback().repositories.traefik],
    'a range at its address': () => ['>= 27.0.0, < 29', loopback().repositories.traefik],
    'any version by @name': () => ['*', '@edge'],
    'a version by alias:name': () => ['^28', 'alias:edge'],
    'an address with a slash at its end': () => ['28.0.0', `${loopback().repositories.traefik}/`],
    'an exact tag of a registry': () => ['1.19.3', `oci://${loopback().ociHost}/library`, 'replicated'],
    'a range of a registry': () => ['~1.19.0', `oci://${loopback().ociHost}/library`, 'replicated'],
  };

  test.each(Object.keys(addresses))('%s', async (name) => {
    dependsOn(...addresses[name]!());
    expect(await outcomes(update, emptied(update), update)).toEqual(['miss', 'restored', 'fresh']);
  });

  test('the same without a refresh, and by the lock', async () => {
    dependsOn('28.0.0', '@edge');
    const skip = () => update('--skip-refresh');
    expect(await outcomes(skip, skip, emptied(skip))).toEqual(['miss', 'fresh', 'restored']);
    const build = () => settle(['build', 'charts/app']);
    expect(await outcomes(build, build, emptied(build))).toEqual(['miss', 'fresh', 'restored']);
  });

  test('a repository that is not configured', async () => {
    await rig.bare(['helm', 'repo', 'remove', 'edge']);
    dependsOn('28.0.0', loopback().repositories.traefik);
    // Without its index in the cache, Helm gives up.
    expect((await update('--skip-refresh')).exit).toBe(1);
    expect(await outcomes(update, update, emptied(update))).toEqual(['miss', 'fresh', 'restored']);
    expect(
      await outcomes(
        () => update('--skip-refresh'),
        () => update('--skip-refresh'),
      ),
    ).toEqual(['miss', 'fresh']);
    expect((await settle(['build', 'charts/app'])).exit).toBe(1);
  });

  test('by HTTPS under an authority of its own', async () => {
    const { caFile, httpsUrl } = loopback();
    await rig.bare(['helm', 'repo', 'add', 'safe', `${httpsUrl}/jetstack`, '--ca-file', caFile], {
      env: { SSL_CERT_FILE: undefined },
    });
    dependsOn('1.14.5', `${httpsUrl}/jetstack`, 'cert-manager');
    const env = { SSL_CERT_FILE: undefined };
    const run = () => settle(['update', 'charts/app'], { env });
    expect(await outcomes(run, run, emptied(run))).toEqual(['miss', 'fresh', 'restored']);
  });

  test('a version no repository has: Helm says so, each time', async () => {
    dependsOn('99.0.0', '@edge');
    for (const run of [await update(), await update()])
      expect(run).toMatchObject({ exit: 1, outcome: { stored: false } });
  });

  test('a newer version in the range is taken after a refresh, and not before', async () => {
    await loopback().publish('traefik', `28.1.${helm}`);
    dependsOn(`28.1.x`, '@edge');
    expect((await update()).outcome.outcome).toBe('miss');
    await loopback().publish('traefik', `28.1.${helm + 10}`);
    expect((await update('--skip-refresh')).outcome.outcome).toBe('miss'); // other arguments
    expect((await update('--skip-refresh')).outcome.outcome).toBe('fresh');
    const moved = await update();
    expect(moved.outcome).toMatchObject({
      outcome: 'miss',
      reason: { text: expect.stringContaining(`28.1.${helm + 10}`) },
    });
    expect(Object.keys(rig.tree())).toContain(`charts/app/charts/traefik-28.1.${helm + 10}.tgz`);
    expect((await update()).outcome.outcome).toBe('fresh');
  });

  test('an index that moves for others: a hit that puts it right', async () => {
    await rig.bare(['helm', 'repo', 'add', 'other', loopback().repositories['bjw-s']]);
    dependsOn('28.0.0', '@edge');
    await update();
    await loopback().publish('common', `3.9.${helm}`);
    expect(await outcomes(update, update)).toEqual(['restored', 'fresh']);
    dependsOn(`3.9.${helm}`, '@other', 'common');
    expect(await outcomes(update, update)).toEqual(['miss', 'fresh']);
  });

  test('published anew with other bytes: a miss after the refresh', async () => {
    await loopback().publish('traefik', '28.2.0', { files: { 'templates/more.yaml': `# ${helm}\n` } });
    dependsOn('28.2.0', '@edge');
    expect(await outcomes(update, update)).toEqual(['miss', 'fresh']);
    await loopback().publish('traefik', '28.2.0', { files: { 'templates/more.yaml': `# ${helm} again\n` } });
    expect((await update()).outcome).toMatchObject({
      outcome: 'miss',
      reason: { text: expect.stringContaining('traefik 28.2.0') },
    });
  });

  test('bytes that are not what the index promises are not stored', async () => {
    dependsOn('28.3.0', '@edge');
    await loopback().publish('traefik', '28.3.0');
    await rig.bare(['helm', 'repo', 'update']);
    await loopback().publish('traefik', '28.3.0', {
      files: { 'templates/more.yaml': `# ${helm}, behind the index\n` },
    });
    const ran = await update('--skip-refresh');
    expect(ran.outcome).toMatchObject({ outcome: 'miss', stored: false, notStored: { code: 'digest-mismatch' } });
  });

  test('a tag that moves: a miss', async () => {
    const version = `1.20.${helm}`;
    await loopback().publish('replicated', version);
    dependsOn(version, `oci://${loopback().ociHost}/library`, 'replicated');
    expect(await outcomes(update, update)).toEqual(['miss', 'fresh']);
    await loopback().publish('replicated', version, { files: { 'templates/more.yaml': '# moved\n' } });
    expect((await update()).outcome.outcome).toBe('miss');
  });

  test('an index entry without digest: a bypass that says so', async () => {
    await rig.bare(['helm', 'repo', 'add', 'other', loopback().repositories['bjw-s']]);
    await loopback().publish('common', `2.0.${helm}`, { digest: false });
    dependsOn(`2.0.${helm}`, '@other', 'common');
    for (const run of [await update(), await update()])
      expect(run.outcome).toMatchObject({ outcome: 'bypass', reason: { code: 'unpinned' } });
    rig.write({ 'wgcache.config.yaml': 'helm: {unpinnedTtl: 1h}\n' });
    expect(await outcomes(update, update)).toEqual(['miss', 'fresh']);
  });

  test('the index of another repository missing or damaged: Helm fails, as it does bare', async () => {
    await rig.bare(['helm', 'repo', 'add', 'other', loopback().repositories.jetstack]);
    dependsOn('28.0.0', '@edge');
    expect(
      await outcomes(
        () => update('--skip-refresh'),
        () => update('--skip-refresh'),
      ),
    ).toEqual(['miss', 'fresh']);
    const index = join(rig.env.HELM_REPOSITORY_CACHE ?? '', 'other-index.yaml');
    writeFileSync(index, 'no: [\n');
    expect((await update('--skip-refresh')).exit).toBe(1);
    rmSync(index);
    expect((await update('--skip-refresh')).exit).toBe(1);
  });

  test('the servers gone: what Helm makes of it', async () => {
    rig.chart('charts/app', 'dependencies:\n- {name: x, version: 1.0.0, repository: "http://127.0.0.1:9/x"}\n');
    expect((await update()).exit).toBe(1);
    rig.chart('charts/app', `dependencies:\n- {name: x, version: 1.0.0, repository: "oci://127.0.0.1:9/x"}\n`);
    expect((await update()).exit).toBe(1);
  });

  test('a refresh that may wait asks nobody, one that never comes neither', async () => {
    dependsOn('28.0.0', '@edge');
    await update();
    const asked = () => Object.values(loopback().requests()).reduce((sum, count) => sum + count, 0);
    for (const refresh of ['10m', 'never']) {
      const before = asked();
      const ran = await rig.wrap(['helm', 'dependency', 'update', 'charts/app'], {
        env: { WGCACHE_HELM_REFRESH: refresh },
      });
      expect({ refresh, outcome: ran.outcome.outcome, asked: asked() - before }).toEqual({
        refresh,
        outcome: 'fresh',
        asked: 0,
      });
    }
  });

  test('a refresh is one of all repositories, whichever the chart uses: steps without one go by it', async () => {
    rig
      .chart('charts/leaf')
      .chart('charts/app', 'dependencies:\n- {name: leaf, version: "*", repository: "file://../leaf"}\n');
    expect(await outcomes(update, update)).toEqual(['miss', 'fresh']);
    await loopback().publish('traefik', `27.9.${helm}`);
    expect((await update()).outcome.outcome).toBe('restored');
    expect(readFileSync(join(rig.env.HELM_REPOSITORY_CACHE ?? '', 'edge-index.yaml'), 'utf8')).toContain(
      `27.9.${helm}`,
    );
    expect(await outcomes(update, () => update('--skip-refresh'))).toEqual(['fresh', 'miss']);
  });

  test('one hit asks each repository once, and takes no body', async () => {
    await rig.bare(['helm', 'repo', 'add', 'other', loopback().repositories.jetstack]);
    dependsOn('28.0.0', '@edge');
    await update();
    const before = loopback().requests();
    await rig.wrap(['helm', 'dependency', 'update', 'charts/app']);
    const asked = Object.entries(loopback().requests()).filter(([line, count]) => count !== before[line]);
    expect(asked.map(([line, count]) => [line, count - (before[line] ?? 0)]).sort()).toEqual([
      ['GET /jetstack/index.yaml 304', 1],
      ['GET /traefik/index.yaml 304', 1],
    ]);
  });
});
