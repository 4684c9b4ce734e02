import { describe, expect, test } from 'vitest';
import { plugin } from '../../plugins/helm-repo.ts';
import type { Repositories } from '../../src/facts/values.ts';
import { bypassed, declared, type World } from '../support/context.ts';

const CONFIG = '/home/u/.config/helm/repositories.yaml';
const A = 'https://a.example.com';
const B = 'https://b.example.com';
type Entry = Repositories['repositories'][number];

function entry(value: Partial<Entry>): Entry {
  return {
    name: 'a',
    url: A,
    identity: `${value.name} ${value.url}`,
    hasCredentials: false,
    userInfo: false,
    caFile: '',
    certFile: '',
    keyFile: '',
    insecure: false,
    passCredentialsAll: false,
    ...value,
  };
}

function world(
  line: string,
  entries: readonly Entry[] = [entry({}), entry({ name: 'b', url: B })],
  more: Partial<World> = {},
): World {
  return {
    argv: ['helm', 'repo', ...line.split(' ')],
    files: { [CONFIG]: { facts: { repositories: { ok: true, repositories: entries } } } },
    indexes: { [A]: { body: 'a' }, [B]: { body: 'b' } },
    ...more,
  };
}

describe('add', () => {
  test('of what is configured just so: nothing to do', async () => {
    const answer = await declared(plugin, world(`add a ${A}`));
    expect(answer).toMatchObject({ outputs: [], stdout: 'progress', label: `helm repo add a ${A}` });
    expect(answer.ctx.requests).toEqual([]);
  });

  test('another entry does not matter, its own identity does', async () => {
    const { key } = await declared(plugin, world(`add a ${A}`));
    expect((await declared(plugin, world(`add a ${A}`, [entry({})]))).key).toBe(key);
    expect((await declared(plugin, world(`add a ${A}`, [entry({ identity: 'other' })]))).key).not.toBe(key);
  });

  test('TLS flags are compared as Helm does', async () => {
    const entries = [entry({ caFile: 'ca.pem', insecure: true })];
    await declared(plugin, world(`add a ${A} --ca-file ca.pem --insecure-skip-tls-verify`, entries));
    expect(await bypassed(plugin, world(`add a ${A}`, entries))).toMatchObject({ code: 'side-effects' });
  });

  test.each([
    [`add new ${A}`, 'helm repo add of a new repository'],
    [`add a ${B}`, 'helm repo add of another configuration'],
    [`add a ${A}/`, 'helm repo add of another configuration'],
    [`add a ${A} --force-update`, 'helm repo add --force-update'],
    [`add a ${A} --username me --password pw`, 'helm repo add --username'],
    [`add a ${A} --password-stdin`, 'helm repo add --password-stdin'],
    ['add a https://me:pw@a.example.com', 'helm repo add with credentials in the URL'],
  ])('%s: bypass', async (line, what) => {
    expect(await bypassed(plugin, world(line))).toEqual({ code: 'side-effects', what });
  });

  test('an entry with credentials is another one', async () => {
    expect(await bypassed(plugin, world(`add a ${A}`, [entry({ hasCredentials: true })]))).toMatchObject({
      code: 'side-effects',
    });
  });
});

describe('update', () => {
  test('asks every repository, into Helm’s own files', async () => {
    const { ctx, outputs } = await declared(plugin, world('update'));
    const cache = '/home/u/.cache/helm/repository';
    expect(ctx.requests).toEqual(
      [
        ['a', A],
        ['b', B],
      ].map(([name, url]) => ({
        kind: 'index',
        url,
        repository: { file: CONFIG, name },
        mirror: { index: `${cache}/${name}-index.yaml`, names: `${cache}/${name}-charts.txt` },
      })),
    );
    expect(outputs).toEqual([]);
  });

  test('a changed index is another key', async () => {
    const before = await declared(plugin, world('update'));
    const changed = await declared(
      plugin,
      world('update', undefined, { indexes: { [A]: { body: 'a' }, [B]: { body: 'c' } } }),
    );
    expect(changed.key).not.toBe(before.key);
  });

  test('only those named, in any order', async () => {
    const { ctx } = await declared(plugin, world('update b'));
    expect(ctx.requests).toHaveLength(1);
    expect((await declared(plugin, world('up b a'))).key).toBe((await declared(plugin, world('update a b'))).key);
  });

  test.each([['update nobody'], ['update']])('%s without such a repository: Helm says so', async (line) => {
    expect(await bypassed(plugin, world(line, []))).toEqual({ code: 'unsupported', what: 'no such repository' });
  });
});
