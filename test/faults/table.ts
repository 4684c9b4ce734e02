/** The figures of a campaign. */
import type { Case } from './kills.ts';

interface Table {
  readonly struck: number;
  /** Cases whose process had ended before, or never came to the point. */
  readonly missed: number;
  readonly slowestNextMs: number;
  readonly text: string;
}

export function tableOf(cases: readonly Case[]): Table {
  const struck = cases.filter((one) => one.struck);
  const times = struck.map(({ nextMs }) => nextMs).sort((a, b) => a - b);
  const slowestNextMs = times.at(-1) ?? 0;
  const median = times[times.length >> 1] ?? 0;
  return {
    struck: struck.length,
    missed: cases.length - struck.length,
    slowestNextMs,
    text: [
      `${struck.length} kills (${cases.length - struck.length} came too late); next run: median ${Math.round(median)} ms, slowest ${Math.round(slowestNextMs)} ms`,
      ...(['step', 'situation', 'signal', 'orphan', 'form', 'place'] as const).map(
        (by) => `${by}: ${countsBy(struck, by)}`,
      ),
      `faults: ${cases.filter(({ faults }) => faults.length > 0).length}`,
    ].join('\n'),
  };
}

/** `name count, …`, the most frequent first. */
export function countsBy<By extends string>(cases: readonly Readonly<Record<By, string>>[], by: By): string {
  const found = new Map<string, number>();
  for (const one of cases) found.set(one[by], (found.get(one[by]) ?? 0) + 1);
  return [...found]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
