/** Helm itself: its bytes count; the version is for the eye. */
import type { Context, Declaration } from '../../src/plugin.ts';

export function helmTool(ctx: Context): NonNullable<Declaration['tool']> {
  return {
    name: ctx.command.argv[0],
    versionArgs: ['version', '--template', '{{.Version}}'],
    // A script in helm's place may do anything.
    scripts: 'bypass',
  };
}

/** Helm tells of each link it follows, by its absolute path. */
export const LINK_MESSAGE: RegExp = /found symbolic link in path/;
