/** Directories of wheels (`--find-links`): any of them that fits may be taken, and the hashes say which. */
import type { Context } from '../../src/plugin.ts';
import { withoutUser } from './pip-settings.ts';

export function countLinks(ctx: Context, places: readonly string[]): void {
  ctx.note('find-links', places.map(withoutUser));
  for (const place of places) countWheels(ctx, place);
}

/** @param place an address is passed over, but for one of a directory */
export function countWheels(ctx: Context, place: string): void {
  const dir = place.replace(/^file:(\/\/(?=\/))?/i, '');
  if (dir === '' || /^[a-z]+:/i.test(dir)) return;
  const names = (ctx.tree(dir, { depth: 1, quiet: true }) ?? []).map(({ rel }) => rel);
  ctx.note(`wheels in ${ctx.nameOf(dir)}`, names);
}
