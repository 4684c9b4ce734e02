/** `uv pip install` and `uv pip sync`: wheels whose hashes the requirements name, into a venv or a `--target` directory of the workspace. */
import type { Context, Declaration, Plugin } from '../src/plugin.ts';
import { unsupported } from './_helm/bypass.ts';
import { claimsUvPip } from './_install/claims.ts';
import { declaring, insideOrBypass, labelOf, unpinned } from './_install/declaring.ts';
import { withoutUser } from './_install/pip-settings.ts';
import { countVenv, notInstalled } from './_install/python-packages.ts';
import { countRequirements, HINT, refuseUnpinned } from './_install/requirements.ts';
import { countEnvironment, keptIn } from './_install/uv-environment.ts';
import { UV_APART, UV_FLAGS, UV_SHORT } from './_install/uv-flags.ts';
import { countIndexes } from './_install/uv-indexes.ts';
import { countPythons, countRequest } from './_install/uv-pythons.ts';
import { uvSettings } from './_install/uv-settings.ts';
import { confirmWheels, refuseUntold } from './_install/uv-wheels.ts';
import { countLinks } from './_install/wheel-links.ts';
import { type FlagTable, readLine, spellFlags } from './_install/words.ts';

const FLAGS: FlagTable = {
  flags: {
    ...UV_FLAGS,
    'allow-empty-requirements': 'switch',
    'break-system-packages': 'switch',
    constraint: 'list',
    constraints: 'list',
    editable: 'no',
    exact: 'switch',
    'no-deps': 'switch',
    'no-verify-hashes': 'no',
    'only-binary': 'list',
    'require-hashes': 'switch',
    requirement: 'list',
    requirements: 'list',
    strict: 'quiet-switch', // warns
    target: 'value',
  },
  short: { ...UV_SHORT, c: 'constraints', e: 'editable', r: 'requirements', t: 'target' },
};

const APART = [...UV_APART, 'constraint', 'constraints', 'exact', 'requirement', 'requirements', 'target'];

export const plugin: Plugin = {
  name: 'uv-pip',
  version: 1,
  match: claimsUvPip,
  declare: (ctx) => declaring(ctx, labelOf(ctx.command.argv), declare),
};

async function declare(ctx: Context, label: string): Promise<Declaration> {
  const line = readLine(ctx.command.argv.slice(1), FLAGS);
  const [, verb = '', ...named] = line.words;
  const files = [...(verb === 'sync' ? named : []), ...line.all('requirement'), ...line.all('requirements')];
  refuseOthers(verb === 'sync' ? [] : named, files);
  const settings = await uvSettings(ctx, line, true);
  await refuseUntold(ctx, line, settings);
  const wanted = await countRequirements(ctx, files, [...line.all('constraint'), ...line.all('constraints')]);
  refuseUnpinned(wanted, true);
  if (verb !== 'sync' && !settings.on('require-hashes') && !settings.on('no-deps'))
    unpinned(
      'what the required packages need in turn has no hash; --require-hashes refuses what is not listed, --no-deps leaves it out',
    );
  countIndexes(ctx, line);
  countLinks(ctx, [...(wanted.options.get('find-links') ?? []), ...line.all('find-links')]);
  const target = line.value('target');
  const python = await countEnvironment(ctx, line.value('python'));
  if (python === null) await countAny(ctx, target);
  ctx.note('interpreter', python === null ? null : ctx.nameOf(python.interpreter)); // scripts name it
  const dir = target === undefined ? python?.venv?.dir : ctx.resolve(target);
  const place = insideOrBypass(ctx, dir ?? python?.interpreter ?? '/', 'uv venv, or --target .wgcache/python');
  ctx.note('place', ctx.nameOf(place));
  if (target === undefined && python?.venv == null)
    unsupported(`${ctx.nameOf(place)}, a Python that is no environment; uv venv makes one`);
  const library = target === undefined ? (python?.venv?.library ?? place) : place;
  const exact = verb === 'sync' || line.on('exact');
  const kept = exact ? await keptFor(ctx, python) : null;
  return {
    tool: { name: 'uv', versionArgs: ['--version'] },
    args: ['pip', verb, ...(exact ? ['--exact'] : []), ...spellFlags(line, FLAGS, APART)],
    shape: ['pip', verb, ctx.nameOf(place), ...files.map((file) => ctx.nameOf(file))],
    label,
    outputs: [countVenv(ctx, { dir: place, library }, wanted.pins, kept)],
    settles: true,
    stdout: 'progress',
    confirm: async (made, after) => notInstalled(made, wanted.pins) ?? (await confirmWheels(made, after)),
    words: { fresh: 'packages are as required', restored: 'packages put back' },
  };
}

/** For a directory any Python will do: which one uv takes follows from all that there are. */
async function countAny(ctx: Context, target: string | undefined): Promise<void> {
  if (target === undefined) unsupported('a Python that uv looks for; uv venv, or --python with a path, says which');
  countRequest(ctx, undefined);
  await countPythons(ctx, undefined, false);
}

async function keptFor(ctx: Context, python: Awaited<ReturnType<typeof countEnvironment>>): Promise<string[]> {
  if (python?.venv == null) unsupported('a Python that is no environment, from which packages would be deleted');
  return await keptIn(ctx, python.venv);
}

function refuseOthers(named: readonly string[], files: readonly string[]): void {
  const [first] = named;
  if (first !== undefined && /[/\\:@]|^\.|\.(whl|zip|tar\.\w+|tgz)$/.test(first))
    unsupported(`the package ${withoutUser(first)}`);
  if (first !== undefined) unpinned(`${first} on the command line has no hash: name it in a file for -r; ${HINT}`);
  const other = files.find((file) => /\.(toml|py|cfg|ya?ml)$/.test(file)); // projects, scripts, environments of conda
  if (other !== undefined) unsupported(`requirements from ${withoutUser(other)}`);
}
