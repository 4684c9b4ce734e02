/** `wgcache verify`: whether the whole store is what its names and sums say. */
import { errorCode } from '../base/atomic.ts';
import { openWorkspace } from '../config.ts';
import { WgcacheError } from '../errors.ts';
import type { Host } from '../host.ts';
import { progressBar } from '../report/progress.ts';
import { verifyJson, verifyText } from '../report/verify.ts';
import { Layout } from '../store/layout.ts';
import { type Verified, verifyStore } from '../store/verify.ts';
import type { VerifyFlags } from './args.ts';

/** @returns 0 when all is well, 1 when damage was found, removed or not */
export async function verify(host: Host, { repair, json }: VerifyFlags): Promise<number> {
  const started = host.now();
  const { config } = await openWorkspace(host.cwd, host.env, { remember: false });
  const progress = json ? null : progressBar(host, 'verifying');
  const onProgress = (done: number, total: number, bytes: number): void => progress?.show(done, total, bytes);
  let verified: Verified;
  try {
    verified = await verifyStore(new Layout(config.dir), { repair, onProgress });
  } catch (error) {
    if (errorCode(error) === undefined || error instanceof WgcacheError) throw error;
    throw new WgcacheError('cache', `the cache cannot be read: ${(error as Error).message}`, { cause: error });
  } finally {
    progress?.end();
  }
  const told = { dir: config.dir, repair, ms: host.now() - started };
  host.write(1, json ? verifyJson(verified, told) : verifyText(verified, told));
  return verified.damage.length === 0 ? 0 : 1;
}
