/** The environment a command gets when it is watched. */
import type { Collected } from './collect.ts';
import type { Step } from './step.ts';

/** @param more beside its own: our guards and the locks held for it */
export function environmentOf(
  { command }: Step,
  { declaration }: Collected,
  more: Readonly<Record<string, string>>,
): Record<string, string | undefined> {
  const given = declaration.environment ?? command.env;
  // The directory by its real name: through a link, what the command prints of it would not be known for the root's path.
  return { ...given, ...(given.PWD === undefined ? {} : { PWD: command.cwd }), ...more };
}
