import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { execa } from 'execa';

const BUILT = join(import.meta.dirname, '..', '..', 'dist', 'cli.js');
const CONFIG = 'wgcache.config.yaml';

/**
 * The product provisions itself: `wgcache tools install` with the config in this directory.
 * @param {string} name below `tools:` of the config
 * @param {{ apart: string | undefined, onLine: (line: string) => void }} options `apart`: a directory for tools and cache, where these are not to be
 *   this checkout's and the account's own
 * @returns {Promise<string>} the program
 */
export async function installOwn(name, { apart, onLine }) {
  if (!existsSync(BUILT)) throw new Error('dist/cli.js is not built');
  const cwd = apart ?? import.meta.dirname;
  if (apart !== undefined) {
    await mkdir(apart, { recursive: true });
    await copyFile(join(import.meta.dirname, CONFIG), join(apart, CONFIG));
  }
  // Without what a test that is running has set for itself.
  const others = Object.entries(env).filter(([key]) => !key.startsWith('WGCACHE'));
  const own = { WGCACHE_ROOT: cwd, ...(apart !== undefined && { WGCACHE_DIR: join(apart, 'store') }) };
  onLine(`${name}: by wgcache tools (a first build takes some minutes)`);
  const { stdout, stderr, exitCode } = await execa(execPath, [BUILT, 'tools', 'install', '--json', name], {
    cwd,
    env: { ...Object.fromEntries(others), ...own },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
  });
  const tool = (exitCode === 0 || exitCode === 1) && stdout !== '' ? JSON.parse(stdout).tools[0] : undefined;
  if (tool?.ok !== true) throw new Error(tool?.problem.text ?? (stderr || `wgcache tools ended with ${exitCode}`));
  onLine(`${name}: ${tool.how}`);
  return join(cwd, '.wgcache', 'tools', name, tool.version, 'bin', name);
}
