/** The kinds of steps the oracle knows, opened when they are played. */
import { openHelm } from './helm.ts';
import { INSTALLS } from './install/index.ts';
import type { Around, Kind } from './kind.ts';

export const KINDS: Readonly<Record<string, (around: Around) => Promise<Kind>>> = { helm: openHelm, ...INSTALLS };

/** One by its name, `all-installs`, or `all`. */
export function kindsNamed(name: string): readonly string[] {
  if (name === 'all') return Object.keys(KINDS);
  if (name === 'all-installs') return Object.keys(INSTALLS);
  if (Object.hasOwn(KINDS, name)) return [name];
  throw new Error(`no kind ${name}: ${[...Object.keys(KINDS), 'all-installs', 'all'].join(', ')}`);
}
