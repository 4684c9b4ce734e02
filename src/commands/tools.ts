/** `wgcache tools`: the programs of the config, verified and put in `.wgcache/bin`. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { eachLimited } from '../base/limit.ts';
import { openWorkspace, type Workspace } from '../config.ts';
import { WgcacheError } from '../errors.ts';
import type { Host } from '../host.ts';
import { installedJson, installedLine, listJson, listText, lockedJson, lockedLine, type Row } from '../report/tools.ts';
import { type ToolLines, toolLines } from '../report/tools-progress.ts';
import { LocalStore } from '../store/local.ts';
import { ToolPlaces } from '../tools/layout.ts';
import type { Locked } from '../tools/lock.ts';
import { fits, type LockFile, readLock, writeLock } from '../tools/lockfile.ts';
import { lookAt, programsOf, readState } from '../tools/state.ts';
import { platformOf } from '../tools/template.ts';
import { type Tried, tried, withWork } from '../tools/trying.ts';
import { exactVersion, type Wanted, wantedTools } from '../tools/wanted.ts';
import { helpText } from './help.ts';
import { parseToolsArgs, type ToolsCall } from './tools-args.ts';
import { AT_ONCE, installAll } from './tools-install.ts';

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
  const wanted = wantedOf(workspace, call.names);
  const results = await installAll(
    host,
    workspace,
    wanted,
    { ...call, lines: linesFor(host, call, wanted) },
    (result, ms) => {
      if (!call.json) host.write(1, installedLine(result, ms));
    },
  );
  if (call.json) host.write(1, installedJson(results, new ToolPlaces(workspace.root).bin));
  return results.every(({ ok }) => ok) ? 0 : 1;
}

async function lock(host: Host, workspace: Workspace, call: ToolsCall): Promise<number> {
  const { root, config } = workspace;
  const wanted = wantedOf(workspace, []);
  wantedTools(config.tools, call.names);
  const { lockTool } = await import('../tools/lock.ts');
  const before = readLock(root);
  const platform = platformOf(process.platform, process.arch);
  const results = new Map<string, Tried<Locked>>();
  const lines = linesFor(host, call, wanted);
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

function linesFor(host: Host, { json }: ToolsCall, wanted: readonly Wanted[]): ToolLines {
  return toolLines(
    json ? null : host,
    wanted.map(({ name }) => name),
  );
}

function rows({ root, config }: Workspace): Row[] {
  const lock = readLock(root);
  const places = new ToolPlaces(root);
  return wantedTools(config.tools, []).map((wanted) => rowOf(wanted, lock, places));
}

function rowOf(wanted: Wanted, lock: LockFile | null, places: ToolPlaces): Row {
  const entry = lock?.tools[wanted.name];
  const locked = entry !== undefined && fits(entry, wanted) ? entry : null;
  const version = locked?.version ?? exactVersion(wanted);
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
  const wanted = wantedOf(workspace, call.names);
  const results = await installAll(
    host,
    workspace,
    wanted,
    { ...call, lines: linesFor(host, call, wanted) },
    (result, ms) => {
      if (!result.ok || result.value.how !== 'fresh') host.write(2, installedLine(result, ms));
    },
  );
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

function wantedOf({ config }: Workspace, names: readonly string[]): Wanted[] {
  const wanted = wantedTools(config.tools, names);
  if (wanted.length > 0) return wanted;
  throw new WgcacheError('usage', 'tools: the config wants none', {
    hint: 'Add `tools:` with `helm: latest` to wgcache.config.yaml; `wgcache help config` shows more.',
  });
}
