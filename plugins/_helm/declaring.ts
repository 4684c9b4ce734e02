/** Runs a helm plugin's declaration, and names the step also where it ends in a bypass. */
import type { Context, Declaration, Declared } from '../../src/plugin.ts';
import { Bypass } from './bypass.ts';
import { FLAGS, type ReadCommand } from './flag-tables.ts';
import { readCommandLine } from './flags.ts';
import { helmCommand } from './subcommand.ts';

/** Runs a declaration; what was thrown by {@link bypass} is its answer, anything else stays an error. */
export async function declaring(ctx: Context, work: (ctx: Context) => Promise<Declaration>): Promise<Declared> {
  try {
    return await work(ctx);
  } catch (error) {
    if (error instanceof Bypass) return { bypass: error.reason, ...labelOf(ctx) };
    throw error;
  }
}

/** The command and its plain words, where the command line can be read at all. */
function labelOf(ctx: Context): { label?: string } {
  const command = helmCommand(ctx.command.argv);
  if (command === null || !Object.hasOwn(FLAGS, command)) return {};
  try {
    const words = readCommandLine(ctx.command.argv, command as ReadCommand).words.map((word) =>
      word.replace(/:\/\/[^/@]*@/, '://'),
    );
    return { label: ['helm', command, ...words].join(' ') };
  } catch (error) {
    if (error instanceof Bypass) return {};
    throw error;
  }
}
