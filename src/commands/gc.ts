/** `wgcache gc`: removes what was not used for long, and the least recently used until the rest fits. */
import { errorCode } from '../base/atomic.ts';
import { gcSettings } from '../config/gc.ts';
import { openWorkspace } from '../config.ts';
import { WgcacheError } from '../errors.ts';
import type { Host } from '../host.ts';
import { gcJson, gcText } from '../report/gc.ts';
import type { Limits, Tally } from '../store/gc-progress.ts';
import { collectNow } from '../store/gc-run.ts';
import { Layout } from '../store/layout.ts';
import type { GcFlags } from './args.ts';

/** @returns 0; 1 when something could not be removed, or somebody else is at it */
export async function gc(host: Host, flags: GcFlags): Promise<number> {
  const { config } = await openWorkspace(host.cwd, host.env, { remember: false });
  const limits = gcSettings(config.gc, host.env, flags);
  const tally = run(new Layout(config.dir), limits, flags.dryRun);
  host.write(1, (flags.json ? gcJson : gcText)(tally, config.dir, flags.dryRun));
  return tally.failed === 0 ? 0 : 1;
}

function run(layout: Layout, limits: Limits, dryRun: boolean): Tally {
  let tally: Tally | null;
  try {
    tally = collectNow(layout, limits, dryRun);
  } catch (error) {
    if (errorCode(error) === undefined || error instanceof WgcacheError) throw error;
    throw new WgcacheError('cache', `the cache cannot be collected: ${(error as Error).message}`, { cause: error });
  }
  if (tally === null)
    throw new WgcacheError('cache', 'another wgcache collects this cache', { hint: 'try again in a moment' });
  return tally;
}
