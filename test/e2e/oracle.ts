/** The oracle: whatever wgcache did, the workspace, the streams and the exit code are what the command alone makes of the same machine. */
import { expect } from 'vitest';
import type { Ran, Rig, WrapOptions, Wrapped } from './rig.ts';

export interface OracleOptions extends WrapOptions {
  /** Lines that come in random order. */
  readonly anyOrder?: boolean;
}

/** Wraps a command, and runs it bare in a copy of the machine made just before. All that can be seen must be equal. */
export async function likeBare(
  rig: Rig,
  argv: readonly string[],
  { anyOrder = false, ...options }: OracleOptions = {},
): Promise<Wrapped> {
  const twin = rig.twin();
  const { flags: _, ...plain } = options;
  const ours = await rig.wrap(argv, options);
  const theirs = await twin.bare(argv, plain);
  const told = `${argv.join(' ')}: ${ours.outcome.outcome}`;
  expect({ told, ...visible(ours, rig, anyOrder) }).toEqual({ told, ...visible(theirs, twin, anyOrder) });
  expect(rig.meaning(), told).toEqual(twin.meaning());
  expect(rig.helmFiles(), told).toEqual(twin.helmFiles());
  return ours;
}

function visible(ran: Ran, { base }: Rig, anyOrder: boolean) {
  const text = (raw: string) => {
    const portable = raw.replaceAll(base, '(base)');
    return anyOrder ? portable.split('\n').sort().join('\n') : portable;
  };
  return { exit: ran.exit, stdout: text(ran.stdout.toString('latin1')), stderr: text(ended(ran.stderr)) };
}

/** Our report begins on a new line, so it ends the last one. */
function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
