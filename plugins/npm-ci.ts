/** `npm ci`: node_modules from a lock that names every package with its hash, put back file by file. */
import path from 'node:path';
import type { NpmLock, NpmManifest } from '../src/facts/values.ts';
import type { Context, Declaration, Plugin, Seed } from '../src/plugin.ts';
import { unsupported } from './_helm/bypass.ts';
import { claimsNpmCi } from './_install/claims.ts';
import { declaring, labelOf } from './_install/declaring.ts';
import { CREDENTIAL, type NpmConfig, npmConfig, npmPath } from './_install/npm-config.ts';
import { confirmInstalled } from './_install/npm-confirm.ts';
import { countCompiler, isScript } from './_install/toolchain.ts';
import { type FlagTable, type Line, readLine, spellFlags } from './_install/words.ts';

const FLAGS: FlagTable = {
  flags: {
    audit: 'quiet-switch',
    'bin-links': 'switch',
    cache: 'quiet-value',
    color: 'quiet-value',
    'foreground-scripts': 'switch',
    force: 'switch',
    fund: 'quiet-switch',
    'ignore-scripts': 'switch',
    include: 'list',
    'install-links': 'switch',
    'install-strategy': 'value',
    'legacy-peer-deps': 'switch',
    loglevel: 'quiet-value',
    'no-audit': 'quiet-switch',
    'no-bin-links': 'switch',
    'no-fund': 'quiet-switch',
    'no-progress': 'quiet-switch',
    'no-update-notifier': 'quiet-switch',
    offline: 'quiet-switch',
    omit: 'list',
    only: 'value',
    'prefer-offline': 'quiet-switch',
    production: 'switch',
    progress: 'quiet-switch',
    quiet: 'quiet-switch',
    registry: 'quiet-value',
    silent: 'quiet-switch',
    'strict-peer-deps': 'switch',
    verbose: 'quiet-switch',
  },
  short: { q: 'quiet', s: 'silent' },
};

export const plugin: Plugin = {
  name: 'npm-ci',
  version: 2,
  match: claimsNpmCi,
  declare: (ctx) => declaring(ctx, labelOf(['npm', ...ctx.command.argv.slice(1)]), declare),
};

async function declare(ctx: Context, label: string): Promise<Declaration> {
  const line = readLine(ctx.command.argv.slice(1), FLAGS);
  if (line.words.length !== 1) unsupported(`npm ${line.words.join(' ')}`);
  const { npm, node } = await programs(ctx);
  const config = await npmConfig(ctx, npm, node);
  for (const name of ['NODE_ENV', 'NODE_OPTIONS', 'NODE_PATH']) ctx.env(name);
  refuseHooks(ctx.where('NODE_OPTIONS') ?? '');
  const scripts = (line.value('ignore-scripts') ?? config.get('ignore-scripts')) !== 'true';
  await countManifest(ctx, scripts);
  const { file, lock } = await countLock(ctx);
  if (scripts && lock.scripts.length > 0) await countScripts(ctx, lock.scripts);
  refuseOtherPlaces(config);
  refuseHooks(config.get('node-options') ?? '');
  const installing = {
    file,
    scripts: scripts ? lock.scripts : null,
    node,
    os: config.get('os') ?? process.platform,
    cpu: config.get('cpu') ?? process.arch,
    libc: config.get('libc') ?? null,
    omit: omitted(ctx, line, config),
  };
  return {
    tool: { name: ctx.command.argv[0], scripts: 'bytes', versionArgs: ['--version'] },
    args: ['ci', ...spellFlags(line, FLAGS)],
    shape: ['ci', ctx.nameOf('.')],
    label,
    outputs: [{ kind: 'tree', path: ctx.resolve('node_modules'), exclusive: true }],
    stdout: 'progress',
    seeds: seeds(ctx, line, config),
    confirm: (made, after) => confirmInstalled(made, after, installing),
    words: { fresh: 'node_modules is as the lock says', restored: 'node_modules put back' },
  };
}

/**
 * Packages as they came. A file's name is its SHA-512, and npm asks for it by the lock's hash and checks the bytes (pacote, cacache). The index beside it
 * (`index-v5`) is left out: it tells what a URL answered, which changes, and holds addresses and headers, so credentials; `npm ci` does without it.
 */
function seeds(ctx: Context, line: Line, config: NpmConfig): Seed[] {
  const cache = npmPath(ctx, line.value('cache') ?? (config.get('cache') || '~/.npm'));
  const files = /^sha512\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{124}$/;
  return [{ name: 'npm', dir: path.join(cache, '_cacache/content-v2'), files }];
}

/** npm is a script of node: both count, npm by its version. */
async function programs(ctx: Context): Promise<{ readonly npm: string; readonly node: string }> {
  const npm = (await ctx.program(ctx.command.argv[0])) ?? unsupported('no npm on PATH');
  const node = (await ctx.program('node')) ?? unsupported('no node on PATH');
  const home = path.dirname(path.dirname(npm.real));
  if (!/[\\/]bin[\\/]npm-cli\.js$/.test(npm.real)) unsupported(`${npm.real} is not npm itself`);
  if (await isScript(ctx, node.real)) unsupported(`${ctx.nameOf(node.path)}, a script: it starts another node`);
  ctx.input(path.join(home, 'package.json'), 'content', 'npm/package.json');
  return { npm: home, node: node.real };
}

