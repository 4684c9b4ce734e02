/** `wgcache tools`: the programs of the config, verified and put in `.wgcache/bin`. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { eachLimited } from '../base/limit.ts';
import { openWorkspace, type Workspace } from '../config.ts';
import { WgcacheError } from '../errors.ts';
import type { Host } from '../host.ts';
import { installedJson, installedLine, listJson, listText, lockedJson, lockedLine, type Row } from '../report/tools.ts';
import { toolLines } from '../report/tools-progress.ts';
import { LocalStore } from '../store/local.ts';
import type { Installed } from '../tools/install.ts';
import { installTool, platformKey } from '../tools/install.ts';
import { ToolPlaces } from '../tools/layout.ts';
import type { Locked } from '../tools/lock.ts';
import { fits, type LockedTool, type LockFile, readLock, sourceOf, writeLock } from '../tools/lockfile.ts';
import { sourceFor } from '../tools/sources/index.ts';
import { lookAt, programsOf, readState } from '../tools/state.ts';
import { platformOf } from '../tools/template.ts';
import { type Tried, tried, withWork } from '../tools/trying.ts';
import { exactVersion, type Wanted, wantedTools } from '../tools/wanted.ts';
import { helpText } from './help.ts';
import { parseToolsArgs, type ToolsCall } from './tools-args.ts';

/** How many tools are fetched at once. */
const AT_ONCE = 4;

/** @returns 0; 1 when a tool could not be had; for `exec` the command's own */
export async function tools(host: Host, words: readonly string[]): Promise<number> {
  const call = parseToolsArgs(words);
  if (call.action === 'help') {
    host.write(1, helpText('tools'));
    return 0;
  }
  const workspace = await openWorkspace(host.cwd, host.env, { remember: false });
  switch (call.action) {
    case 'install':
      return await install(host, workspace, call);
    case 'lock':
      return await lock(host, workspace, call);
    case 'list':
      host.write(1, (call.json ? listJson : listText)(rows(workspace)));
      return 0;
    case 'which':
      return which(host, workspace, call.names[0] as string);
    case 'path':
      host.write(1, `${new ToolPlaces(workspace.root).bin}\n`);
      return 0;
    case 'exec':
      return await exec(host, workspace, call);
  }
}

async function install(host: Host, workspace: Workspace, call: ToolsCall): Promise<number> {
  const results = await installAll(host, workspace, call, (result, ms) => {
    if (!call.json) host.write(1, installedLine(result, ms));
  });
  if (call.json) host.write(1, installedJson(results, new ToolPlaces(workspace.root).bin));
  return results.every(({ ok }) => ok) ? 0 : 1;
}

async function installAll(
  host: Host,
  { root, config }: Workspace,
  call: ToolsCall,
  onDone: (result: Tried<Installed>, ms: number) => void,
): Promise<Tried<Installed>[]> {
  const wanted = wantedTools(config.tools, call.names);
  if (wanted.length === 0) throw nothingWanted();
  const lock = readLock(root);
  const platform = platformOf(process.platform, process.arch);
  const names = config.tools.map(({ name }) => name);
  const lines = toolLines(
    call.json ? null : host,
    wanted.map(({ name }) => name),
  );
  const results = new Map<string, Tried<Installed>>();
  try {
    await withWork(host.env, new LocalStore(config.dir), async (workFor) => {
      await eachLimited(wanted, AT_ONCE, async (tool) => {
        const started = host.now();
        const options = { root, platform, lock, names, locked: call.locked, link: call.link };
        const work = workFor((progress) => lines.show(tool.name, progress));
        const result = await tried(tool, () => installTool(tool, options, work));
        results.set(tool.name, result);
        lines.done(tool.name, () => onDone(result, host.now() - started));
      });
    });
  } finally {
    lines.end();
  }
  const done = wanted.map(({ name }) => results.get(name) as Tried<Installed>);
  if (!call.locked) await noteInLock(root, lock, done);
  return done;
}

/** What was found out is written down: always for a range or `latest`, for the rest where there is a lock file. */
async function noteInLock(root: string, lock: LockFile | null, results: readonly Tried<Installed>[]): Promise<void> {
  const noted: Record<string, LockedTool> = {};
  for (const result of results) {
    if (!result.ok) continue;
    const { wanted, value } = result;
    const there = lock?.tools[wanted.name];
    if (there !== undefined && fits(there, wanted)) continue;
    if (value.pin === null || (lock === null && exactVersion(wanted.version) !== null)) continue;
    const key = platformKey(await sourceFor(wanted.from), platformOf(process.platform, process.arch));
    const resolved = new Date().toISOString().slice(0, 10);
    const source = sourceOf(wanted);
    noted[wanted.name] = {
      wanted: wanted.version,
      version: value.version,
      source,
      resolved,
      platforms: { [key]: value.pin },
    };
  }
  // Read again: another process may have written it meanwhile.
  if (Object.keys(noted).length > 0) writeLock(root, { ...readLock(root)?.tools, ...noted });
}

