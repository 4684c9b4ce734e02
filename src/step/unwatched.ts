/** Runs the command as if wgcache were not there: our own streams are its streams. */
import type { Host } from '../host.ts';
import type { Pin } from '../plugin.ts';
import type { WrongFile } from './pins.ts';
import { type RunResult, run } from './run.ts';
import type { Step } from './step.ts';
import { CALLED_AS, findTool } from './tool.ts';

/** @param pins what the user's sums say of files: the one thing that is looked at all the same */
export async function runUnwatched(
  step: Step,
  pins: readonly Pin[],
): Promise<{ readonly ran: RunResult; readonly wrong: readonly WrongFile[] }> {
  const { command, host, tool } = step;
  const ran = await run(host, {
    file: tool.path,
    argv: command.argv,
    cwd: command.cwd,
    env: { ...command.env, [CALLED_AS]: tool.path },
    streams: 'inherit',
  });
  if (pins.length === 0 || ran.exit !== 0) return { ran, wrong: [] };
  const { rejectWrong } = await import('./pins.ts');
  return { ran, wrong: rejectWrong(pins, command.root) };
}

/** `WGCACHE=off`: touches nothing of the cache, reads no config. @returns the exit code */
export async function runOff(host: Host, argv: readonly [string, ...string[]]): Promise<number> {
  const tool = await findTool(argv[0], { argv, cwd: host.cwd, root: host.cwd, env: host.env });
  const env = { ...host.env, [CALLED_AS]: tool.path };
  return (await run(host, { file: tool.path, argv, cwd: host.cwd, env, streams: 'inherit' })).exit;
}
