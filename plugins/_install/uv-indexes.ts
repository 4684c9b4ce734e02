/** Indexes named on a line of uv. Hashes say what comes, whoever sends it. */
import type { Context } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';
import { withoutUser } from './pip-settings.ts';
import type { Line } from './words.ts';

export function countIndexes(ctx: Context, line: Line): void {
  for (const name of ['index', 'default-index', 'index-url', 'extra-index-url']) {
    const all = line.all(name).map(withoutUser);
    if (all.length > 0) ctx.note(name, all);
    const local = all.find((text) => !/^([\w.-]+=)?https?:/.test(text));
    if (local !== undefined) unsupported(`the index ${local}`);
  }
}
