/** Figures of a suite: one line in the output, and a file for RESULTS.md when a directory for reports is named. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function noteFigures(suite: string, figures: object): void {
  console.log(`${suite}: ${JSON.stringify(figures)}`);
  const dir = process.env.WGCACHE_FAULTS_REPORT;
  if (dir !== undefined) writeFileSync(join(dir, `${suite}.json`), JSON.stringify(figures));
}
