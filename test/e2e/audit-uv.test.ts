/**
 * What uv does in the ordinary cases is watched by strace, with its cache empty and full, and nothing it reads, lists, probes or writes may be
 * undeclared. A finding here is a change that a hit would not notice.
 */
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { audit } from './audited.ts';
import { IDNA, openUvRig, SIX_16, SIX_17 } from './python-rig.ts';
import type { Rig } from './rig.ts';

vi.setConfig({ testTimeout: 120_000 }); // strace, and an index that is far away

/** Kind and path of each finding. */
async function found(rig: Rig, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const { exit, findings, declared } = await audit(rig, argv, env);
  expect(exit).toBe(0);
  expect(declared).toBeGreaterThan(10);
  return findings.map(({ kind, path }) => `${kind} ${path}`);
}

test('requirements, into an environment and a directory', async () => {
  const rig = await openUvRig({ 'requirements.txt': SIX_16 + IDNA, 'less.txt': SIX_17 });
  const empty = { UV_CACHE_DIR: join(rig.base, 'uv-cache') };
  expect((await rig.bare(['uv', 'venv', '-q'])).exit).toBe(0);
  const install = ['uv', 'pip', 'install', '--require-hashes', '-r', 'requirements.txt'];
  expect(await found(rig, install, empty)).toEqual([]);
  expect(await found(rig, install)).toEqual([]); // all is there
  expect(await found(rig, ['uv', 'pip', 'sync', 'less.txt'])).toEqual([]);
  expect(await found(rig, [...install, '--target', 'lib'])).toEqual([]);
  rig.remove('.venv', 'lib');
  expect(await found(rig, [...install, '--target', 'lib'])).toEqual([]); // of any Python
});

test('a lock, with no environment, one that is right, and one that is not', async () => {
  const project = (six: string) =>
    `[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["${six}"]\n`;
  const rig = await openUvRig({ 'pyproject.toml': project('six==1.16.0') });
  const empty = { UV_CACHE_DIR: join(rig.base, 'uv-cache') };
  expect((await rig.bare(['uv', 'lock', '-q'])).exit).toBe(0);
  expect(await found(rig, ['uv', 'sync', '--locked'], empty)).toEqual([]);
  expect(await found(rig, ['uv', 'sync', '--frozen'])).toEqual([]);
  rig.write({ 'pyproject.toml': project('six==1.17.0') });
  expect((await rig.bare(['uv', 'lock', '-q'])).exit).toBe(0);
  expect(await found(rig, ['uv', 'sync', '--locked'])).toEqual([]);
});