async function lock(host: Host, { root, config }: Workspace, call: ToolsCall): Promise<number> {
  const wanted = wantedTools(config.tools, []);
  if (wanted.length === 0) throw nothingWanted();
  wantedTools(config.tools, call.names);
  const { lockTool } = await import('../tools/lock.ts');
  const before = readLock(root);
  const platform = platformOf(process.platform, process.arch);
  const results = new Map<string, Tried<Locked>>();
  const lines = toolLines(
    call.json ? null : host,
    wanted.map(({ name }) => name),
  );
  try {
    await withWork(host.env, new LocalStore(config.dir), async (workFor) => {
      await eachLimited(wanted, AT_ONCE, async (tool) => {
        const options = { platform, lock: before, renew: call.names.includes(tool.name), now: new Date() };
        const work = workFor((progress) => lines.show(tool.name, progress));
        const result = await tried(tool, () => lockTool(tool, options, work));
        results.set(tool.name, result);
        lines.done(tool.name, () => {
          if (!call.json) host.write(1, lockedLine(result));
        });
      });
    });
  } finally {
    lines.end();
  }
  const done = wanted.map(({ name }) => results.get(name) as Tried<Locked>);
  const entries = Object.fromEntries(
    done.flatMap((result) => {
      const entry = result.ok ? result.value.entry : before?.tools[result.wanted.name];
      return entry === undefined ? [] : [[result.wanted.name, entry]];
    }),
  );
  if (Object.keys(entries).length > 0) writeLock(root, entries);
  if (call.json) host.write(1, lockedJson(done));
  return done.every(({ ok }) => ok) ? 0 : 1;
}

function rows({ root, config }: Workspace): Row[] {
  const lock = readLock(root);
  const places = new ToolPlaces(root);
  return wantedTools(config.tools, []).map((wanted) => rowOf(wanted, lock, places));
}

function rowOf(wanted: Wanted, lock: LockFile | null, places: ToolPlaces): Row {
  const entry = lock?.tools[wanted.name];
  const locked = entry !== undefined && fits(entry, wanted) ? entry : null;
  const version = locked?.version ?? exactVersion(wanted.version);
  const state = version === null ? null : readState(places.state(wanted.name, version));
  const dir = version === null ? '' : places.tool(wanted.name, version);
  const isThere = state !== null && version !== null && lookAt(dir, state) !== 'different';
  return {
    name: wanted.name,
    wanted: wanted.version,
    from: wanted.from,
    locked: locked?.version ?? null,
    resolved: locked?.resolved ?? null,
    installed: isThere ? version : null,
    shown: isThere ? state.shown : null,
    programs: isThere ? programsOf(state.outputs).map((program) => join(places.bin, program)) : [],
  };
}

function which(host: Host, { root }: Workspace, program: string): number {
  const path = join(new ToolPlaces(root).bin, program);
  if (program.includes('/') || !existsSync(path))
    throw new WgcacheError('cache', `${program} is not installed in this workspace`, {
      hint: '`wgcache tools list` shows what is; `wgcache tools install` installs the rest.',
    });
  host.write(1, `${realpathSync(path)}\n`);
  return 0;
}

async function exec(host: Host, workspace: Workspace, call: ToolsCall): Promise<number> {
  const results = await installAll(host, workspace, call, (result, ms) => {
    if (!result.ok || result.value.how !== 'fresh') host.write(2, installedLine(result, ms));
  });
  if (results.some(({ ok }) => !ok)) return 1;
  const { bin } = new ToolPlaces(workspace.root);
  const PATH = host.env.PATH === undefined || host.env.PATH === '' ? bin : `${bin}:${host.env.PATH}`;
  const env = { ...host.env, PATH };
  const argv = call.argv as readonly [string, ...string[]];
  const { findTool } = await import('../step/tool.ts');
  const { run } = await import('../step/run.ts');
  const { path } = await findTool(argv[0], { argv, cwd: host.cwd, root: workspace.root, env });
  return (await run(host, { file: path, argv, cwd: host.cwd, env, streams: 'inherit' })).exit;
}

function nothingWanted(): WgcacheError {
  return new WgcacheError('usage', 'tools: the config wants none', {
    hint: 'Add `tools:` with `helm: latest` to wgcache.config.yaml; `wgcache help config` shows more.',
  });
}
