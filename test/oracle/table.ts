/** What was counted, as a table for people. */
import type { Played, Tally } from './play.ts';

const COLUMNS: readonly (readonly [string, keyof Tally])[] = [
  ['edits', 'edits'],
  ['fresh', 'fresh'],
  ['restored', 'restored'],
  ['miss', 'miss'],
  ['bypass', 'bypass'],
  ['failed', 'failed'],
  ['due', 'due'],
  ['needless', 'needless'],
  ['stale', 'stale'],
  ['wrong', 'wrong'],
  ['other', 'other'],
  ['accepted', 'accepted'],
  ['random', 'random'],
];

export function totalOf(played: Played): Tally {
  const total = Object.fromEntries(COLUMNS.map(([, field]) => [field, 0])) as unknown as Tally;
  for (const tally of Object.values(played.byEdit)) for (const [, field] of COLUMNS) total[field] += tally[field];
  return total;
}

/** @param accepted reasons by what is accepted */
export function table(played: Played, accepted: Readonly<Record<string, string>>): string {
  const rows = [
    ...Object.entries(played.byEdit).sort(([a], [b]) => (a < b ? -1 : 1)),
    ['all', totalOf(played)] as const,
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const head = `| ${'edit'.padEnd(width)} | ${COLUMNS.map(([title]) => title).join(' | ')} |`;
  const rule = `| ${'-'.repeat(width)} | ${COLUMNS.map(([title]) => `${'-'.repeat(title.length - 1)}:`).join(' | ')} |`;
  const body = rows.map(
    ([name, tally]) =>
      `| ${name.padEnd(width)} | ${COLUMNS.map(([title, field]) => String(tally[field]).padStart(title.length)).join(' | ')} |`,
  );
  const none = Object.entries(accepted).map(([what, why]) => `| ${what} | ${played.accepted[what] ?? 0} | ${why} |`);
  return [head, rule, ...body, '', '| accepted by design | seen | why |', '| --- | ---: | --- |', ...none, ''].join(
    '\n',
  );
}
