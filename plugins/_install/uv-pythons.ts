/** Every Python that uv may make an environment of: which of them it takes follows from what they are, what is asked for, and uv itself. */
import path from 'node:path';
import type { Shebang } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';
import { countBase, countPythonVariables } from './python-home.ts';
import { countLibc } from './toolchain.ts';
import { isPlace } from './uv-environment.ts';

/** Python 2 is none that uv makes an environment of. */
const NAMES = /^(c?python|pypy|graalpy|pyodide)(3[\d.]*)?[td]*$/;

/**
 * Version files here and of the user, and what is asked for on the line or in a variable.
 * @param given by `--python`
 * @returns whether there is anything of that
 */
export function countRequest(ctx: Context, given: string | undefined): boolean {
  const asked = given ?? (ctx.where('UV_PYTHON') || null);
  ctx.note('python asked for', asked === null ? null : isPlace(asked) ? ctx.nameOf(asked, 'python asked for') : asked);
  if (asked !== null && isPlace(asked)) countPlace(ctx, asked);
  const home = path.join(ctx.where('XDG_CONFIG_HOME') || path.join(ctx.where('HOME') ?? '', '.config'), 'uv');
  let isAsked = asked !== null;
  for (const dir of [ctx.command.cwd, home])
    for (const name of ['.python-version', '.python-versions'])
      if (ctx.input(path.join(dir, name), 'content', `uv/${name}`) !== 'absent') isAsked = true;
  return isAsked;
}

function countPlace(ctx: Context, asked: string): void {
  const files =
    ctx.input(asked, 'presence', 'python asked for') === 'dir'
      ? ['python', 'python3'].map((name) => path.join(asked, 'bin', name))
      : [asked];
  for (const file of files) ctx.input(file, 'content', `python asked for ${path.basename(file)}`);
}

/**
 * In the order uv tries them: directory by directory, in each `python3` and `python` before those with a number. A version manager's script with a number
 * is not asked whom it runs (each answer takes a tenth of a second) where a range of versions is wanted: nothing after it counts as looked at.
 * @param range neither the line nor a file names one version
 * @returns directories in which they lie, links resolved and not: one of them must be the new environment's home
 */
export async function countPythons(ctx: Context, given: string | undefined, range: boolean): Promise<Set<string>> {
  if (ctx.where('CONDA_PREFIX')) unsupported('an environment of conda');
  countLibc(ctx);
  countPythonVariables(ctx);
  const asked = given ?? ctx.where('UV_PYTHON');
  const files = asked && isPlace(asked) ? [ctx.resolve(asked)] : [];
  for (const dir of [...managed(ctx), ...searched(ctx)])
    for (const { path: file, rel, type } of ctx.tree(dir, { depth: 1, quiet: true }) ?? [])
      if (type === 'file' && NAMES.test(rel)) files.push(file);
  const homes = new Set<string>();
  const told: string[] = [];
  const scripts = new Set<string>();
  for (const file of files) {
    const name = path.basename(file);
    const isScript = (await ctx.derive<null, Shebang>(file, 'shebang', null, { quiet: true })) !== null;
    if (isScript && range && /\d\.\d/.test(name)) break;
    // The program of a name is what the first script of it runs.
    if (isScript && scripts.has(name)) unsupported(`the script ${file}, which runs another Python`);
    if (isScript) scripts.add(name);
    ctx.input(file, 'content', `python ${told.length}`);
    const program = await ctx.program(isScript ? name : file);
    // A version manager that names none fails when it is run, and uv goes on to the next.
    const none = program === null || (isScript && program.real === file);
    if (none && isScript && !/[\\/]shims$/.test(path.dirname(file)))
      unsupported(`the script ${file}, which runs another Python`);
    told.push(`${file} ${none ? '' : program.real}`);
    if (none) continue;
    for (const found of [file, program.path, program.real]) homes.add(path.dirname(found));
    countBase(ctx, path.dirname(path.dirname(program.real)));
  }
  ctx.note('pythons', told);
  return homes;
}

/** Those uv has fetched: names of their directories tell version and build. */
function managed(ctx: Context): string[] {
  const data = ctx.where('XDG_DATA_HOME') || path.join(ctx.where('HOME') ?? '', '.local/share');
  const dir = ctx.where('UV_PYTHON_INSTALL_DIR') || path.join(data, 'uv/python');
  return (ctx.tree(dir, { depth: 1, quiet: true }) ?? [])
    .filter(({ rel, type }) => type === 'dir' && !rel.startsWith('.'))
    .map(({ path: found }) => path.join(found, 'bin'));
}

function searched(ctx: Context): string[] {
  const dirs = (ctx.where('PATH') ?? '').split(path.delimiter).filter((dir) => dir !== '');
  return [...new Set(dirs.map((dir) => ctx.resolve(dir)))];
}
