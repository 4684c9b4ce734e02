/** Before any e2e test: the tools are there, and so is what they test. Nothing is skipped for want of either. */
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTools } from '../../scripts/tools.mjs';
import { BUILT } from './built.ts';
import { memoryDirectory } from './memory.ts';

const TOOLS = ['helm3', 'helm4', 'task', 'registry', 'uv'] as const;
const variable = (tool: string): string => `WGCACHE_TEST_${tool.toUpperCase()}`;

export default async function setup(): Promise<() => void> {
  for (const file of Object.values(BUILT)) {
    if (!existsSync(file)) throw new Error(`${file} is missing: run npm run build first`);
  }
  // `npm test` has found them already; and each project sets up for itself, in one process.
  if (TOOLS.some((tool) => process.env[variable(tool)] === undefined)) {
    const found = await ensureTools(TOOLS, { onLine: (line) => process.stderr.write(`${line}\n`) });
    for (const tool of TOOLS) process.env[variable(tool)] = found[tool];
  }
  if (process.env.WGCACHE_TEST_DIR !== undefined) return () => {};
  const disk = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-e2e-')));
  const memory = memoryDirectory();
  process.env.WGCACHE_TEST_DISK = disk;
  process.env.WGCACHE_TEST_DIR = memory ?? disk;
  return () => {
    for (const dir of [disk, memory]) if (dir !== null) rmSync(dir, { recursive: true, force: true });
  };
}
