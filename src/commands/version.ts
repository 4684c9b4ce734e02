/** `wgcache --version`. */
import manifest from '../../package.json' with { type: 'json' };
import type { Host } from '../host.ts';

export async function version(host: Host): Promise<number> {
  host.write(1, `wgcache ${manifest.version}\n`);
  return 0;
}
