/** A further program of a step, found as the command would find it. */
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from '../plugin.ts';
import { lookForTool, type Tool, triedFor } from './tool.ts';

/**
 * @param see is told of every path that had to be looked at
 * @returns `sure`: the same things at these paths make it the same program again
 */
export async function findProgram(
  name: string,
  command: Command,
  see: (path: string) => unknown,
): Promise<{ readonly tool: Tool | null; readonly sure: boolean }> {
  const tool = await lookForTool(name, command);
  if (tool === null) return { tool: null, sure: false };
  if (basename(tool.real) === 'rustup' && basename(tool.path) !== 'rustup') {
    // What is run stays rustup: it also tells the toolchain to the programs that this one calls.
    const { askMultiplexer } = await import('./multiplexer.ts');
    const path = askMultiplexer(tool.real, null, basename(tool.path), command);
    return { tool: path === null ? null : { ...tool, path, real: realpathSync(path) }, sure: false };
  }
  const tried = triedFor(tool, command);
  for (const path of tried ?? []) see(path);
  return { tool, sure: tried !== null };
}
