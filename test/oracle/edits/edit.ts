/** What an edit is, and what they are made of. */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Applied, Edit as EditOf } from '../kind.ts';
import type { Machine } from '../machine.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';

export type Edit = EditOf<World>;

export const CHARTS = ['app', 'mid', 'lib', 'old', 'full'] as const;

/** Regular files of the charts and of what they share. */
export function files(world: World, fits: (name: string) => boolean = () => true): string[] {
  const found: string[] = [];
  const walk = (dir: string): void => {
    for (const entry of readdirSync(world.path(dir), { withFileTypes: true })) {
      const name = `${dir}/${entry.name}`;
      if (entry.isDirectory()) walk(name);
      else if (entry.isFile() && fits(name)) found.push(name);
    }
  };
  for (const dir of ['charts', 'shared']) if (existsSync(world.path(dir))) walk(dir);
  return found.filter((name) => !name.startsWith('charts/rand/')).sort(); // that one stays random
}

export const isText = (name: string): boolean => !name.endsWith('.tgz');
export const isTemplate = (name: string): boolean => /\/templates\/.*\.yaml$/.test(name);
export const read = (world: Machine, name: string): string => readFileSync(world.path(name), 'utf8');

/** Changes a text, or says there was nothing to change. */
export function change(world: Machine, name: string | undefined, how: (text: string) => string): boolean {
  if (name === undefined || !world.has(name) || !statSync(world.path(name)).isFile()) return false;
  const before = read(world, name);
  const after = how(before);
  if (after === before) return false;
  writeFileSync(world.path(name), after);
  return true;
}

export const some = <T>(random: Random, items: readonly T[]): T | undefined =>
  items.length === 0 ? undefined : random.pick(items);

/** A file gets another byte, as long as before, and its old time. */
export function sameSize(world: Machine, name: string | undefined): boolean {
  if (name === undefined || !world.has(name)) return false;
  const kept = `${world.path(name)}.time`;
  execFileSync('touch', ['-r', world.path(name), kept]); // to the nanosecond, which Node cannot
  const done = change(world, name, (text) =>
    text.replace(/[b-y](?=[^a-zA-Z]*$)/, (char) => String.fromCharCode(char.charCodeAt(0) + 1)),
  );
  execFileSync('touch', ['-r', kept, world.path(name)]);
  rmSync(kept);
  return done;
}

export function toggle(world: Machine, name: string, value: string): boolean {
  if (world.env[name] === undefined) world.env[name] = value;
  else delete world.env[name];
  return true;
}

/** A directory before all others on PATH, or no longer there. */
export function togglePath(world: Machine, dir: string): boolean {
  const dirs = (world.env.PATH ?? '').split(':').filter((one) => one !== '');
  const left = dirs.includes(dir) ? dirs.filter((one) => one !== dir) : [dir, ...dirs];
  if (left.length === 0) delete world.env.PATH;
  else world.env.PATH = left.join(':');
  return true;
}

/** For one step. */
export function forNow(world: Machine, name: string, value: string): Applied {
  const before = world.env[name];
  world.env[name] = value;
  return () => {
    if (before === undefined) delete world.env[name];
    else world.env[name] = before;
  };
}

export function back(world: Machine, name: string, how: (text: string) => string): Applied {
  return () => void change(world, name, how);
}

export function isLink(world: Machine, name: string): boolean {
  return lstatSync(world.path(name), { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
