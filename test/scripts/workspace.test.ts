import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareWorkspace } from '../../scripts/workspace.mjs';

let dir: string;
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'wgcache-workspace-')));
});
afterEach(() => rm(dir, { recursive: true }));

const loopback = {
  repositories: {
    jetstack: 'http://127.0.0.1:1/jetstack',
    traefik: 'http://127.0.0.1:1/traefik',
    'bjw-s': 'http://127.0.0.1:1/bjw-s',
  },
  ociHost: '0.0.0.0:2',
  caFile: '/ca.pem',
};

test('the copy asks loopback for everything, and nothing of the caller leaks into its environment', async () => {
  process.env.HELM_DEBUG = 'true';
  const { root, env } = await prepareWorkspace({ dir, loopback, helm: '/x/helm', task: '/x/task' }).finally(() => {
    delete process.env.HELM_DEBUG;
  });
  expect(root).toBe(join(dir, 'wg-easy'));
  expect(env.HELM_DEBUG).toBeUndefined();
  expect(
    Object.entries(env).filter(([name, value]) => name !== 'PATH' && value.startsWith('/') && !value.startsWith(dir)),
  ).toEqual([['SSL_CERT_FILE', '/ca.pem']]);

  const sources = [];
  for (const path of await readdir(root, { recursive: true })) {
    if (!/(Chart\.yaml|Chart\.lock|Taskfile\.yml)$/.test(path)) continue;
    for (const line of (await readFile(join(root, path), 'utf8')).split('\n')) {
      const address = /(repo add \S+|repository:|logout) (\S+)/.exec(line)?.[2];
      if (address !== undefined) sources.push(address.replace('oci://', ''));
    }
  }
  expect(sources.length).toBeGreaterThan(15);
  expect(sources.filter((address) => !/^(http:\/\/127\.0\.0\.1:1\/|0\.0\.0\.0:2|file:)/.test(address))).toEqual([]);
});
