/**
 * A program of an npm package, by `npm install` without lifecycle scripts: what a script would fetch, nobody has checked. npm checks each package
 * against the integrity its registry has.
 */
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join, posix } from 'node:path';
import { digestOf } from '../../base/digest.ts';
import { byCodeUnit } from '../../base/paths.ts';
import { onlyPrograms } from '../archive.ts';
import { runClient } from '../client.ts';
import { ToolFault } from '../problem.ts';
import { inScratch } from '../scratch.ts';
import type { Wanted } from '../wanted.ts';
import type { Choice, Pin, Source, Versions, Work } from '../work.ts';

export const npmSource: Source = { anyPlatform: false, versions, pin: async () => null, make };

const QUIET = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

async function make(choice: Choice, asked: Pin | null, dir: string, work: Work): Promise<Pin> {
  const { wanted, version } = choice;
  const name = wanted.definition.npm ?? '';
  work.progress({ phase: 'build', by: 'npm' });
  const args = [
    'install',
    '--prefix',
    dir,
    '--ignore-scripts',
    '--omit=dev',
    '--no-save',
    ...QUIET,
    `${name}@${version}`,
  ];
  await inScratch(work, (cwd) => runClient('npm', args, { of: wanted.name, cwd }, work));
  const found = installedIn(dir, name);
  check(`${name}@${version}`, asked?.integrity, found.integrity);
  check(`what ${name}@${version} depends on`, asked?.tree, found.tree);
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const wantedNames = Object.keys(wanted.definition.bin ?? {});
  for (const [program, path] of programsOf(dir, name)) {
    if (wantedNames.length > 0 && !wantedNames.includes(program)) continue;
    const file = posix.join('node_modules', name, path);
    chmodSync(join(dir, file), 0o755);
    symlinkSync(posix.join('..', file), join(bin, program));
  }
  onlyPrograms(dir, wantedNames, name);
  // They name this machine's registry, and nobody needs them.
  for (const own of ['package.json', 'package-lock.json', 'node_modules/.package-lock.json'])
    rmSync(join(dir, own), { force: true });
  return found;
}

function check(what: string, expected: string | undefined, actual: string): void {
  if (expected !== undefined && expected !== actual)
    throw new ToolFault({ code: 'checksum', what, expected, actual, by: 'lock' });
}

interface Installed {
  readonly version?: string;
  readonly integrity?: string;
}

/** As npm noted it: the integrity of the package, and of all of them together. */
function installedIn(dir: string, name: string): { readonly integrity: string; readonly tree: string } {
  const { packages = {} } = readJson(join(dir, 'node_modules', '.package-lock.json')) as {
    packages?: Record<string, Installed>;
  };
  const integrity = packages[`node_modules/${name}`]?.integrity;
  if (integrity === undefined)
    throw new ToolFault({ code: 'no-program', of: name, detail: 'npm does not say what it installed' });
  const lines = Object.entries(packages).map(([path, one]) => `${path} ${one.version ?? ''} ${one.integrity ?? ''}\n`);
  return { integrity, tree: digestOf(lines.sort(byCodeUnit).join('')) };
}

/** `bin` of its package.json: a path, or name to path. */
function programsOf(dir: string, name: string): (readonly [string, string])[] {
  const { bin } = readJson(join(dir, 'node_modules', name, 'package.json')) as { bin?: unknown };
  if (typeof bin === 'string') return [[name.replace(/^.*\//, ''), bin]];
  if (typeof bin !== 'object' || bin === null) return [];
  return Object.entries(bin).flatMap(([program, path]) =>
    typeof path === 'string' && /^[\w.+-]+$/.test(program) && !/^\.+$/.test(program) ? [[program, path] as const] : [],
  );
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

async function versions(wanted: Wanted, work: Work): Promise<Versions> {
  const name = wanted.definition.npm ?? '';
  const args = ['view', name, 'versions', 'dist-tags', '--json', '--loglevel=error'];
  const said = await inScratch(work, (cwd) => runClient('npm', args, { of: wanted.name, cwd }, work));
  const { versions: all = [], 'dist-tags': tags } = JSON.parse(said) as {
    versions?: string | readonly string[];
    'dist-tags'?: { latest?: string };
  };
  return { latest: tags?.latest ?? null, all: typeof all === 'string' ? [all] : all };
}
