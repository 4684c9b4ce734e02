/** Runs the command as if wgcache were not there: our own streams are its streams. */
import type { Host } from '../host.ts';
import { type RunResult, run } from './run.ts';
import type { Step } from './step.ts';
import { CALLED_AS, findTool } from './tool.ts';

export async function runUnwatched(step: Step): Promise<RunResult> {
  const { command, host, tool } = step;
  return await run(host, {
    file: tool.path,
    argv: command.argv,
    cwd: command.cwd,
    env: { ...command.env, [CALLED_AS]: tool.path },
    streams: 'inherit',
  });
}

/** `WGCACHE=off`: touches nothing of the cache, reads no config. @returns the exit code */
export async function runOff(host: Host, argv: readonly [string, ...string[]]): Promise<number> {
  const tool = await findTool(argv[0], { argv, cwd: host.cwd, root: host.cwd, env: host.env });
  const env = { ...host.env, [CALLED_AS]: tool.path };
  return (await run(host, { file: tool.path, argv, cwd: host.cwd, env, streams: 'inherit' })).exit;
}
