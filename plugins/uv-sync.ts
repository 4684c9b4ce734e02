/** `uv sync` of a lock that stays as it is: the environment with the wheels it names, made whole where there is none. */
import path from 'node:path';
import type { Pyproject, PythonConfig, UvLock } from '../src/facts/values.ts';
import type { Context, Declaration, NotStoredReason, Plugin } from '../src/plugin.ts';
import { unsupported } from './_helm/bypass.ts';
import { claimsUvSync } from './_install/claims.ts';
import { declaring, insideOrBypass, labelOf, unpinned } from './_install/declaring.ts';
import { countVenv } from './_install/python-packages.ts';
import { countEnvironmentAt, keptIn } from './_install/uv-environment.ts';
import { UV_APART, UV_FLAGS, UV_SHORT } from './_install/uv-flags.ts';
import { countIndexes } from './_install/uv-indexes.ts';
import { countPythons, countRequest } from './_install/uv-pythons.ts';
import { type UvSettings, uvSettings } from './_install/uv-settings.ts';
import { confirmWheels, refuseUntold } from './_install/uv-wheels.ts';
import { type FlagTable, type Line, readLine, spellFlags } from './_install/words.ts';

const FLAGS: FlagTable = {
  flags: {
    ...UV_FLAGS,
    active: 'no',
    'all-extras': 'switch',
    'all-groups': 'switch',
    exact: 'quiet-switch',
    extra: 'list',
    frozen: 'switch',
    group: 'list',
    inexact: 'no', // what is there beside stays, or is replaced: the lock's markers say
    locked: 'switch',
    'no-default-groups': 'switch',
    'no-dev': 'switch',
    'no-editable': 'switch',
    'no-extra': 'list',
    'no-group': 'list',
    'no-install-local': 'switch',
    'no-install-package': 'list',
    'no-install-project': 'switch',
    'no-install-workspace': 'switch',
    'only-dev': 'switch',
    'only-group': 'list',
    dev: 'switch',
  },
  short: UV_SHORT,
};

export const plugin: Plugin = {
  name: 'uv-sync',
  version: 1,
  match: claimsUvSync,
  declare: (ctx) => declaring(ctx, labelOf(ctx.command.argv), declare),
};

async function declare(ctx: Context, label: string): Promise<Declaration> {
  const line = readLine(ctx.command.argv.slice(1), FLAGS);
  if (line.words.length !== 1) unsupported(`uv ${line.words.join(' ')}`);
  const settings = await uvSettings(ctx, line, false);
  await refuseUntold(ctx, line, settings);
  const project = await ctx.derive<null, Pyproject>('pyproject.toml', 'pyproject', null, { quiet: true });
  if (project === null) unsupported('no pyproject.toml in this directory');
  ctx.note('pyproject.toml', project.meaning);
  if (!settings.on('frozen') && !settings.on('locked'))
    unpinned('uv.lock, which uv may write anew: --locked or --frozen keeps it');
  if (!settings.on('frozen') && project.dynamic)
    unsupported('a project of which its build tells the rest: --locked asks it, --frozen does not');
  const lock = await countLock(ctx, settings);
  countIndexes(ctx, line);
  const asked = countRequest(ctx, line.value('python'));
  const place = insideOrBypass(
    ctx,
    ctx.resolve(ctx.where('UV_PROJECT_ENVIRONMENT') || '.venv'),
    'UV_PROJECT_ENVIRONMENT with a path in the workspace',
  );
  const there = ctx.input(place, 'presence');
  return {
    tool: { name: 'uv', versionArgs: ['--version'] },
    args: ['sync', ...spellFlags(line, FLAGS, UV_APART)],
    shape: ['sync', ctx.nameOf(place)],
    label,
    stdout: 'progress',
    words: { fresh: 'environment is as the lock says', restored: 'environment put back' },
    ...(there === 'absent'
      ? await anew(ctx, line, place, !asked && !project.requires.includes('=='))
      : await synced(ctx, place, lock)),
  };
}

type Rest = Pick<Declaration, 'outputs' | 'settles' | 'makes' | 'confirm'>;

/** uv makes the environment too. Its scripts name where it lies, so that what was made is for this place. */
async function anew(ctx: Context, line: Line, place: string, range: boolean): Promise<Rest> {
  const homes = await countPythons(ctx, line.value('python'), range);
  return {
    outputs: [{ kind: 'tree', path: place, exclusive: false, keepMtime: true }],
    makes: place,
    confirm: async (made, after) => (await confirmHome(after, place, homes)) ?? (await confirmWheels(made, after)),
  };
}

/** Python and uv are asked for by what lies around: a Python from elsewhere, such as one that uv has just fetched, nobody here has looked at. */
async function confirmHome(after: Context, place: string, homes: ReadonlySet<string>): Promise<NotStoredReason | null> {
  const config = await after.derive<null, PythonConfig>(path.join(place, 'pyvenv.cfg'), 'python-config', null, {
    quiet: true,
  });
  const home = config?.settings.find(([, key]) => key === 'home')?.[2] ?? 'nowhere';
  return homes.has(home) ? null : { code: 'plugin', text: `uv took a Python from ${home}` };
}

/** What is there and not in the lock goes; so does what is in the lock and not wanted. */
async function synced(ctx: Context, place: string, lock: UvLock): Promise<Rest> {
  const { venv } = await countEnvironmentAt(ctx, place);
  if (venv === null) unsupported(`${ctx.nameOf(place)}, which is no environment`);
  const kept = await keptIn(ctx, venv);
  const pins = lock.packages.map(({ name, version }) => ({ name, version, marker: kept.includes(name) }));
  return { outputs: [countVenv(ctx, venv, pins, kept)], settles: true, confirm: confirmWheels };
}

/** Only what a registry has, with hashes. The project itself may be one that is not installed. */
async function countLock(ctx: Context, settings: UvSettings): Promise<UvLock> {
  const lock = await ctx.derive<null, UvLock>('uv.lock', 'uv-lock', null, { quiet: true });
  if (lock === null) unsupported('no uv.lock in this directory');
  if (!lock.ok) unsupported('a uv.lock of another version');
  if (lock.kernel) unsupported('a marker that asks for the kernel');
  ctx.note('uv.lock', lock.meaning);
  const left = ['no-install-project', 'no-install-workspace', 'no-install-local'].some((name) => settings.on(name));
  for (const { name, source, from, hashed } of lock.packages) {
    const own = from === '.' && (source === 'virtual' || (source === 'editable' && left));
    if (source === 'editable' && from === '.' && !left)
      unsupported(
        'the project itself, which is built with whatever its build asks for; --no-install-project leaves it out',
      );
    if (own) continue;
    if (source !== 'registry' || !/^https?:/.test(from)) unsupported(`${name}, which comes from ${from} (${source})`);
    if (!hashed) unpinned(`${name} has no hash in uv.lock`);
  }
  return lock;
}
