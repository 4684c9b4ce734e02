// Runs the whole suite: finds or makes the tools first, then vitest, then one closing line that any runner can read.
// Arguments go to vitest: `npm test -- test/store`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled } from './tools/installed.mjs';
import { ensureTools } from './tools.mjs';

const root = join(import.meta.dirname, '..');
const report = mkdtempSync(join(tmpdir(), 'wgcache-test-'));

/** Without its tools the end-to-end part cannot run: the rest does, and the whole fails with the reason. */
async function toolsOrReason() {
  try {
    const tools = await ensureTools(['helm3', 'helm4', 'task', 'registry'], { onLine: (line) => console.error(line) });
    for (const [name, path] of Object.entries(tools)) process.env[`WGCACHE_TEST_${name.toUpperCase()}`] = path;
    await ensureInstalled();
    return null;
  } catch (error) {
    return error.message;
  }
}

function runVitest(projects) {
  const json = join(report, 'report.json');
  const args = [
    'run',
    ...projects.flatMap((name) => ['--project', name]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${json}`,
  ];
  const ran = spawnSync(
    process.execPath,
    [join(root, 'node_modules/vitest/vitest.mjs'), ...args, ...process.argv.slice(2)],
    { cwd: root, stdio: 'inherit' },
  );
  try {
    const {
      numPassedTests: passed,
      numFailedTests: failed,
      numPendingTests: pending,
      numTodoTests: todo,
    } = JSON.parse(readFileSync(json, 'utf8'));
    return { exit: ran.status ?? 1, passed, failed, skipped: pending + todo };
  } catch {
    return { exit: ran.status || 1, passed: 0, failed: 1, skipped: 0 }; // vitest itself did not get through
  } finally {
    rmSync(report, { recursive: true, force: true });
  }
}

const missing = await toolsOrReason();
if (missing !== null) console.error(`\n${missing}\nThe end-to-end tests cannot run; only the unit tests do.\n`);
const { exit, passed, failed, skipped } = runVitest(missing === null ? ['*'] : ['unit']);
const lost = missing === null ? 0 : 1;
if (missing !== null) console.error(`\nEnd-to-end tests were not run: ${missing}`);
console.log(
  `${passed} passed, ${Math.max(failed + lost, exit === 0 ? 0 : 1)} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
);
process.exitCode = exit === 0 && missing === null ? 0 : 1;
