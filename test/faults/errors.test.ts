/** A disk that is full, refuses, or breaks at any call: the command's result stands, at most one line warns, the store stays whole. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorCampaign } from './errors.ts';
import { requireStrace } from './strace.ts';
import { countsBy } from './table.ts';

/** `npm run faults` gives larger numbers. */
const ERRORS = Number(process.env.WGCACHE_FAULTS_ERRORS ?? 80);
const SEED = Number(process.env.WGCACHE_FAULTS_SEED ?? 1);
const REPORT = process.env.WGCACHE_FAULTS_REPORT;

test(`${ERRORS} errors, seed ${SEED}`, { timeout: 60_000 + ERRORS * 5_000 }, async () => {
  requireStrace();
  const cases = await errorCampaign({
    errors: ERRORS,
    seed: SEED,
    onCase: (done) => {
      if (REPORT !== undefined) appendFileSync(join(REPORT, 'errors.jsonl'), `${JSON.stringify(done)}\n`);
      if (done.faults.length > 0) console.error(JSON.stringify(done));
    },
  });
  const struck = cases.filter((one) => one.struck);
  const text = [
    `${struck.length} errors (${cases.length - struck.length} elsewhere), ${struck.filter(({ warned }) => warned).length} of them told in a line`,
    ...(['step', 'situation', 'error', 'place', 'outcome'] as const).map((by) => `${by}: ${countsBy(struck, by)}`),
    `faults: ${cases.filter(({ faults }) => faults.length > 0).length}`,
  ].join('\n');
  if (REPORT !== undefined) writeFileSync(join(REPORT, 'errors.json'), JSON.stringify({ seed: SEED, text, cases }));
  console.log(text);
  expect(cases.filter(({ faults }) => faults.length > 0)).toEqual([]);
  expect(struck.length).toBe(ERRORS);
});
