/** Every source there is. Each is loaded when it is needed. */
import type { ToolSource } from '../../config.ts';
import type { Source } from '../work.ts';

export async function sourceFor(from: ToolSource): Promise<Source> {
  switch (from) {
    case 'url':
      return (await import('./url.ts')).urlSource;
    case 'go':
      return (await import('./go.ts')).goSource;
    case 'npm':
      return (await import('./npm.ts')).npmSource;
    case 'pypi':
      return (await import('./pypi.ts')).pypiSource;
    case 'crate':
      return (await import('./crate.ts')).crateSource;
    case 'oci':
      return (await import('./oci.ts')).ociSource;
  }
}
