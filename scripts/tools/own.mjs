import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { execa } from 'execa';

const BUILT = join(import.meta.dirname, '..', '..', 'dist', 'cli.js');
const CONFIG = 'wgcache.config.yaml';

/**
 * The product provisions itself: one `wgcache tools install` for all, with the config in this directory.
 * @param {string[]} names below `tools:` of the config
 * @param {{ apart: string | undefined, onLine: (line: string) => void }} options `apart`: a directory for tools and cache, where these are not to be
 *   this checkout's and the account's own
 * @returns {Promise<Record<string, { path: string } | { problem: string }>>} each one's program, or why there is none
 */
export async function installOwn(names, options) {
  if (names.length === 0) return {};
  try {
    return await install(names, options);
  } catch (error) {
    return forAll(names, () => ({ problem: error.message })); // there are other ways to have them
  }
}

async function install(names, { apart, onLine }) {
  if (!existsSync(BUILT)) throw new Error('dist/cli.js is not built');
  const cwd = apart ?? import.meta.dirname;
  if (apart !== undefined) {
    await mkdir(apart, { recursive: true });
    await copyFile(join(import.meta.dirname, CONFIG), join(apart, CONFIG));
  }
  // Without what a test that is running has set for itself.
  const others = Object.entries(env).filter(([key]) => !key.startsWith('WGCACHE'));
  const own = { WGCACHE_ROOT: cwd, ...(apart !== undefined && { WGCACHE_DIR: join(apart, 'store') }) };
  onLine(`${names.join(', ')}: by wgcache tools (a first build takes some minutes)`);
  const started = performance.now();
  const { stdout, stderr, exitCode } = await execa(execPath, [BUILT, 'tools', 'install', '--json', ...names], {
    cwd,
    env: { ...Object.fromEntries(others), ...own },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
  });
  const done = (exitCode === 0 || exitCode === 1) && stdout !== '' ? JSON.parse(stdout).tools : [];
  const found = forAll(names, (name) => {
    const tool = done.find((one) => one.name === name);
    if (tool?.ok !== true) return { problem: tool?.problem.text ?? (stderr || `wgcache tools ended with ${exitCode}`) };
    return { path: join(cwd, '.wgcache', 'tools', name, tool.version, 'bin', name) };
  });
  const told = done.filter(({ ok }) => ok).map(({ name, how }) => `${name} ${how}`);
  onLine(`wgcache tools: ${told.join(', ') || 'none'} in ${Math.round(performance.now() - started)} ms`);
  return found;
}

function forAll(names, make) {
  return Object.fromEntries(names.map((name) => [name, make(name)]));
}
