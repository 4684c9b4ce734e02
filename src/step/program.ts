/** A further program of a step, found as the command would find it. */
import { WgcacheError } from '../errors.ts';
import type { Command } from '../plugin.ts';
import { findTool, type Tool, triedFor } from './tool.ts';

/**
 * @param see is told of every path that had to be looked at
 * @returns `sure`: the same things at these paths make it the same program again
 */
export async function findProgram(
  name: string,
  command: Command,
  see: (path: string) => unknown,
): Promise<{ readonly tool: Tool | null; readonly sure: boolean }> {
  let tool: Tool;
  try {
    tool = await findTool(name, command);
  } catch (error) {
    if (error instanceof WgcacheError) return { tool: null, sure: false };
    throw error;
  }
  const tried = triedFor(tool, command);
  for (const path of tried ?? []) see(path);
  return { tool, sure: tried !== null };
}
