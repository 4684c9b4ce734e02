/** Requirements of `pip install` and `uv pip`, with all files they name: each counts by what it says, not by comments or its own place. */
import path from 'node:path';
import type { PipRequirements } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';
import { unpinned } from './declaring.ts';
import { withoutUser } from './pip-settings.ts';
import { countWheels } from './wheel-links.ts';

export interface Requirements {
  readonly pins: readonly PipRequirements['requirements'][number][];
  /** Options of the files: name to values. */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

const NESTED = new Set(['requirement', 'constraint']);
const KNOWN = new Set([
  'extra-index-url', 'find-links', 'index-url', 'no-index', 'only-binary', 'pre', 'prefer-binary', 'require-hashes', 'trusted-host',
]); // biome-ignore format: a list to read

/** @param constraints versions only, no wishes */
export async function countRequirements(
  ctx: Context,
  files: readonly string[],
  constraints: readonly string[],
): Promise<Requirements> {
  const pins: PipRequirements['requirements'][number][] = [];
  const options = new Map<string, string[]>();
  const texts: string[] = [];
  const seen = new Set<string>();
  const look = async (file: string, kind: string): Promise<void> => {
    const shown = withoutUser(file);
    if (/^[a-z][a-z0-9+.-]*:/i.test(file)) unsupported(`requirements from ${shown}`);
    const absolute = ctx.resolve(file);
    if (seen.has(`${kind} ${absolute}`)) return;
    seen.add(`${kind} ${absolute}`);
    const found = await ctx.derive<null, PipRequirements>(absolute, 'pip-requirements', null, { quiet: true });
    if (found === null) unsupported(`no file ${ctx.nameOf(absolute)}`);
    if (found.others[0] !== undefined)
      unsupported(`${ctx.nameOf(absolute)} has ${found.others[0]}, which is no release with a name and a version`);
    for (const name of found.variables) ctx.env(name, { secret: true });
    for (const requirement of found.requirements) {
      if (/\bplatform_(release|version)\b/.test(requirement.text)) unsupported('a marker that asks for the kernel');
      texts.push(`${kind} ${requirement.text}`);
      if (kind === 'requirement') pins.push(requirement);
    }
    for (const [name, value] of found.options) {
      if (NESTED.has(name))
        await look(path.resolve(path.dirname(absolute), value), kind === 'constraint' ? kind : name);
      else if (!KNOWN.has(name)) unsupported(`${ctx.nameOf(absolute)} has ${withoutUser(name)}`);
      else options.set(name, [...(options.get(name) ?? []), value]);
      // A directory is looked for beside the file first.
      if (name === 'find-links' && !/^[a-z]+:/i.test(value))
        countWheels(ctx, path.resolve(path.dirname(absolute), value));
    }
  };
  for (const file of files) await look(file, 'requirement');
  for (const file of constraints) await look(file, 'constraint');
  options.delete('trusted-host');
  ctx.note('requirements', texts);
  ctx.note('options of requirements', Object.fromEntries([...options].sort(([a], [b]) => (a < b ? -1 : 1))));
  return { pins, options };
}

const VERSION = /^v?\d+(\.\d+)*((a|b|rc|\.post|\.dev)\d+)*(\+[a-z0-9.]+)?$/;
export const HINT = 'pip-compile --generate-hashes or uv pip compile --generate-hashes write them';

/** @param all each must have a hash: an installer that does not ask for them would take what has none as it comes */
export function refuseUnpinned({ pins }: Requirements, all: boolean): void {
  const loose = pins.find(({ version }) => version === null || !VERSION.test(version));
  if (loose !== undefined) unpinned(`${loose.name} has no version by ==, and no hash; ${HINT}`);
  const bare = all ? pins.find(({ hashes }) => hashes.length === 0) : undefined;
  if (bare !== undefined) unpinned(`${bare.name} has no hash; ${HINT}`);
}

/** Versions that are equal though written otherwise (PEP 440, as far as {@link VERSION} goes). */
export function sameVersion(a: string, b: string): boolean {
  return release(a) === release(b);
}

function release(version: string): string {
  return version
    .toLowerCase()
    .replace(/^v/, '')
    .replace(/^(\d+(?:\.\d+)*?)(?:\.0)+(?!\.?\d)/, '$1');
}
