import type { Loopback } from './loopback.d.mts';

/**
 * Copies examples/wg-easy to `dir/wg-easy`, with the addresses of the repositories on loopback.
 * @param options.dir an existing directory; it also takes `bin` (links to the tools), `home`, `tmp` and `wgcache` (the store)
 * @param options.wgcache the command to test, put on PATH under that name
 * @returns `root`: the copy, symlinks resolved; `env`: a whole environment, to be used without the caller's own
 */
export function prepareWorkspace(options: {
  dir: string;
  loopback: Pick<Loopback, 'repositories' | 'ociHost' | 'caFile'>;
  helm: string;
  task: string;
  wgcache?: string;
}): Promise<{ root: string; env: Record<string, string> }>;
