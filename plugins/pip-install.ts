/** `pip install`: wheels whose hashes the requirements name, into a venv or a `--target` directory of the workspace, put back file by file. */
import path from 'node:path';
import type { Context, Declaration, Plugin } from '../src/plugin.ts';
import { unsupported } from './_helm/bypass.ts';
import { claimsPipInstall } from './_install/claims.ts';
import { declaring, insideOrBypass, labelOf, unpinned } from './_install/declaring.ts';
import { pipSeed } from './_install/pip-seed.ts';
import { type PipSettings, pipSettings, withoutUser } from './_install/pip-settings.ts';
import { countPython } from './_install/python-home.ts';
import { countTarget, countVenv, notInstalled } from './_install/python-packages.ts';
import { countRequirements, HINT, type Requirements, refuseUnpinned } from './_install/requirements.ts';
import { countLinks } from './_install/wheel-links.ts';
import { type FlagTable, type Line, readLine, spellFlags } from './_install/words.ts';

const FLAGS: FlagTable = {
  equals: 'long',
  flags: {
    'break-system-packages': 'switch',
    'cache-dir': 'quiet-value',
    cert: 'quiet-value',
    'client-cert': 'quiet-value',
    compile: 'switch',
    constraint: 'list',
    'disable-pip-version-check': 'quiet-switch',
    editable: 'no',
    'exists-action': 'quiet-value',
    'extra-index-url': 'list',
    'find-links': 'list',
    'index-url': 'value',
    'no-cache-dir': 'quiet-switch',
    'no-color': 'quiet-switch',
    'no-compile': 'switch',
    'no-deps': 'switch',
    'no-index': 'switch',
    'no-input': 'quiet-switch',
    'no-python-version-warning': 'quiet-switch',
    'no-warn-conflicts': 'quiet-switch',
    'no-warn-script-location': 'quiet-switch',
    'only-binary': 'list',
    pre: 'switch',
    'prefer-binary': 'switch',
    'progress-bar': 'quiet-value',
    proxy: 'quiet-value',
    quiet: 'quiet-switch',
    'require-hashes': 'switch',
    'require-virtualenv': 'quiet-switch',
    requirement: 'list',
    retries: 'quiet-value',
    'root-user-action': 'quiet-value',
    target: 'value',
    timeout: 'quiet-value',
    'trusted-host': 'quiet-value',
    upgrade: 'switch',
    'upgrade-strategy': 'value',
    verbose: 'quiet-switch',
  },
  short: {
    U: 'upgrade', c: 'constraint', e: 'editable', f: 'find-links', i: 'index-url', q: 'quiet', r: 'requirement', t: 'target', v: 'verbose',
  }, // biome-ignore format: a list to read
};

/** In the key by what they lead to, or without user info. */
const APART = ['constraint', 'extra-index-url', 'find-links', 'index-url', 'only-binary', 'requirement', 'target'];

export const plugin: Plugin = {
  name: 'pip-install',
  version: 1,
  match: claimsPipInstall,
  declare: (ctx) => declaring(ctx, labelOf(ctx.command.argv), declare),
};

async function declare(ctx: Context, label: string): Promise<Declaration> {
  const { argv } = ctx.command;
  const line = readLine(argv.slice(argv[1] === '-m' ? 3 : 1), FLAGS);
  if (line.words[0] !== 'install') unsupported(`pip ${line.words[0]}`);
  const named = line.words[1];
  if (named !== undefined && /[/\\:@]|^\.|\.(whl|zip|tar\.\w+|tgz)$/.test(named))
    unsupported(`the package ${withoutUser(named)}`);
  if (named !== undefined) unpinned(`${named} on the command line has no hash: name it in a file for -r; ${HINT}`);
  const python = await countPython(ctx);
  const settings = await pipSettings(ctx, path.dirname(path.dirname(python.interpreter)));
  const target = line.value('target');
  const place =
    target === undefined
      ? insideOrBypass(
          ctx,
          python.venv?.dir ?? path.dirname(path.dirname(python.interpreter)),
          'python -m venv .venv, and its pip',
        )
      : insideOrBypass(ctx, ctx.resolve(target), '--target .wgcache/python');
  ctx.note('place', ctx.nameOf(place));
  const wanted = await countRequirements(ctx, line.all('requirement'), line.all('constraint'));
  refuseWhatIsOpen(line, settings, wanted);
  for (const name of ['index-url', 'extra-index-url'])
    if (line.all(name).length > 0) ctx.note(name, line.all(name).map(withoutUser));
  countLinks(ctx, [
    ...settings.all('find-links').flatMap((text) => text.split(/\s+/)),
    ...(wanted.options.get('find-links') ?? []),
    ...line.all('find-links'),
  ]);
  // Scripts name it.
  ctx.note('interpreter', ctx.nameOf(python.interpreter));
  const output =
    target === undefined && python.venv !== null
      ? countVenv(ctx, python.venv, wanted.pins)
      : await countTarget(ctx, place, wanted);
  return {
    tool: {
      name: argv[0],
      scripts: 'bytes',
      versionArgs: argv[1] === '-m' ? ['-m', 'pip', '--version'] : ['--version'],
    },
    args: ['install', ...spellFlags(line, FLAGS, APART)],
    shape: ['install', ctx.nameOf(place), ...line.all('requirement').map((file) => ctx.nameOf(file))],
    label,
    outputs: [output],
    settles: true,
    seeds: pipSeed(ctx, line, settings, wanted),
    stdout: 'progress',
    confirm: async (made) => notInstalled(made, wanted.pins),
    words: { fresh: 'packages are as required', restored: 'packages put back' },
  };
}

/** Only what hashes name, and wheels alone: a source distribution is built with what its build asks the index for. */
function refuseWhatIsOpen(line: Line, settings: PipSettings, wanted: Requirements): void {
  const hashes =
    line.on('require-hashes') ||
    wanted.options.has('require-hashes') ||
    /^(1|true|yes|on)$/i.test(settings.all('require-hashes').at(-1) ?? '') ||
    wanted.pins.some((pin) => pin.hashes.length > 0); // one hash makes pip ask for all
  refuseUnpinned(wanted, !hashes);
  const binary = [
    ...settings.all('only-binary'),
    ...(wanted.options.get('only-binary') ?? []),
    ...line.all('only-binary'),
  ];
  if (
    !binary.some((value) => value.split(/[\s,]+/).includes(':all:')) ||
    binary.some((value) => value.includes(':none:'))
  )
    unsupported('what may be built from sources; --only-binary :all: takes wheels alone');
}
