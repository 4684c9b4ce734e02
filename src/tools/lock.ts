/** `wgcache tools lock`: finds out versions once, and what each is on every platform its project publishes it for. */

import { isNotThere, sizeOf } from './address.ts';
import { contradiction, platformKey } from './install.ts';
import { fits, type LockedTool, type LockFile, sourceOf } from './lockfile.ts';
import { makeTool } from './make.ts';
import { resolveVersion } from './resolve.ts';
import { sourceFor } from './sources/index.ts';
import { type Platform, parsePlatform, platformName } from './template.ts';
import type { Wanted } from './wanted.ts';
import type { Pin, Source, Work } from './work.ts';

export interface LockOptions {
  readonly platform: Platform;
  readonly lock: LockFile | null;
  /** Finds out anew the version, and what it is. */
  readonly renew: boolean;
  readonly now: Date;
}

export interface Locked {
  readonly entry: LockedTool;
  /** Null: there was none. */
  readonly before: string | null;
  /** Nothing was published to check it by: what came is what is locked. */
  readonly unpublished: boolean;
}

/** @throws ToolFault, NetError, and errors of the system */
export async function lockTool(wanted: Wanted, options: LockOptions, work: Work): Promise<Locked> {
  const { platform, lock, renew, now } = options;
  const source = await sourceFor(wanted.from);
  const there = lock?.tools[wanted.name] ?? null;
  const kept = there !== null && fits(there, wanted) && !renew ? there : null;
  const version = kept?.version ?? (await resolveVersion(wanted, source, work));
  const same = !renew && there !== null && there.version === version && there.source === sourceOf(wanted);
  const platforms: Record<string, Pin> = same ? { ...there.platforms } : {};
  let unpublished = false;
  for (const one of platformsOf(wanted, source, platform)) {
    const key = platformKey(source, one);
    const { [key]: known } = platforms;
    if (known !== undefined && contradiction({ wanted, version, platform: one }, known) === null) continue;
    try {
      const found = await pinOf(wanted, source, version, one, work);
      platforms[key] = found.pin;
      unpublished ||= found.unpublished;
    } catch (error) {
      // For this machine it must be there; of the others some have none.
      if (!isNotThere(error) || platformName(one) === platformName(platform)) throw error;
    }
  }
  const resolved = kept?.resolved ?? now.toISOString().slice(0, 10);
  return {
    entry: { wanted: wanted.version, version, source: sourceOf(wanted), resolved, platforms },
    before: there?.version ?? null,
    unpublished,
  };
}

/** This one first. A client makes a tool for its own machine only. */
function platformsOf({ from, definition }: Wanted, source: Source, own: Platform): Platform[] {
  if (source.anyPlatform || (from !== 'url' && from !== 'oci')) return [own];
  const others = (definition.platforms ?? []).filter((name) => name !== platformName(own)).map(parsePlatform);
  return [own, ...others];
}

async function pinOf(
  wanted: Wanted,
  source: Source,
  version: string,
  platform: Platform,
  work: Work,
): Promise<{ readonly pin: Pin; readonly unpublished: boolean }> {
  const choice = { wanted, version, platform };
  const pin = await source.pin(choice, work);
  if (pin !== null) {
    const size = pin.url === undefined ? null : await sizeOf(choice, work);
    return { pin: size === null ? pin : { ...pin, size }, unpublished: false };
  }
  const made = await makeTool(choice, source, null, null, work);
  return { pin: made.pin, unpublished: wanted.from === 'url' };
}
