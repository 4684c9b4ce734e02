/** `file://` dependencies: Helm packs the directory as it is now, with whatever lies in its charts/ (facts A2b). */
import path from 'node:path';
import type { ChartDependency } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from './bypass.ts';
import { chartMeta, refuseDuplicates } from './chart.ts';

export interface LocalDependency {
  readonly dir: string;
  /** Name of the chart there; the archive is called after it, not after the dependency. */
  readonly name: string | null;
}

export async function localDependency(
  ctx: Context,
  chart: string,
  dependency: ChartDependency,
): Promise<LocalDependency> {
  const target = dependency.repository.slice('file://'.length);
  const dir = target.startsWith('/') ? path.normalize(target) : path.join(chart, target);
  if (`${chart}${path.sep}`.startsWith(dir.endsWith(path.sep) ? dir : `${dir}${path.sep}`)) {
    unsupported('a file:// dependency that holds the chart itself');
  }
  const role = `file://${target}`;
  const entries = ctx.tree(dir, { role });
  for (const entry of entries ?? []) {
    if (entry.type === 'file') ctx.input(entry.path, 'content', `${role}/${entry.rel}`);
  }
  // Both copies get into the archive, in an order of chance (tried with v3.17.3 and v4.3.1): who unpacks it sees either one.
  await refuseDuplicates(ctx, entries ?? [], role);
  const meta = await chartMeta(ctx, dir, role);
  return { dir, name: meta?.name ?? null };
}
