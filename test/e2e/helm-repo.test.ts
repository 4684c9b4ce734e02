/** `helm repo add` and `update`: Helm's own words, its own files, and no more than asking whether anything changed. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { useLoopback } from './loopback.ts';
import { likeBare } from './oracle.ts';
import { Rig } from './rig.ts';

const loopback = useLoopback(1);
const UPDATE = ['helm', 'repo', 'update'];

describe.each([3, 4] as const)('helm %s', (helm) => {
  async function open(): Promise<Rig> {
    const rig = await Rig.open({ helm, env: { SSL_CERT_FILE: loopback().caFile } });
    for (const name of ['traefik', 'bjw-s'] as const) {
      expect((await rig.bare(['helm', 'repo', 'add', name, loopback().repositories[name]])).exit).toBe(0);
    }
    return rig;
  }
  const update = (rig: Rig, ...names: string[]) => likeBare(rig, [...UPDATE, ...names], { anyOrder: true });
  const index = (rig: Rig, name: string) => join(rig.env.HELM_REPOSITORY_CACHE ?? '', `${name}-index.yaml`);

  test('add', async () => {
    const rig = await open();
    const { repositories } = loopback();
    const add = (...args: string[]) => likeBare(rig, ['helm', 'repo', 'add', ...args]);
    expect((await add('new', repositories.traefik)).outcome.outcome).toBe('bypass');
    expect((await add('new', repositories.traefik)).outcome.outcome).toBe('miss');
    expect((await add('new', repositories.traefik)).outcome.outcome).toBe('fresh');
    expect(await add('new', repositories['bjw-s'])).toMatchObject({ exit: 1, outcome: { outcome: 'bypass' } });
    expect((await add('new', repositories['bjw-s'], '--force-update')).outcome.outcome).toBe('bypass');
    expect((await add('new', repositories['bjw-s'])).outcome.outcome).toBe('miss');
    await rig.bare(['helm', 'repo', 'remove', 'new']);
    expect((await add('new', repositories['bjw-s'])).outcome.outcome).toBe('bypass');
  });

  test('update: nothing changed, something changed, files of Helm changed', async () => {
    const rig = await open();
    expect((await update(rig)).outcome.outcome).toBe('miss');
    const before = loopback().requests();
    expect((await rig.wrap(UPDATE)).outcome.outcome).toBe('fresh');
    const asked = Object.entries(loopback().requests()).filter(([line, count]) => count !== before[line]);
    expect(asked.map(([line]) => line).sort()).toEqual(['GET /bjw-s/index.yaml 304', 'GET /traefik/index.yaml 304']);
    expect((await update(rig)).outcome.outcome).toBe('fresh');
    await loopback().publish('traefik', `27.8.${helm}`);
    expect((await update(rig)).outcome.outcome).toMatch(/miss|restored/);
    expect(readFileSync(index(rig, 'traefik'), 'utf8')).toContain(`27.8.${helm}`);
    expect((await update(rig)).outcome.outcome).toBe('fresh');
    writeFileSync(index(rig, 'traefik'), 'apiVersion: v1\nentries: {}\n');
    expect((await update(rig)).outcome.outcome).toMatch(/miss|restored/);
    rmSync(index(rig, 'bjw-s'));
    expect((await update(rig)).outcome.outcome).toMatch(/miss|restored/);
  });

  test('update of one', async () => {
    const rig = await open();
    for (const outcome of ['miss', 'fresh']) expect((await update(rig, 'traefik')).outcome.outcome).toBe(outcome);
    expect((await update(rig, 'nobody')).exit).toBe(1);
  });

  test('a server that is gone: what Helm makes of it', async () => {
    const rig = await open();
    await update(rig);
    const config = rig.env.HELM_REPOSITORY_CONFIG ?? '';
    writeFileSync(
      config,
      readFileSync(config, 'utf8').replace(loopback().repositories.traefik, 'http://127.0.0.1:9/traefik'),
    );
    for (const _ of [1, 2]) expect((await update(rig)).outcome.outcome).toMatch(/bypass|miss/);
  });

  test('no repositories at all: Helm says so', async () => {
    const rig = await Rig.open({ helm });
    expect((await update(rig)).exit).toBe(1);
  });
});
