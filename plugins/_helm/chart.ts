/**
 * A chart as package, template and lint read it: every file below it, links followed (facts A1). Nothing is left out
 * for a .helmignore: an ignored file may make a needless miss, a misread rule would make a stale hit.
 */
import path from 'node:path';
import type { ChartArchive, ChartMeta } from '../../src/facts/values.ts';
import type { Context, TreeEntry } from '../../src/plugin.ts';
import { bypass, unsupported } from './bypass.ts';
import { quietly } from './facts.ts';

/** One file of a chart, with what Helm uses it for. */
export interface ChartFile {
  readonly path: string;
  /** Names it in keys and messages. */
  readonly name: string;
  readonly kind: 'template' | 'archive' | 'schema' | 'other';
}

const SUBCHART = '(?:charts/[^/]+/)*';
const ARCHIVE = new RegExp(`^(${SUBCHART})charts/([^/]+\\.tgz)$`);
const SUBCHART_META = new RegExp(`^(${SUBCHART})charts/([^/]+)/Chart\\.yaml$`);
const LOCK = new RegExp(`^${SUBCHART}Chart\\.lock$`);
const TEMPLATE = new RegExp(`^${SUBCHART}templates/`);
const SCHEMA = new RegExp(`^${SUBCHART}values\\.schema\\.json$`);

/**
 * Makes a local chart (directory or archive) an input.
 * @returns its files; `null` when there is nothing at `chart`
 */
export async function chartInputs(ctx: Context, chart: string, role: string): Promise<readonly ChartFile[] | null> {
  const type = ctx.input(chart, 'presence', role);
  if (type === 'absent') return null;
  if (type !== 'dir') {
    if (type === 'file') ctx.input(chart, 'meaning', role);
    return [{ path: chart, name: ctx.nameOf(chart, role), kind: 'archive' }];
  }
  const entries = ctx.tree(chart, { role, quiet: true }) ?? [];
  const files: ChartFile[] = [];
  for (const entry of entries) {
    const inside = `${role}/${entry.rel}`;
    if (entry.type !== 'file') {
      ctx.input(entry.path, 'presence', inside);
      continue;
    }
    const kind = kindOf(entry.rel);
    // Chart.lock is read into the chart and written anew: when it was generated changes no result but an archive's bytes.
    ctx.input(entry.path, kind === 'archive' || LOCK.test(entry.rel) ? 'meaning' : 'content', inside);
    files.push({ path: entry.path, name: ctx.nameOf(entry.path, inside), kind });
  }
  await refuseDuplicates(ctx, entries, role);
  return files;
}

function kindOf(rel: string): ChartFile['kind'] {
  if (ARCHIVE.test(rel)) return 'archive';
  if (SCHEMA.test(rel)) return 'schema';
  return TEMPLATE.test(rel) ? 'template' : 'other';
}

/**
 * Helm takes sub-charts of one name in the random order of a Go map: what it makes of them is chance (facts A1).
 * @param tree of a chart directory
 */
export async function refuseDuplicates(ctx: Context, tree: readonly TreeEntry[], role: string): Promise<void> {
  const seen = new Set<string>();
  const entries = tree.filter((entry) => entry.type === 'file' && entry.rel.startsWith('charts/'));
  const named = await Promise.all(
    entries.map(async (entry) => {
      const inside = `${role}/${entry.rel}`;
      const archive = ARCHIVE.exec(entry.rel);
      if (archive !== null) {
        const fact = await quietly<ChartArchive>(ctx, entry.path, 'chart-archive', inside);
        const nested = fact?.duplicates[0];
        if (nested !== undefined) bypass({ code: 'duplicate-subchart', name: nested });
        return { parent: archive[1]!, file: archive[2]!, name: fact?.name ?? null };
      }
      const meta = SUBCHART_META.exec(entry.rel);
      if (meta === null) return null;
      const fact = await quietly<ChartMeta>(ctx, entry.path, 'chart-meta', inside);
      return { parent: meta[1]!, file: meta[2]!, name: fact?.name ?? null };
    }),
  );
  for (const sub of named) {
    // Helm does not load what begins with one of these.
    if (sub === null || /^[_.]/.test(sub.file)) continue;
    if (sub.name === null) unsupported(`charts/${sub.file}, a sub-chart whose name is not certain`);
    const id = `${sub.parent}\0${sub.name}`;
    if (seen.has(id)) bypass({ code: 'duplicate-subchart', name: sub.name });
    seen.add(id);
  }
}

/** Chart.yaml of a chart directory. */
export function chartMeta(ctx: Context, chart: string, role: string): Promise<ChartMeta | null> {
  return quietly<ChartMeta>(ctx, path.join(chart, 'Chart.yaml'), 'chart-meta', `${role}/Chart.yaml`);
}
