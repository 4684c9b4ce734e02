/** How much a seed may hold: environment over config over default. Loaded only on a miss that declares one. */
import { parseSize } from '../base/size.ts';
import { unexpected } from './environment.ts';
import type { Environment } from './types.ts';

const MAX_SIZE = 1e9;

/** @returns bytes on disk, of each seed; null: there are none. @throws WgcacheError `usage` */
export function seedBound(said: number | null, env: Environment): number | null {
  return fromEnv(env.WGCACHE_SEEDS ?? '', said) || null;
}

function fromEnv(text: string, said: number | null): number {
  switch (text.toLowerCase()) {
    case '':
      return said ?? MAX_SIZE;
    case 'on':
    case '1':
    case 'true':
      return said || MAX_SIZE;
    case 'off':
    case 'false':
      return 0;
    default: {
      const size = parseSize(text);
      if (size === null) throw unexpected('WGCACHE_SEEDS', text, 'on, off, or a size such as 1GB');
      return size;
    }
  }
}
