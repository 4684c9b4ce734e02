/** After a run of uv: whether what it installed is what the wheels held. */
import path from 'node:path';
import type { WheelRecord } from '../../src/facts/values.ts';
import type { Context, MadeOutput, NotStoredReason } from '../../src/plugin.ts';

/**
 * uv unpacks a wheel once, hard-links from there, and believes what lies in its cache (so nothing of it is a seed): a file that somebody wrote into in one environment is
 * in the next one, too. Each wheel lists the sums of its files. And what was once built from sources is taken where a wheel of that name is wanted;
 * uv leaves a file that tells.
 */
export async function confirmWheels(made: readonly MadeOutput[], after: Context): Promise<NotStoredReason | null> {
  const digests = new Map(made.map(({ path: file, digest }) => [file, digest]));
  for (const file of digests.keys()) {
    const list = path.dirname(file);
    const shown = path.basename(list).replace(/-([^-]+)\.dist-info$/, ' $1');
    if (!list.endsWith('.dist-info')) continue;
    if (path.basename(file) === 'uv_build.json')
      return told(`${shown} was built from sources, by whatever its build asks for`);
    if (path.basename(file) !== 'RECORD') continue;
    const record = await after.derive<null, WheelRecord>(file, 'wheel-record', null, { quiet: true });
    for (const [at, name] of (record?.paths ?? []).entries()) {
      const sum = record?.sums[at] ?? null;
      const place = path.resolve(path.dirname(list), name);
      if (sum !== null && digests.get(place) !== sum)
        return told(`${after.nameOf(place)} is not what ${shown} came with`);
    }
  }
  return null;
}

function told(text: string): NotStoredReason {
  return { code: 'plugin', text };
}
