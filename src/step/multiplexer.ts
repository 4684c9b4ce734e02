/**
 * Asks a version manager which program it would run. Off the hit path: loaded only where one is on PATH.
 *
 * It is asked each time. What decides its answer is no list of files: mise executes templates and scripts of its config (`exec()`, `_.source`),
 * `latest` and ranges go by what is installed, asdf runs programs of its plugins and reads the version files of others where it is told to,
 * aqua has registries and policies. A remembered answer could be that of yesterday; the bare command pays for the question, too.
 */
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import type { Command } from '../plugin.ts';

/** Time-out for an answer: `mise which` takes some 10 ms, an asdf shim some 100 ms. */
const PATIENCE_MS = 10_000;

/** @returns the program's path; null when the manager does not say, and then the shim counts as what it is */
export function askMultiplexer(
  real: string,
  script: string | null,
  name: string,
  { cwd, env }: Command,
): string | null {
  const manager =
    script === null
      ? basename(real).replace(/-(proxy|shim)$/, '')
      : (/\b(mise|asdf|pyenv|rbenv)\b/.exec(script)?.[1] ?? '');
  const program = script === null && !/-(proxy|shim)$/.test(real) ? real : manager;
  const asked = spawnSync(program, ['which', name], {
    cwd,
    env: env as NodeJS.ProcessEnv,
    encoding: 'utf8',
    timeout: PATIENCE_MS,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const path = asked.status === 0 ? asked.stdout.trim() : '';
  return path.startsWith('/') ? path : null;
}
