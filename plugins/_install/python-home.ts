/** Which Python an install is for, told from the command's first words: pip by the interpreter of its script, `python -m pip` by itself. */
import path from 'node:path';
import type { PythonConfig, Shebang } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';
import { countLibc, isScript } from './toolchain.ts';

export interface Python {
  /** As it would be started; links not resolved, since it finds its environment beside itself. */
  readonly interpreter: string;
  /** The environment it is of, and where packages lie in it; null: of none. */
  readonly venv: { readonly dir: string; readonly library: string } | null;
}

/** Its bytes, those of its library and of pip, and what chooses wheels for it enter the key. */
export async function countPython(ctx: Context): Promise<Python> {
  const python = await countPythonAt(ctx, await interpreterOf(ctx));
  // An empty part is the cwd.
  const before = (ctx.where('PYTHONPATH') || null)?.split(path.delimiter).map((part) => ctx.resolve(part || '.')) ?? [];
  for (const place of before)
    if (holdsPackages(ctx, place))
      unsupported(`packages in ${ctx.nameOf(place)} (PYTHONPATH), which pip takes for installed`);
  const places = [...before, ...libraries(ctx, python)];
  for (const [at, place] of places.entries()) ctx.input(path.join(place, 'pip/__init__.py'), 'content', `pip #${at}`); // it tells the version
  return python;
}

function holdsPackages(ctx: Context, dir: string): boolean {
  const entries = ctx.tree(dir, { depth: 1, quiet: true }) ?? [];
  return entries.some(({ rel }) => /\.(dist-info|egg-info|egg-link|egg)$/.test(rel));
}

/** The same without pip. */
export async function countPythonAt(ctx: Context, interpreter: string): Promise<Python> {
  if (ctx.input(interpreter, 'content', 'python') !== 'file') unsupported(`no interpreter at ${interpreter}`);
  if (await isScript(ctx, interpreter)) unsupported(`${ctx.nameOf(interpreter)}, a script in the place of Python`);
  countLibc(ctx);
  countPythonVariables(ctx);
  return await pythonAt(ctx, interpreter);
}

export function countPythonVariables(ctx: Context): void {
  for (const name of [
    'PYTHONHOME',
    'PYTHONPATH',
    'PYTHONNOUSERSITE',
    'PYTHONPYCACHEPREFIX',
    'PYTHONDONTWRITEBYTECODE',
    'PYTHONOPTIMIZE',
    'SOURCE_DATE_EPOCH', // compiled files then go by what is in their sources
  ])
    ctx.env(name);
}

/** @param interpreter of an environment or of none */
async function pythonAt(ctx: Context, interpreter: string): Promise<Python> {
  const above = path.dirname(path.dirname(interpreter));
  const config = path.join(above, 'pyvenv.cfg');
  const found = await ctx.derive<null, PythonConfig>(config, 'python-config', null, { quiet: true });
  if (found === null) {
    countBase(ctx, above);
    return { interpreter, venv: null };
  }
  const settings = new Map(found.settings.map(([, key, value]) => [key, value]));
  if (settings.get('include-system-site-packages')?.toLowerCase() === 'true')
    unsupported('a venv with the packages of the system');
  const home = settings.get('home') ?? unsupported('a pyvenv.cfg without home');
  // `command` names where it lies and is for readers.
  ctx.note(
    'pyvenv.cfg',
    ['home', 'version', 'version_info', 'implementation'].map((key) => settings.get(key) ?? null),
  );
  countBase(ctx, path.dirname(home));
  const [version, another] = versionsIn(ctx, path.join(above, 'lib'));
  if (version === undefined || another !== undefined)
    unsupported(`${ctx.nameOf(above)} is for no one version of Python`);
  return { interpreter, venv: { dir: above, library: path.join(above, 'lib', version, 'site-packages') } };
}

async function interpreterOf(ctx: Context): Promise<string> {
  const { argv } = ctx.command;
  const program = (await ctx.program(argv[0])) ?? unsupported(`no ${argv[0]} on PATH`);
  if (argv[1] === '-m') return program.path;
  const script = await ctx.derive<null, Shebang>(program.real, 'shebang', null, { quiet: true });
  if (script === null) unsupported(`${program.path} is no script that names its Python`);
  const { interpreter, argument } = script;
  if (!/[\\/]env$/.test(interpreter)) return interpreter;
  return ((await ctx.program(argument)) ?? unsupported(`${program.path} is for ${argument}, which is not there`)).path;
}

/** The program may be a few bytes that load a library. */
export function countBase(ctx: Context, prefix: string): void {
  const lib = path.join(prefix, 'lib');
  for (const { path: file, rel } of ctx.tree(lib, { depth: 1, quiet: true, role: 'python/lib' }) ?? [])
    if (/^libpython3[\d.]*.*\.(so|dylib)/.test(rel)) ctx.input(file, 'content', `python/lib/${rel}`);
}

function versionsIn(ctx: Context, lib: string): string[] {
  const entries = ctx.tree(lib, { depth: 1, quiet: true }) ?? [];
  return entries.filter(({ rel, type }) => type === 'dir' && /^python3\.\d+$/.test(rel)).map(({ rel }) => rel);
}

/** Where pip may lie, in the order Python looks. */
function libraries(ctx: Context, { interpreter, venv }: Python): string[] {
  if (venv !== null) return [venv.library];
  const prefix = path.dirname(path.dirname(interpreter));
  const user = path.join(ctx.where('PYTHONUSERBASE') || path.join(ctx.where('HOME') ?? '', '.local'), 'lib');
  const under = (lib: string, ...names: string[]) =>
    versionsIn(ctx, lib).flatMap((version) => names.map((name) => path.join(lib, version, name)));
  return [
    ...under(user, 'site-packages'),
    ...under(path.join(prefix, 'local/lib'), 'dist-packages'),
    ...under(path.join(prefix, 'lib'), 'site-packages'),
    path.join(prefix, 'lib/python3/dist-packages'),
  ];
}
