// One run of the example's Taskfile, timed: the whole of it, and each wrapped step from outside.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** Put before a step, it notes the step's wall time, start of its process included. The step's own streams and exit code stay. */
const STOPWATCH = `#!/bin/sh
s=$(date +%s%N)
"$@"
c=$?
echo "$(( $(date +%s%N) - s ))" >> "$WGCACHE_DEMO_TIMES"
exit $c
`;

export function makeStopwatch(dir) {
  const path = join(dir, 'stopwatch');
  writeFileSync(path, STOPWATCH, { mode: 0o755 });
  return path;
}

/**
 * Runs `task all`.
 * @param wrap what stands before each step; empty: Helm alone
 * @returns wall time in ms, and what the journal tells of the run
 */
export async function runTask({ root, env, wrap }) {
  const before = readJournal(env).length;
  const started = performance.now();
  const ran = await execa('task', [`WRAP=${wrap}`, 'all'], {
    cwd: root,
    env,
    extendEnv: false,
    all: true,
    reject: false,
    stdin: 'ignore',
  });
  const ms = performance.now() - started;
  if (ran.failed) throw new Error(`task all failed (exit ${ran.exitCode}):\n${ran.all}`);
  return { ms, events: readJournal(env).slice(before), output: ran.all };
}

/** The same with each step timed: the sum over the wrapped steps, in ms. The stopwatch itself costs `task` a few ms a step, so the whole is not timed here. */
export async function sumOfSteps({ root, env, wrap, stopwatch }) {
  const times = join(env.TMPDIR, 'times');
  rmSync(times, { force: true });
  await runTask({ root, env: { ...env, WGCACHE_DEMO_TIMES: times }, wrap: `${stopwatch} ${wrap}`.trim() });
  const lines = readFileSync(times, 'utf8').trim().split('\n');
  return { ms: lines.reduce((sum, line) => sum + Number(line) / 1e6, 0), steps: lines.length };
}

function readJournal(env) {
  const dir = join(env.WGCACHE_DIR, 'v1', 'journal');
  if (!existsSync(dir)) return [];
  const lines = readdirSync(dir)
    .sort()
    .flatMap((name) => readFileSync(join(dir, name), 'utf8').split('\n'));
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}

export function count(events) {
  const counts = { fresh: 0, restored: 0, miss: 0, bypass: 0 };
  for (const { outcome } of events) counts[outcome] += 1;
  return counts;
}
