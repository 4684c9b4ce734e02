/** Collects along the way, after a step was stored: at most once an interval, for a short time, and without a word. The step has ended. */
import { errorCode } from '../base/atomic.ts';
import { gcSettings } from '../config/gc.ts';
import { WgcacheError } from '../errors.ts';
import type { Step } from '../step/step.ts';
import { collectAlongTheWay } from '../store/gc-run.ts';

/** What a step may be longer for it; some 5,000 files fit. A larger store is collected in parts, one a stored step (50,000 files: 15 of them). */
const BUDGET_MS = 100;

/** Never fails the step: trouble is for the next step, or `wgcache gc`, to tell. */
export function tidy({ config, host, store }: Step): void {
  try {
    const { auto, everyMs, ...limits } = gcSettings(config.gc, host.env, { maxSize: null, maxAge: null });
    if (auto) collectAlongTheWay(store.layout, limits, everyMs, BUDGET_MS);
  } catch (error) {
    if (error instanceof WgcacheError) host.write(2, `wgcache: ${error.message}\n`);
    else if (errorCode(error) === undefined) throw error;
  }
}
