/** Tools of the config, several at once; what was found out goes into the lock file. */
import { eachLimited } from '../base/limit.ts';
import type { Workspace } from '../config.ts';
import type { Host } from '../host.ts';
import type { ToolLines } from '../report/tools-progress.ts';
import { LocalStore } from '../store/local.ts';
import { type Installed, installTool, platformKey } from '../tools/install.ts';
import { ToolPlaces } from '../tools/layout.ts';
import { fits, type LockedTool, type LockFile, readLock, sourceOf, writeLock } from '../tools/lockfile.ts';
import { sourceFor } from '../tools/sources/index.ts';
import { platformOf } from '../tools/template.ts';
import { type Tried, tried, withWork } from '../tools/trying.ts';
import { exactVersion, type Wanted } from '../tools/wanted.ts';

/** How many tools are fetched at once. */
export const AT_ONCE = 4;

export interface InstallHow {
  /** The lock file alone says what is installed. */
  readonly locked: boolean;
  /** Hard links to the store. */
  readonly link: boolean;
  readonly atOnce?: number;
  readonly lines: ToolLines;
}

/** @param onDone called for each as it ends. @returns in the order of `wanted` */
export async function installAll(
  host: Host,
  { root, config }: Workspace,
  wanted: readonly Wanted[],
  { locked, link, atOnce = AT_ONCE, lines }: InstallHow,
  onDone: (result: Tried<Installed>, ms: number) => void,
): Promise<Tried<Installed>[]> {
  const lock = readLock(root);
  const platform = platformOf(process.platform, process.arch);
  const names = config.tools.map(({ name }) => name);
  const results = new Map<string, Tried<Installed>>();
  try {
    await withWork(host.env, new LocalStore(config.dir), async (workFor) => {
      await eachLimited(wanted, atOnce, async (tool) => {
        const started = host.now();
        const options = { root, platform, lock, names, locked, link };
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
  new ToolPlaces(root).unlink((tool, program) => {
    const result = results.get(tool);
    return names.includes(tool) && (result?.ok !== true || result.value.programs.includes(program));
  });
  if (!locked) await noteInLock(root, lock, done);
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
    if (value.pin === null || (lock === null && exactVersion(wanted) !== null)) continue;
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
