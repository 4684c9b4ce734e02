#!/usr/bin/env node
/**
 * Finds or makes the programs that tests, demo and benchmarks drive: on PATH when the version fits, else in a cache of our own, else by our own
 * `wgcache tools`, else from Debian, else built from the module proxy, else the project's release with its checksum verified. A tool that cannot be had is an
 * error, in CI and elsewhere: nothing is skipped for want of it.
 */
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { argv, env } from 'node:process';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { unpackDebian } from './tools/debian.mjs';
import { buildWithGo } from './tools/go.mjs';
import { installOwn } from './tools/own.mjs';
import { downloadRelease } from './tools/release.mjs';
import { TOOLS } from './tools/table.mjs';

/** No build takes that long. */
const ABANDONED_MS = 3_600_000;

/** Types: tools.d.mts. */
export async function ensureTools(names, { onLine = () => {} } = {}) {
  const found = {};
  for (const name of names) {
    const tool = TOOLS[name];
    if (tool === undefined) throw new Error(`no tool ${name}; there are ${Object.keys(TOOLS).join(', ')}`);
    found[name] = (await onPath(tool)) ?? (await inCache(tool));
  }
  const missing = names.filter((name) => found[name] === null);
  const own = await installOwn(
    missing.flatMap((name) => TOOLS[name].own ?? []),
    { apart: ownDir(), onLine },
  );
  for (const name of missing) found[name] = await make(TOOLS[name], own[TOOLS[name].own], onLine);
  return found;
}

async function onPath(tool) {
  for (const folder of (env.PATH ?? '').split(delimiter).filter((part) => part !== '')) {
    for (const name of tool.names) {
      const path = join(folder, name);
      if (await runs(tool, path)) return path;
    }
  }
  return null;
}

async function inCache(tool) {
  const path = join(cacheDir(), tool.cached, tool.names[0]);
  return (await runs(tool, path)) ? path : null;
}

function cacheDir() {
  return env.WGCACHE_TOOLS_DIR || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'wgcache-dev-tools');
}

/** Where `wgcache tools` works; undefined: in this checkout, with the account's own cache. */
function ownDir() {
  return env.WGCACHE_TOOLS_DIR ? `${env.WGCACHE_TOOLS_DIR}-own` : undefined;
}

/** Whether it is there, can be executed, and says it is a version that fits. */
async function runs(tool, path) {
  const { stdout, failed } = await execa(path, tool.versionArgs, { reject: false, timeout: 30_000, stdin: 'ignore' });
  return !failed && tool.fits(stdout);
}

/** Tries each way in turn; what is made becomes visible in the cache by one rename. `own`: what `wgcache tools` made of it. */
async function make(tool, own, onLine) {
  const ways = [
    ...(tool.debian === undefined
      ? []
      : [{ name: 'apt-get', run: (dir) => unpackDebian(tool.debian, { dir, onLine }) }]),
    ...(tool.go === undefined ? [] : [{ name: 'go', run: (dir) => buildWithGo(tool.go, { dir, onLine }) }]),
    ...(tool.release === undefined
      ? []
      : [
          {
            name: 'release',
            run: (dir) => downloadRelease(tool.release, { dir, onLine, mirror: env.WGCACHE_TOOLS_MIRROR }),
          },
        ]),
  ];
  const cache = cacheDir();
  await mkdir(cache, { recursive: true });
  await sweep(cache);
  const reasons = [];
  if (own !== undefined) {
    if (own.path !== undefined && (await runs(tool, own.path))) return own.path;
    reasons.push(`wgcache tools: ${own.problem ?? `${basename(own.path)} was made, but is no ${tool.what}`}`);
    onLine(`${tool.what}: not by ${reasons.at(-1)}`);
  }
  for (const way of ways) {
    const dir = await mkdtemp(join(cache, '.making-'));
    try {
      return await keep(tool, await way.run(dir), cache);
    } catch (error) {
      reasons.push(`${way.name}: ${inShort(error)}`);
      onLine(`${tool.what}: not by ${reasons.at(-1)}`);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
  throw new Error(
    `${tool.what} is missing: put it on PATH, or install ${tool.go === undefined ? 'pip and reach its index' : 'Go 1.26 or newer and reach its module proxy'} (${reasons.join('; ')})`,
  );
}

/** Puts a binary where the next run finds it. Another process may have done so meanwhile: then that one counts. */
async function keep(tool, binary, cache) {
  await chmod(binary, 0o755);
  if (!(await runs(tool, binary))) throw new Error(`${basename(binary)} was made, but is no ${tool.what}`);
  const ready = await mkdtemp(join(cache, '.ready-'));
  const target = join(cache, tool.cached);
  await rename(binary, join(ready, tool.names[0]));
  await rename(ready, target).catch(async (error) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    if (await runs(tool, join(target, tool.names[0]))) return rm(ready, { recursive: true });
    // What lies there is damaged. File over file, so that nobody finds the directory missing.
    await rename(join(ready, tool.names[0]), join(target, tool.names[0]));
    await rm(ready, { recursive: true });
  });
  return join(target, tool.names[0]);
}

/** The heart of a failure, in one line. */
function inShort(error) {
  if (error.code === 'ENOENT' && error.command !== undefined) return `${error.command.split(' ')[0]} is not on PATH`;
  const said = typeof error.stderr === 'string' ? error.stderr.trim() : '';
  if (said !== '') return said.split('\n').at(-1);
  return error.cause instanceof Error ? `${error.message}, ${error.cause.message}` : error.message;
}

/** Removes what builds left that were killed. */
async function sweep(cache) {
  for (const name of await readdir(cache)) {
    if (!name.startsWith('.')) continue;
    const path = join(cache, name);
    const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}

async function main(args) {
  const json = args.includes('--json');
  const names = args.filter((arg) => arg !== '--json');
  const found = await ensureTools(names.length === 0 ? Object.keys(TOOLS) : names, {
    onLine: (line) => process.stderr.write(`${line}\n`),
  });
  const text = json
    ? JSON.stringify(found, null, 2)
    : Object.entries(found)
        .map(([name, path]) => `${name} ${path}`)
        .join('\n');
  process.stdout.write(`${text}\n`);
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  main(argv.slice(2)).catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
