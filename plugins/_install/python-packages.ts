/** What lies where Python packages are installed, as far as an installer goes by it. */
import path from 'node:path';
import type { WheelRecord } from '../../src/facts/values.ts';
import type { Context, MadeOutput, NotStoredReason, OutputRule } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';
import type { Python } from './python-home.ts';
import { type Requirements, sameVersion } from './requirements.ts';

interface Installed {
  /** Name of its directory. */
  readonly entry: string;
  /** Normal form (PEP 503). */
  readonly name: string;
  readonly version: string;
}

/** A package the step wants, in normal form; with `marker`, perhaps. */
export type Pinned = Pick<Requirements['pins'][number], 'name' | 'version' | 'marker'>;

/** What a package of some name is to the step. */
type Part = 'wanted' | 'replaced' | 'beside';

/** Null also for names that no installer gives, such as `~ip-24.0.dist-info`, which pip leaves when it is stopped: its list names files that are pip's again. */
function packageOf(entry: string): Installed | null {
  const [, name, version] = /^([a-z0-9](?:[a-z0-9._]*[a-z0-9])?)-(\d[^-]*)\.dist-info$/i.exec(entry) ?? [];
  return name === undefined || version === undefined
    ? null
    : { entry, name: name.toLowerCase().replace(/[-_.]+/g, '-'), version };
}

/** After a run: what is required for certain must be among what was captured, else it lies where nobody here looked (another version, another directory). */
export function notInstalled(made: readonly MadeOutput[], pins: readonly Pinned[]): NotStoredReason | null {
  const lists = made.filter(({ path: file }) => path.basename(file) === 'RECORD');
  const found = lists.flatMap(({ path: file }) => packageOf(path.basename(path.dirname(file))) ?? []);
  const lost = pins.find((pin) => !pin.marker && !found.some((one) => partOf(one, [pin]) === 'wanted'));
  return lost === undefined
    ? null
    : { code: 'plugin', text: `${lost.name} ${lost.version} is not where it was to be installed` };
}

/** Of a name that only some platforms want, another version may stay. */
function partOf({ name, version }: Installed, pins: readonly Pinned[]): Part {
  const own = pins.filter((pin) => pin.name === name);
  if (own.some((pin) => sameVersion(pin.version ?? '', version))) return 'wanted';
  return own.some(({ marker }) => !marker) ? 'replaced' : 'beside';
}

/**
 * An environment, or any directory that an installer regards as one: what is wanted and there stays as it is, whoever put it there, so it counts by its list of files; what is there in another version
 * is deleted first, so it does not; the rest may be needed by what comes, and counts by its version.
 * @param sync all else is deleted, but for these names; what may be wanted on another platform, or another time, too
 */
export function countVenv(
  ctx: Context,
  { dir, library }: NonNullable<Python['venv']>,
  wanted: readonly Pinned[],
  sync: readonly string[] | null = null,
): OutputRule {
  const beside: string[] = [];
  const names = new Set<string>();
  const part = (found: Installed): Part => {
    const said = partOf(found, wanted);
    return said === 'beside' && sync?.includes(found.name) === false ? 'replaced' : said;
  };
  for (const { path: file, rel } of ctx.tree(library, { depth: 1, quiet: true }) ?? []) {
    const found = packageOf(rel);
    if (found !== null && names.has(found.name)) unsupported(`${ctx.nameOf(library)}, which holds ${found.name} twice`);
    if (found !== null) names.add(found.name);
    if (found !== null && part(found) === 'wanted') ctx.input(path.join(file, 'RECORD'), 'content');
    else if (found !== null && part(found) === 'beside') {
      // Whether it is replaced, its marker says.
      if (wanted.some(({ name }) => name === found.name))
        unsupported(`${ctx.nameOf(library)}, which holds ${found.name} in another version`);
      beside.push(`${found.name} ${found.version}`);
    } else if (/\.(egg-info|egg-link|egg)$/.test(rel)) unsupported(`${ctx.nameOf(file)}, a package in an old form`);
    else if (found === null && rel.endsWith('.dist-info'))
      unsupported(`${ctx.nameOf(file)}, a package by no name: installers pass over it, or fail`);
  }
  ctx.note('installed beside', beside);
  const claims = (wish: Part) => (entry: string) => {
    const found = packageOf(entry);
    return found !== null && part(found) === wish;
  };
  const all = (entry: string) => claims('wanted')(entry) || claims('replaced')(entry);
  const replaces = sync === null ? claims('replaced') : all;
  return { kind: 'packages', path: dir, library, owns: claims('wanted'), replaces };
}

/**
 * A directory of `--target`: pip adds to it, leaves or replaces whole entries, and never looks which packages they are of.
 * So it must hold what this step wants, and nothing else.
 */
export async function countTarget(ctx: Context, dir: string, wanted: Requirements): Promise<OutputRule> {
  const entries = ctx.tree(dir, { depth: 1, quiet: true }) ?? [];
  const own = new Set(['__pycache__']);
  for (const { path: place, rel } of entries) {
    const found = packageOf(rel);
    if (found === null) continue;
    if (partOf(found, wanted.pins) !== 'wanted')
      unsupported(
        `${ctx.nameOf(dir)} holds ${found.name} ${found.version}, which pip would leave there; remove the directory`,
      );
    own.add(rel);
    const list = path.join(place, 'RECORD');
    ctx.input(list, 'content');
    const record = await ctx.derive<null, WheelRecord>(list, 'wheel-record', null, { quiet: true });
    // Programs are listed as from a deeper directory, from which pip moves all to this one.
    for (const file of record?.paths ?? []) own.add(file.replace(/^(\.\.\/)+/, '').split('/')[0] ?? '');
  }
  const stranger = entries.find(({ rel }) => !own.has(rel));
  if (stranger !== undefined)
    unsupported(`${ctx.nameOf(stranger.path)} is not of these packages: give them a directory of their own`);
  return { kind: 'tree', path: dir, exclusive: false, keepMtime: true };
}
