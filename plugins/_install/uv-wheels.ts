/** After a run of uv: whether what it installed is what the wheels held. */
import path from 'node:path';
import type { WheelRecord } from '../../src/facts/values.ts';
import type { Context, Fact, MadeOutput, NotStoredReason } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';
import type { UvSettings } from './uv-settings.ts';
import type { Line } from './words.ts';

/** Of uv itself: whether it leaves this file beside what it built (0.13 does), or does not know the name (0.8.9). */
const MARKS: Fact<null, boolean> = {
  name: 'uv/marks',
  version: 1,
  compute: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('uv_build.json'),
};

/** An older uv leaves nothing that tells what it built. */
export async function refuseUntold(ctx: Context, line: Line, settings: UvSettings): Promise<void> {
  const binary = line.all('only-binary');
  if (settings.on('no-build') || (binary.length > 0 && binary.every((value) => value === ':all:'))) return;
  const uv = await ctx.program(ctx.command.argv[0]);
  const marks = uv === null ? null : await ctx.derive(uv.real, MARKS, null, { quiet: true });
  if (marks !== true)
    unsupported('a uv of a version that does not tell what it built from sources; --no-build takes wheels alone');
}

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
