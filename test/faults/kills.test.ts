/** Killed at any point and at any instant: the next run is right, the store is whole, nobody waits, nothing half lies in the workspace. */
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { killCampaign } from './kills.ts';
import { requireStrace } from './strace.ts';
import { tableOf } from './table.ts';

/** `npm run faults` gives larger numbers. */
const KILLS = Number(process.env.WGCACHE_FAULTS_KILLS ?? 60);
const SEED = Number(process.env.WGCACHE_FAULTS_SEED ?? 1);
const REPORT = process.env.WGCACHE_FAULTS_REPORT;

test(`${KILLS} kills, seed ${SEED}`, { timeout: 60_000 + KILLS * 5_000 }, async () => {
  requireStrace();
  const otherDisk = mkdtempSync('/dev/shm/wgcache-faults-');
  onTestFinished(() => rmSync(otherDisk, { recursive: true, force: true }));
  expect(statSync(otherDisk).dev, '/dev/shm is a file system of its own').not.toBe(statSync(tmpdir()).dev);
  const cases = await killCampaign({
    kills: KILLS,
    seed: SEED,
    otherDisk,
    onCase: (done) => {
      if (REPORT !== undefined) appendFileSync(join(REPORT, 'kills.jsonl'), `${JSON.stringify(done)}\n`);
      if (done.faults.length > 0) console.error(JSON.stringify(done));
    },
  });
  const table = tableOf(cases);
  if (REPORT !== undefined) writeFileSync(join(REPORT, 'kills.json'), JSON.stringify({ seed: SEED, table, cases }));
  console.log(table.text);
  expect(cases.filter(({ faults }) => faults.length > 0)).toEqual([]);
  expect(table.struck).toBeGreaterThanOrEqual(KILLS);
});
