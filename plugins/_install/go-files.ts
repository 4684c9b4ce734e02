/** Which go.work and go.mod the cwd is under (modload.FindGoWork, FindGoMod), and the toolchain they ask for. */
import type { GoMod } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { nearest } from './declaring.ts';
import type { GoSettings } from './go-settings.ts';

export async function workFile(ctx: Context, settings: GoSettings): Promise<string | null> {
  const named = settings.get('GOWORK');
  if (named === 'off') return null;
  return ['', 'auto'].includes(named) ? await nearest(ctx, 'go.work') : named;
}

/** With `auto` Go runs as a newer one where a go.mod line asks for that, also for a program that has nothing to do with that module. */
export async function countAskedToolchain(ctx: Context, settings: GoSettings): Promise<void> {
  if (!/\bauto\b/.test(settings.get('GOTOOLCHAIN'))) return;
  const work = await workFile(ctx, settings);
  const isThere = work !== null && (await ctx.derive(work, 'presence', null, { quiet: true })) !== null;
  const file = isThere ? work : await nearest(ctx, 'go.mod');
  const mod = file === null ? null : await ctx.derive<null, GoMod>(file, 'go-mod', null, { quiet: true });
  ctx.note('Go that go.mod asks for', mod === null ? null : { go: mod.go, toolchain: mod.toolchain });
}