/** What the project's own scripts do is anybody's guess; so is a workspace. */
async function countManifest(ctx: Context, scripts: boolean): Promise<void> {
  const file = path.join(ctx.command.cwd, 'package.json');
  const manifest = await ctx.derive<null, NpmManifest>(file, 'npm-manifest', null, { quiet: true });
  if (manifest === null) unsupported('no package.json in this directory');
  if (!manifest.ok) unsupported('a package.json out of the ordinary');
  ctx.note('package.json', manifest.meaning);
  if (manifest.workspaces) unsupported('workspaces');
  if (scripts && manifest.scripts.length > 0)
    unsupported(
      `package.json has its own script ${manifest.scripts[0]}; npm ci --ignore-scripts, then that script as a step`,
    );
  if (ctx.input('binding.gyp', 'presence') !== 'absent' && scripts)
    unsupported('binding.gyp builds the project itself');
  // A workspace is installed from its root, which lies above.
  for (let dir = path.dirname(ctx.command.cwd); dir !== path.dirname(dir); dir = path.dirname(dir)) {
    const above = path.join(dir, 'package.json');
    const found = await ctx.derive<null, NpmManifest>(above, 'npm-manifest', null, { quiet: true });
    if (found?.workspaces) unsupported(`the workspaces of ${ctx.nameOf(above)}`);
  }
}

/** A shrinkwrap goes before a lock. */
async function countLock(ctx: Context): Promise<{ readonly file: string; readonly lock: NpmLock }> {
  const present = ['npm-shrinkwrap.json', 'package-lock.json'].filter((name) => ctx.input(name, 'content') === 'file');
  const name = present[0] ?? unsupported('no package-lock.json');
  const lock = await ctx.derive<null, NpmLock>(name, 'npm-lock', null, { quiet: true });
  if (!lock?.ok) unsupported(`a ${name} of a version before 2`);
  if (lock.links[0] !== undefined) unsupported(`${lock.links[0]} is linked to a directory of the project`);
  if (lock.fetched[0] !== undefined) unsupported(lock.fetched[0]);
  return { file: name, lock };
}

/** Kinds of packages that may be left out by what anybody said. */
function omitted(ctx: Context, line: Line, config: NpmConfig): string[] {
  const said = [...line.all('omit'), config.get('omit') ?? ''].join(' ');
  const production =
    [line.value('only'), config.get('only'), line.value('production'), config.get('production')].some(
      (value) => value !== undefined && value !== 'false',
    ) || ctx.where('NODE_ENV') === 'production';
  const kinds = ['dev', 'optional', 'peer'].filter((kind) => said.includes(kind) || config.get(kind) === 'false');
  return production ? [...kinds, 'dev'] : kinds;
}

/** Code of files that nobody hashed would run in npm, and in scripts. */
function refuseHooks(options: string): void {
  if (/(^|\s)(-r|--(require|import|loader|experimental-loader|env-file\S*))\b/.test(options))
    unsupported('NODE_OPTIONS that name code');
}

/** They leave things elsewhere (browsers below HOME, hooks in .git, files of the project), or go by files of the project (schema.prisma, nx.json). */
const ELSEWHERE =
  /^(@prisma\/client|@sveltejs\/kit|msw|nx|cypress|puppeteer|(@playwright\/.*)|playwright.*|husky|simple-git-hooks|yorkie|ghooks|pre-commit|(@evilmartians\/)?lefthook.*|git-hooks.*)$/;

/** A package's script may compile, and read variables that are called after it. */
async function countScripts(ctx: Context, names: readonly string[]): Promise<void> {
  const elsewhere = names.find((name) => ELSEWHERE.test(name));
  if (elsewhere !== undefined)
    unsupported(`the script of ${elsewhere} works outside node_modules; --ignore-scripts leaves it out`);
  await countCompiler(ctx, [ctx.env('CC') || 'cc', ctx.env('CXX') || 'c++']);
  for (const name of ['AR', 'CFLAGS', 'CI', 'CPPFLAGS', 'CXXFLAGS', 'LDFLAGS', 'MAKEFLAGS']) ctx.env(name);
  const stems = names.flatMap((name) => name.toUpperCase().split(/[^A-Z0-9]+/)).filter((stem) => stem.length > 2);
  for (const name of Object.keys(ctx.command.env)) {
    if (CREDENTIAL.test(name)) continue; // another one each time in CI: NODE_AUTH_TOKEN, where a package is called node-…
    if (stems.some((stem) => name.toUpperCase().startsWith(stem))) ctx.env(name, { secret: true });
  }
}

/** Settings that put things elsewhere than into node_modules here, or take them from elsewhere. */
function refuseOtherPlaces(config: NpmConfig): void {
  for (const key of [
    'global',
    'location',
    'workspaces',
    'workspace',
    'package-lock-only',
    'dry-run',
    'install-links',
    'package-lock',
    'usage',
  ]) {
    const value = config.get(key);
    // `dry-run =` without a value means yes.
    if (value !== undefined && value !== 'false' && !(key === 'package-lock' && value === 'true'))
      unsupported(`the npm setting ${key}=${value}`);
  }
}
