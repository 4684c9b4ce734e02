/** `wgcache stats`: what the cache did on this machine, by plugin, from the journal. */
import { errorCode } from '../base/atomic.ts';
import { oneLine } from '../base/one-line.ts';
import { openWorkspace } from '../config.ts';
import { WgcacheError } from '../errors.ts';
import type { Host } from '../host.ts';
import { bytes, duration } from '../report/units.ts';
import { readEvents, type StepEvent } from '../store/journal.ts';
import { Layout } from '../store/layout.ts';

interface Row {
  fresh: number;
  restored: number;
  seeded: number;
  miss: number;
  bypass: number;
  /** Time the commands of hits took when they ran, less what the hits took. */
  savedMs: number;
  /** Bytes put in place from the store. */
  bytes: number;
}

export async function stats(host: Host, json: boolean): Promise<number> {
  const { config } = await openWorkspace(host.cwd, host.env, { remember: false });
  const rows = new Map<string, Row>();
  const total = emptyRow();
  let since: string | null = null;
  for (const event of eventsIn(config.dir)) {
    since ??= event.at;
    const row = rows.get(event.plugin) ?? emptyRow();
    rows.set(event.plugin, row);
    for (const sum of [row, total]) {
      sum[event.outcome] += 1;
      sum.bytes += event.bytes;
      if (event.outcome === 'fresh' || event.outcome === 'restored')
        sum.savedMs += Math.max(0, event.ranMs - event.totalMs);
    }
  }
  if (json) {
    host.write(
      1,
      `${JSON.stringify({ v: 1, dir: config.dir, since, plugins: Object.fromEntries(rows), total }, null, 2)}\n`,
    );
  } else {
    host.write(
      1,
      since === null ? `No step was wrapped yet (cache: ${config.dir}).\n` : table(rows, total, since, config.dir),
    );
  }
  return 0;
}

function* eventsIn(dir: string): Generator<StepEvent> {
  try {
    yield* readEvents(new Layout(dir));
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw new WgcacheError('cache', `the journal cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function emptyRow(): Row {
  return { fresh: 0, restored: 0, seeded: 0, miss: 0, bypass: 0, savedMs: 0, bytes: 0 };
}

const HEAD = ['', 'steps', 'hits', 'fresh', 'restored', 'seeded', 'miss', 'bypass', 'saved', 'bytes restored'];

function table(rows: ReadonlyMap<string, Row>, total: Row, since: string, dir: string): string {
  const lines = [HEAD, ...[...rows].sort().map(([name, row]) => cells(name, row)), cells('total', total)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return `${text.join('\n')}\n\nSince ${oneLine(since.slice(0, 10))}, in ${dir}\n`;
}

function cells(name: string, row: Row): string[] {
  const hits = row.fresh + row.restored;
  const steps = hits + row.seeded + row.miss + row.bypass;
  const share = steps === 0 ? '' : ` (${Math.round((100 * hits) / steps)} %)`;
  return [
    oneLine(name),
    String(steps),
    `${hits}${share}`,
    ...[row.fresh, row.restored, row.seeded, row.miss, row.bypass].map(String),
    duration(row.savedMs),
    bytes(row.bytes),
  ];
}
