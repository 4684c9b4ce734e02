/** Before any e2e test: the tools are there, and so is what they test. Nothing is skipped for want of either. */
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTools } from '../../scripts/tools.mjs';
import { BUILT } from './built.ts';

export default async function setup(): Promise<() => void> {
  for (const file of Object.values(BUILT)) {
    if (!existsSync(file)) throw new Error(`${file} is missing: run npm run build first`);
  }
  const tools = await ensureTools(['helm3', 'helm4', 'task', 'registry', 'uv'], {
    onLine: (line) => process.stderr.write(`${line}\n`),
  });
  process.env.WGCACHE_TEST_HELM3 = tools.helm3;
  process.env.WGCACHE_TEST_HELM4 = tools.helm4;
  process.env.WGCACHE_TEST_TASK = tools.task;
  process.env.WGCACHE_TEST_REGISTRY = tools.registry;
  process.env.WGCACHE_TEST_UV = tools.uv;
  // Each project sets up for itself, and they may run in one process.
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-e2e-')));
  process.env.WGCACHE_TEST_DIR ??= dir;
  return () => rmSync(dir, { recursive: true, force: true });
}
