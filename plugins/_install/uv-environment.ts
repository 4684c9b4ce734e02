/** Which environment a command of uv is for, told as uv does (uv-python: discovery, virtualenv). */
import path from 'node:path';
import type { PythonConfig } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';
import { countPythonAt, type Python } from './python-home.ts';

/** Of `uv pip`. @param given by `--python` @returns null: there is none, and uv looks for a Python */
export async function countEnvironment(ctx: Context, given: string | undefined): Promise<Python | null> {
  const asked = given ?? ctx.where('UV_PYTHON');
  if (asked) return await countEnvironmentAt(ctx, isPlace(asked) ? ctx.resolve(asked) : search(asked));
  const active = ctx.where('VIRTUAL_ENV');
  if (active) return await countEnvironmentAt(ctx, ctx.resolve(active));
  if (ctx.where('CONDA_PREFIX')) unsupported('an environment of conda');
  for (let dir = ctx.command.cwd; ; dir = path.dirname(dir)) {
    if (ctx.input(path.join(dir, 'pyvenv.cfg'), 'presence') === 'file') return await countEnvironmentAt(ctx, dir);
    const found = path.join(dir, '.venv');
    const type = ctx.input(found, 'presence');
    if (type === 'dir') return await countEnvironmentAt(ctx, found);
    if (type !== 'absent') unsupported(`${ctx.nameOf(found)}, which is no directory`); // versions of uv read in it where the environment lies
    if (dir === path.dirname(dir)) return null;
  }
}

/** @param place the environment, or an interpreter */
export async function countEnvironmentAt(ctx: Context, place: string): Promise<Python> {
  if (ctx.input(place, 'presence', 'python environment') !== 'dir') return await countPythonAt(ctx, place);
  const [first, ...others] = ['python', 'python3'].filter(
    (name) => ctx.input(path.join(place, 'bin', name), 'presence', `python/bin/${name}`) === 'file',
  );
  if (first === undefined) unsupported(`${ctx.nameOf(place)}, which has no Python`);
  for (const name of others) ctx.input(path.join(place, 'bin', name), 'content', `python/bin/${name}`); // versions of uv differ in which they take
  return await countPythonAt(ctx, path.join(place, 'bin', first));
}

/** uv takes it for a path before it takes it for a version or a name. */
export function isPlace(asked: string): boolean {
  return asked.includes('/') || asked.startsWith('.');
}

function search(asked: string): never {
  return unsupported(`--python ${asked}, which uv looks for; a path says which`);
}

/**
 * What `sync` leaves alone though nobody wants it: pip and the like, where uv did not make the environment, or was told to put them there. Names in
 * normal form; enters the key.
 */
export async function keptIn(ctx: Context, { dir, library }: NonNullable<Python['venv']>): Promise<string[]> {
  const found = await ctx.derive<null, PythonConfig>(path.join(dir, 'pyvenv.cfg'), 'python-config', null, {
    quiet: true,
  });
  const settings = new Map((found?.settings ?? []).map(([, key, value]) => [key, value]));
  const minor = Number(/python3\.(\d+)/.exec(library)?.[1] ?? 0);
  const kept =
    settings.has('uv') && settings.get('seed') !== 'true'
      ? []
      : ['pip', 'uv', ...(minor < 12 ? ['setuptools', 'wheel'] : [])];
  ctx.note('made by uv', [settings.has('uv'), settings.get('seed') ?? null, settings.get('relocatable') ?? null]);
  return kept;
}
