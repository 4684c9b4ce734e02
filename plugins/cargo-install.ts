/** `cargo install --locked CRATE@VERSION`: a program from a release and its own lock, by a toolchain that counts, into a root in the workspace. */
import path from 'node:path';
import type { CargoInstalls } from '../src/facts/values.ts';
import type { Context, Declaration, OutputRule, Plugin } from '../src/plugin.ts';
import { unsupported } from './_helm/bypass.ts';
import { claimsCargoInstall } from './_install/claims.ts';
import { declaring, insideOrBypass, labelOf, unpinned } from './_install/declaring.ts';
import { cargoHome, countRust } from './_install/rust-toolchain.ts';
import { type FlagTable, type Line, readLine, spellFlags } from './_install/words.ts';

const FLAGS: FlagTable = {
  flags: {
    'all-features': 'switch',
    bin: 'list',
    bins: 'switch',
    color: 'quiet-value',
    config: 'no',
    debug: 'no',
    features: 'list',
    force: 'switch',
    frozen: 'switch',
    git: 'no',
    'ignore-rust-version': 'switch',
    index: 'no',
    jobs: 'quiet-value',
    'keep-going': 'quiet-switch',
    list: 'no',
    locked: 'switch',
    'no-default-features': 'switch',
    'no-track': 'no',
    offline: 'quiet-switch',
    path: 'no',
    profile: 'value',
    // It hides that a crate came without a lock.
    quiet: 'no',
    registry: 'no',
    root: 'value',
    target: 'list',
    'target-dir': 'no',
    vers: 'value',
    verbose: 'quiet-switch',
    version: 'value',
  },
  short: { F: 'features', f: 'force', j: 'jobs', q: 'quiet', v: 'verbose' },
};

export const plugin: Plugin = {
  name: 'cargo-install',
  version: 1,
  match: claimsCargoInstall,
  declare: (ctx) => declaring(ctx, labelOf(['cargo', ...ctx.command.argv.slice(1)]), declare),
};

async function declare(ctx: Context, label: string): Promise<Declaration> {
  const { argv } = ctx.command;
  if (argv[1]?.startsWith('+')) unsupported(argv[1]);
  const line = readLine(argv.slice(1), FLAGS);
  const [crate = '', version] = crateOf(line);
  if (!line.on('locked') && !line.on('frozen'))
    unpinned(`${crate} is built with the newest dependencies there are; --locked takes those of its lock`);
  const place = line.value('root') ?? ctx.where('CARGO_INSTALL_ROOT');
  const root = insideOrBypass(ctx, place ? ctx.resolve(place) : cargoHome(ctx), '--root .wgcache');
  ctx.note('root', ctx.nameOf(root));
  await countRust(ctx, crate, line.all('target'));
  await countRoot(ctx, root, crate, version, line.on('force'));
  return {
    tool: { name: argv[0], versionArgs: ['--version'] },
    args: ['install', crate, version, ...spellFlags(line, FLAGS, ['root', 'version', 'vers', 'locked', 'frozen'])],
    shape: ['install', crate, ctx.nameOf(root)],
    label,
    outputs: outputsOf(root, crate),
    settles: true,
    stdout: 'progress',
    namesRoot: [/^\s*(Installing|Replacing|Replaced|Installed|Removing|Ignored) /, /^warning: be sure to add /],
    // Without a lock in it, `--locked` has nothing to go by.
    trouble: /no Cargo\.lock file published/,
    words: { fresh: 'already installed', restored: 'program put back' },
  };
}

/** A version in full is meant exactly, anything shorter is a range. */
function crateOf(line: Line): [crate: string, version: string] {
  const [command, word = '', more] = line.words;
  if (command !== 'install') unsupported(`cargo ${command}`);
  if (word === '') unsupported('cargo install of what lies here');
  if (more !== undefined) unsupported('several crates at once; one step for each');
  const [crate = '', at, ...rest] = word.split('@');
  if (!/^[A-Za-z0-9_-]+$/.test(crate) || rest.length > 0) unsupported(`the crate ${word}`);
  const [asked = '', another] = [at ?? [], line.all('version'), line.all('vers')].flat();
  if (another !== undefined) unsupported('two versions');
  const [, version] = /^=?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$/.exec(asked) ?? [];
  return [
    crate,
    version ??
      unpinned(`${crate} ${asked || 'without a version'} may be another tomorrow; name one in full (${crate}@1.2.3)`),
  ];
}

const LISTS = ['.crates.toml', '.crates2.json'] as const;

function outputsOf(root: string, crate: string): OutputRule[] {
  return [
    ...LISTS.map((name): OutputRule => ({ kind: 'file', path: path.join(root, name), required: true })),
    {
      kind: 'listed',
      path: path.join(root, 'bin'),
      list: path.join(root, '.crates2.json'),
      fact: 'cargo-installs',
      files: (value) =>
        programsOf(
          root,
          (value as CargoInstalls).crates.filter(({ name }) => name === crate),
        ),
    },
  ];
}

function programsOf(root: string, crates: CargoInstalls['crates']): string[] {
  return crates.flatMap(({ bins }) => bins.map((bin) => path.join(root, 'bin', bin)));
}

/**
 * What cargo knows of the root: other crates' entries stay in the lists. Its own of the same version makes cargo leave what is there, however it was
 * built, so that counts; one of another version, or without its programs, is replaced, and does not.
 */
async function countRoot(ctx: Context, root: string, crate: string, version: string, force: boolean): Promise<void> {
  const others: string[] = [];
  const owners = new Map<string, string>();
  const own: CargoInstalls['crates'][] = [];
  for (const name of LISTS) {
    const list = path.join(root, name);
    const found = await ctx.derive<null, CargoInstalls>(list, 'cargo-installs', null, { quiet: true });
    if (found?.ok === false) unsupported(`${ctx.nameOf(list)} of a form nobody here knows`);
    for (const { name: owner, entry, bins } of found?.crates ?? []) {
      if (owner !== crate) others.push(entry);
      for (const bin of bins) {
        if ((owners.get(bin) ?? owner) !== owner) unsupported(`${bin} is a program of two crates`);
        owners.set(bin, owner);
      }
    }
    own.push(found?.crates.filter((one) => one.name === crate) ?? []);
  }
  if (own[0]?.length !== own[1]?.length) unsupported(`${ctx.nameOf(root)} has two lists that differ`);
  ctx.note('other crates', others);
  // Cargo fails where a program is to go and one lies that it did not put there.
  const files = ctx.tree(path.join(root, 'bin'), { depth: 1, quiet: true }) ?? [];
  ctx.note(
    'other programs',
    files.map(({ rel }) => rel).filter((bin) => !owners.has(bin)),
  );
  const programs = programsOf(root, own[1]?.filter((one) => one.version === version) ?? []);
  const there = await Promise.all(programs.map((file) => ctx.derive(file, 'presence', null, { quiet: true })));
  if (force || programs.length === 0 || there.includes(null)) return;
  for (const file of [...LISTS.map((name) => path.join(root, name)), ...programs]) ctx.input(file, 'content');
}
