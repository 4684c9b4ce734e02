#!/usr/bin/env node
// The main job, shown: the example's Taskfile without wgcache, then with it cold, warm, with its outputs deleted, with one template
// changed and with one version moved. `--json FILE` writes the same as data. Everything happens on loopback, in a temporary directory.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeStopwatch } from './demo/measure.mjs';
import { runPhases } from './demo/phases.mjs';
import { tableOf } from './demo/table.mjs';
import { startLoopback } from './loopback.mjs';
import { ensureTools } from './tools.mjs';
import { prepareWorkspace } from './workspace.mjs';

const ROOT = join(import.meta.dirname, '..');
const WAYS = [
  { name: 'executable file', wgcache: join(ROOT, 'dist/bin/wgcache'), latencyMs: 0, full: true },
  { name: 'npm package', wgcache: join(ROOT, 'dist/cli.js'), latencyMs: 0, full: false },
  { name: 'executable file, 40 ms of latency', wgcache: join(ROOT, 'dist/bin/wgcache'), latencyMs: 40, full: false },
  { name: 'npm package, 40 ms of latency', wgcache: join(ROOT, 'dist/cli.js'), latencyMs: 40, full: false },
];

async function main() {
  const { values } = parseArgs({ options: { json: { type: 'string' } } });
  const say = (line) => console.error(line);
  const tools = await ensureTools(['helm3', 'task', 'registry'], { onLine: say });
  const dir = mkdtempSync(join(tmpdir(), 'wgcache-demo-'));
  const stopwatch = makeStopwatch(dir);
  console.log(`The wg-easy example: five charts, 24 steps of Helm in a Taskfile. helm ${tools.helm3}\n`);
  const results = [];
  for (const [at, way] of WAYS.entries()) {
    say(`… ${way.name}`);
    const loopback = await startLoopback({
      helm: tools.helm3,
      registry: tools.registry,
      dir,
      latencyMs: way.latencyMs,
    });
    try {
      const make = async (kind) => {
        const place = join(dir, `${at + 1}-${kind}`);
        mkdirSync(place);
        return await prepareWorkspace({
          dir: place,
          loopback,
          helm: tools.helm3,
          task: tools.task,
          wgcache: way.wgcache,
        });
      };
      const [plain, cached] = [await make('plain'), await make('cached')];
      const rows = await runPhases({ plain, cached, stopwatch, loopback, full: way.full });
      results.push({ ...way, rows, cache: cached.env.WGCACHE_DIR });
      console.log(`${way.name}\n${tableOf(rows)}\n`);
      for (const { name, ran } of rows)
        if (ran.length > 0 && name !== 'cold') console.log(`ran after «${name}»: ${ran.join(', ')}\n`);
    } finally {
      await loopback.close();
    }
  }
  if (values.json !== undefined) {
    const data = {
      at: new Date().toISOString(),
      node: process.version,
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      ways: results,
    };
    writeFileSync(values.json, `${JSON.stringify(data, null, 2)}\n`);
  }
  verdict(results, dir);
}

function verdict(results, dir) {
  const problems = results.flatMap(({ name, rows }) =>
    rows.flatMap((row) => row.problems.map((problem) => `${name}: ${row.name}: ${problem}`)),
  );
  const [main] = results;
  console.log(
    '`helm registry logout` always runs: it acts on credentials. Indexes and charts are synthetic, of upstream-like size.',
  );
  console.log(
    `Records, blobs and the journal: ${main.cache}/v1 (\`WGCACHE_DIR=${main.cache} wgcache stats\`). Delete ${dir} when you are done.`,
  );
  if (problems.length === 0) {
    console.log('After every phase the archives and release files equal, by meaning, what Helm alone makes.');
    return;
  }
  for (const problem of problems) console.error(`PROBLEM: ${problem}`);
  process.exitCode = 1;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
