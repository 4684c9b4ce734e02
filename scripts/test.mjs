// Runs the whole suite: finds or makes the tools first, then vitest, then one closing line that any runner can read.
// Arguments go to vitest: `npm test -- test/store`.
import { execFileSync, spawn } from 'node:child_process';
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
    await ensureInstalled(); // pip is one of them, and uv comes by it
    const tools = await ensureTools(['helm3', 'helm4', 'task', 'registry', 'uv'], {
      onLine: (line) => console.error(line),
    });
    for (const [name, path] of Object.entries(tools)) process.env[`WGCACHE_TEST_${name.toUpperCase()}`] = path;
    return null;
  } catch (error) {
    return error.message;
  }
}

/**
 * Several times what the suite takes on two free cores. A worker that waits for a process that never ends is out of reach of vitest's own
 * time-outs: then we say what still runs, and end it all.
 */
const LIMIT_MINUTES = Number(process.env.WGCACHE_TEST_MINUTES ?? 75);

async function runVitest(projects) {
  const json = join(report, 'report.json');
  const args = [
    'run',
    ...projects.flatMap((name) => ['--project', name]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${json}`,
  ];
  const command = [join(root, 'node_modules/vitest/vitest.mjs'), ...args, ...process.argv.slice(2)];
  const exit = await ended(
    spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], detached: true }),
  );
  try {
    const {
      numPassedTests: passed,
      numFailedTests: failed,
      numPendingTests: pending,
      numTodoTests: todo,
    } = JSON.parse(readFileSync(json, 'utf8'));
    return { exit, passed, failed, skipped: pending + todo };
  } catch {
    return { exit: exit || 1, passed: 0, failed: 1, skipped: 0 }; // vitest itself did not get through
  } finally {
    rmSync(report, { recursive: true, force: true });
  }
}

/** @returns its exit code; 1 when it was ended. In a process group of its own, so that its workers go with it; a signal sent to us is passed on. */
async function ended(child) {
  const killAll = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // all of them have ended
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, killAll);
  const limit = setTimeout(() => {
    console.error(`\nThe tests did not end within ${LIMIT_MINUTES} minutes (WGCACHE_TEST_MINUTES). What still runs:`);
    execFileSync('ps', ['-eo', 'pid,ppid,pgid,etime,args', '--forest'], { stdio: ['ignore', 2, 'ignore'] });
    killAll('SIGKILL');
  }, LIMIT_MINUTES * 60_000);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(limit);
  killAll('SIGKILL'); // what a test left running
  for (const signal of signals) process.removeListener(signal, killAll);
  return code ?? 1;
}

const missing = await toolsOrReason();
if (missing !== null) console.error(`\n${missing}\nThe end-to-end tests cannot run; only the unit tests do.\n`);
const { exit, passed, failed, skipped } = await runVitest(missing === null ? ['*'] : ['unit']);
const lost = missing === null ? 0 : 1;
if (missing !== null) console.error(`\nEnd-to-end tests were not run: ${missing}`);
console.log(
  `${passed} passed, ${Math.max(failed + lost, exit === 0 ? 0 : 1)} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
);
process.exitCode = exit === 0 && missing === null ? 0 : 1;
