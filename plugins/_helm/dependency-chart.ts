/**
 * What of a chart decides a dependency update or build (facts H, tried): Chart.yaml, .helmignore, values.yaml, what
 * lies unpacked in charts/, and of any other file only whether Helm can load it. Archives in charts/ that load are
 * replaced or deleted by Helm whatever they hold, so they stay out of the key; so does a lock that loads.
 */
import path from 'node:path';
import type { ChartArchive, ChartLock, ChartMeta, YamlMapping } from '../../src/facts/values.ts';
import type { Context, Fact, TreeEntry } from '../../src/plugin.ts';
import { unsupported } from './bypass.ts';
import { chartMeta } from './chart.ts';
import { quietly } from './facts.ts';

export interface DependencyChart {
  /** As listed; none: Helm does nothing at all. */
  readonly dependencies: ChartMeta['dependencies'];
  /** `Chart.lock`, or `requirements.lock` for a chart of apiVersion v1. */
  readonly lockPath: string;
  /** The lock as it lies there now; `null`: none. */
  readonly lock: ChartLock | null;
}

/** Tells an empty list of dependencies, with which Helm goes through all its motions, from none at all. */
const namesDependencies: Fact<null, boolean> = {
  name: 'helm-dependency/names-dependencies',
  version: 1,
  compute: (bytes) => /^["']?dependencies["']?\s*:/m.test(new TextDecoder().decode(bytes)),
};
export const dependencyFacts: readonly Fact[] = [namesDependencies as Fact];

const LIMIT = 5 * 1024 * 1024;

export async function dependencyChart(ctx: Context, dir: string): Promise<DependencyChart> {
  const entries = ctx.tree(dir, { role: 'chart', quiet: true });
  if (entries === null) {
    ctx.input(dir, 'presence', 'chart');
    return { dependencies: [], lockPath: path.join(dir, 'Chart.lock'), lock: null };
  }
  const has = (rel: string) => entries.some((entry) => entry.rel === rel);
  const meta = await chartMeta(ctx, dir, 'chart');
  if (meta !== null && !meta.ok) unsupported('a Chart.yaml out of the ordinary');
  const v1 = !meta?.apiVersion || meta.apiVersion === 'v1';
  const lockName = v1 ? 'requirements.lock' : 'Chart.lock';
  // Helm merges old and new style in ways of its own.
  if (!v1 && (has('requirements.yaml') || has('requirements.lock')))
    unsupported('requirements.* in an apiVersion v2 chart');
  if (v1 && has('Chart.lock')) unsupported('a Chart.lock in an apiVersion v1 chart');
  const lockPath = path.join(dir, lockName);
  const lock = await quietly<ChartLock>(ctx, lockPath, 'chart-lock', `chart/${lockName}`);
  refuseLinks(entries, lockName);
  for (const entry of entries) await entryInput(ctx, entry, lockName, lock);
  return { dependencies: await dependencies(ctx, dir, meta, v1 && has('requirements.yaml')), lockPath, lock };
}

/** Where Helm writes through a link it says so, and since 3.17.4 refuses a lock that is one: nothing of that is in the key. */
function refuseLinks(entries: readonly TreeEntry[], lockName: string): void {
  const written = entries.find(
    ({ rel, link }) => link && (rel === 'charts' || rel === lockName || /^charts\/[^/]+\.tgz$/.test(rel)),
  );
  if (written !== undefined) unsupported(`${written.rel}, which is a link`);
}

async function dependencies(
  ctx: Context,
  dir: string,
  meta: ChartMeta | null,
  old: boolean,
): Promise<ChartMeta['dependencies']> {
  const own = meta?.dependencies ?? [];
  const file = path.join(dir, old ? 'requirements.yaml' : 'Chart.yaml');
  let listed = own;
  if (old) {
    if (own.length > 0) unsupported('dependencies in both Chart.yaml and requirements.yaml');
    const requirements = await quietly<ChartMeta>(ctx, file, 'chart-meta', 'chart/requirements.yaml');
    if (requirements?.ok === false) unsupported('a requirements.yaml out of the ordinary');
    listed = requirements?.dependencies ?? [];
  }
  const role = old ? 'chart/requirements.yaml' : 'chart/Chart.yaml';
  const named = await ctx.derive(file, namesDependencies, null, { role, quiet: true });
  if (listed.length === 0 && named === true) unsupported('an empty list of dependencies');
  return listed;
}

async function entryInput(ctx: Context, entry: TreeEntry, lockName: string, lock: ChartLock | null): Promise<void> {
  const role = `chart/${entry.rel}`;
  const inCharts = /^charts\/([^/]+)(\/)?/.exec(entry.rel);
  // Helm makes charts/ when it is not there.
  if (entry.rel === 'charts' && entry.type === 'dir') return;
  if (entry.type !== 'file') {
    ctx.input(entry.path, 'presence', role);
  } else if (inCharts !== null && inCharts[2] === undefined) {
    await archiveInput(ctx, entry, role);
  } else if (inCharts !== null || /^(Chart\.yaml|requirements\.yaml|\.helmignore)$/.test(entry.rel)) {
    ctx.input(entry.path, 'content', role);
  } else if (entry.rel === lockName) {
    if (lock?.loads !== true) ctx.input(entry.path, 'content', role);
  } else if (entry.rel === 'values.yaml') {
    const values = await quietly<YamlMapping>(ctx, entry.path, 'yaml-mapping', role);
    ctx.input(entry.path, values?.plain === true ? 'presence' : 'content', role);
  } else {
    ctx.input(entry.path, 'presence', role);
  }
}

/** A file right in charts/. */
async function archiveInput(ctx: Context, entry: TreeEntry, role: string): Promise<void> {
  const archive = await quietly<ChartArchive>(ctx, entry.path, 'chart-archive', role);
  if (archive?.loads !== true || entry.size > LIMIT) {
    ctx.input(entry.path, 'content', role);
    return;
  }
  // Helm deletes any file here that loads as a chart; only those called .tgz are ours to delete.
  if (!entry.rel.endsWith('.tgz'))
    unsupported(`the chart archive ${ctx.nameOf(entry.path, role)}, which is not called .tgz`);
}
