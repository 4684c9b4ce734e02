/** What a program says of its version, for display only: `helm v3.17.3`. Remembered under the digest of its bytes. */
import { spawnSync } from 'node:child_process';
import type { Collected } from './collect.ts';
import type { Step } from './step.ts';

/** A version command that takes longer is not worth waiting for. */
const PATIENCE_MS = 5_000;

/** @returns null when the plugin names no way to ask, or the program does not answer */
export function toolVersion(step: Step, { declaration, context }: Collected): string | null {
  const args = declaration.tool?.versionArgs;
  const digest = context.digestAt(step.tool.real);
  if (args === undefined || digest === null) return null;
  const id = `tool-version@1 ${JSON.stringify(args)} ${digest}`;
  const known = step.memo.fact(id);
  if (typeof known === 'string') return known;
  const asked = spawnSync(step.tool.path, args, {
    argv0: step.command.argv[0],
    cwd: step.command.cwd,
    env: step.command.env as NodeJS.ProcessEnv,
    encoding: 'utf8',
    timeout: PATIENCE_MS,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const version = asked.status === 0 ? (asked.stdout.split('\n')[0] ?? '').trim() : '';
  if (version === '') return null;
  step.memo.rememberFact(id, version);
  return version;
}
