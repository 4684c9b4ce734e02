/** Directories of wheels (`--find-links`): any of them that fits may be taken, and the hashes say which. */
import type { Context } from '../../src/plugin.ts';
import { withoutUser } from './pip-settings.ts';

export function countLinks(ctx: Context, places: readonly string[]): void {
  ctx.note('find-links', places.map(withoutUser));
  for (const place of places.filter((text) => text !== '' && !/^[a-z]+:/i.test(text)))
    ctx.note(
      `wheels in ${ctx.nameOf(place)}`,
      (ctx.tree(place, { depth: 1, quiet: true }) ?? []).map(({ rel }) => rel),
    );
}
