/** `go install PATH@VERSION…`: binaries from modules that never change, by a toolchain that counts. Its go.mod is not that of the cwd. */
import path from 'node:path';
import type { GoBuildInfo } from '../src/facts/values.ts';
import type { Context, Declaration, NotStoredReason, Plugin } from '../src/plugin.ts';
import { unsupported } from './_helm/bypass.ts';
import { claimsGoInstall } from './_install/claims.ts';
import { declaring, insideOrBypass, labelOf, unpinned } from './_install/declaring.ts';
import { countAskedToolchain } from './_install/go-files.ts';
import { goLine, INSTALL, refuseForeignTools } from './_install/go-line.ts';
import { buildSeed, moduleSeed } from './_install/go-seeds.ts';
import { type GoSettings, goSettings, matchesPrefix, nativePlatform, unsummed } from './_install/go-settings.ts';
import { countVersions, isPinned } from './_install/go-versions.ts';
import { countCompiler } from './_install/toolchain.ts';
import { type Line, spellFlags } from './_install/words.ts';

export const plugin: Plugin = {
  name: 'go-install',
  version: 2,
  match: claimsGoInstall,
  declare: (ctx) => declaring(ctx, labelOf(['go', ...ctx.command.argv.slice(1)]), declare),
};

async function declare(ctx: Context, label: string): Promise<Declaration> {
  const settings = await goSettings(ctx);
  const line = goLine(ctx.command.argv.slice(2), settings, INSTALL);
  refuseForeignTools(line);
  if (settings.get('GO111MODULE') === 'off') unsupported('GO111MODULE=off');
  const bin = insideOrBypass(ctx, binDir(ctx, settings), 'set GOBIN="$PWD/.wgcache/bin"');
  ctx.note('where it is installed', ctx.nameOf(bin));
  const packages = line.words.map(packageOf);
  for (const { target, version } of packages) {
    const patterns = unsummed(settings);
    if (patterns === 'all' || matchesPrefix(patterns, target))
      unpinned(`the checksum database does not vouch for ${target} (GOSUMDB, GONOSUMDB, GOPRIVATE)`);
    if (!isPinned(version)) await countVersions(ctx, settings, target, version);
  }
  await countAskedToolchain(ctx, settings);
  const cgo = await countBuilder(ctx, settings, line);
  const files = packages.map(({ target }) => path.join(bin, binaryOf(target)));
  await refuseStrangers(ctx, bin, files);
  return {
    tool: { name: ctx.command.argv[0], versionArgs: ['version'] },
    args: ['install', ...spellFlags(line, INSTALL), ...line.words],
    shape: ['install', ...packages.map(({ target }) => target), ctx.nameOf(bin)],
    label,
    outputs: files.map((file) => ({ kind: 'file', path: file, required: true })),
    stdout: 'progress',
    words: { fresh: 'already installed', restored: 'binaries put back' },
    // What C compilers make is found by the names of headers and libraries, not by what is in them: no seed of it.
    seeds: [...(cgo ? [] : buildSeed(settings)), ...moduleSeed(settings)],
    confirm: (_, after) => confirm(after, settings, files),
  };
}

/** `all` and the like, and patterns, may be any number of packages. */
function packageOf(word: string): { readonly target: string; readonly version: string } {
  const at = word.indexOf('@');
  const [target, version] = [word.slice(0, at), word.slice(at + 1)];
  if (at <= 0 || version === '' || target.includes('...') || /^[./]/.test(target)) unsupported(`the package ${word}`);
  return { target, version };
}

/** The last element of the path that is no major version (load.DefaultExecName). */
function binaryOf(target: string): string {
  const words = target.split('/');
  const last = words.at(-1) ?? '';
  const name = /^v([2-9]|[1-9]\d+)$/.test(last) && words.length > 1 ? words.at(-2) : last;
  return `${name}${process.platform === 'win32' ? '.exe' : ''}`;
}

function binDir(ctx: Context, settings: GoSettings): string {
  const { os, arch } = nativePlatform();
  for (const [name, native] of Object.entries({ GOOS: os, GOARCH: arch })) {
    const wanted = settings.get(name);
    if (wanted !== '' && wanted !== native) unsupported(`${name}=${wanted} for another platform`);
  }
  return ctx.resolve(settings.get('GOBIN') || path.join(settings.gopath, 'bin'));
}

/** Go leaves alone what is no program, and fails; it writes through a link. */
async function refuseStrangers(ctx: Context, bin: string, files: readonly string[]): Promise<void> {
  const links = (ctx.tree(bin, { quiet: true, depth: 1 }) ?? []).filter(({ link }) => link).map((entry) => entry.path);
  for (const file of files) {
    if (links.includes(file)) unsupported(`${ctx.nameOf(file)} is a link, and what it leads to would be written`);
    const there = await ctx.derive<null, GoBuildInfo>(file, 'go-build-info', null, { quiet: true });
    if (there?.object === false) unsupported(`${ctx.nameOf(file)} is there already and no program`);
  }
}

/** Paths that get into the binary, and the C toolchain where it is used. @returns whether that is */
async function countBuilder(ctx: Context, settings: GoSettings, line: Line): Promise<boolean> {
  if (!line.on('trimpath')) {
    ctx.note('GOROOT', settings.goroot);
    ctx.note('GOMODCACHE', ctx.nameOf(settings.modcache));
  }
  const cgo = settings.get('CGO_ENABLED');
  if (cgo === '0') return false;
  // Without a compiler on PATH cgo is off by itself.
  const compiler = await countCompiler(ctx, [
    settings.get('CC') || 'gcc',
    settings.get('CC') || 'clang',
    settings.get('CXX') || 'g++',
  ]);
  for (const name of ['AR', 'FC', 'PKG_CONFIG']) if (settings.get(name)) await ctx.program(settings.get(name));
  return compiler || cgo !== '';
}

/** Which modules a binary is made of is known when it is there: each must be one that the checksum database vouches for. */
async function confirm(
  after: Context,
  settings: GoSettings,
  files: readonly string[],
): Promise<NotStoredReason | null> {
  const patterns = unsummed(settings);
  if (patterns === '') return null;
  for (const file of files) {
    const info = await after.derive<null, GoBuildInfo>(file, 'go-build-info', null, { quiet: true });
    if (info?.modules == null)
      return { code: 'plugin', text: `${after.nameOf(file)} does not say which modules it is made of` };
    const foreign = info.modules.find((module) => matchesPrefix(patterns, module.split(' ')[0] ?? ''));
    if (foreign !== undefined) return { code: 'plugin', text: `the checksum database does not vouch for ${foreign}` };
  }
  return null;
}
