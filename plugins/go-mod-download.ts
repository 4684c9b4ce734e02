/** `go mod download`: the modules that go.mod or the command line names, into a module cache in the workspace. */
import path from 'node:path';
import type { GoMod, GoSum } from '../src/facts/values.ts';
import type { Context, Declaration, Plugin } from '../src/plugin.ts';
import { unsupported } from './_helm/bypass.ts';
import { claimsGoModDownload } from './_install/claims.ts';
import { declaring, insideOrBypass, labelOf, nearest, unpinned } from './_install/declaring.ts';
import { workFile } from './_install/go-files.ts';
import { DOWNLOAD, goLine } from './_install/go-line.ts';
import { confirmModules, type Pins } from './_install/go-modcache.ts';
import { type GoSettings, goSettings, matchesPrefix, unsummed } from './_install/go-settings.ts';
import { countVersions, isPinned } from './_install/go-versions.ts';
import { spellFlags } from './_install/words.ts';

export const plugin: Plugin = {
  name: 'go-mod-download',
  version: 3,
  match: claimsGoModDownload,
  declare: (ctx) => declaring(ctx, labelOf(['go', ...ctx.command.argv.slice(1)]), declare),
};

async function declare(ctx: Context, label: string): Promise<Declaration> {
  const settings = await goSettings(ctx);
  const line = goLine(ctx.command.argv.slice(3), settings, DOWNLOAD);
  if (settings.get('GO111MODULE') === 'off') unsupported('GO111MODULE=off');
  const modcache = insideOrBypass(ctx, ctx.resolve(settings.modcache), 'set GOMODCACHE="$PWD/.wgcache/go-mod"');
  ctx.note('module cache', ctx.nameOf(modcache));
  const main = await mainModules(ctx, settings);
  for (const word of line.words) await countArgument(ctx, settings, word, main);
  if (line.words.length === 0) vouched(settings, main);
  return {
    tool: { name: ctx.command.argv[0], versionArgs: ['version'] },
    args: ['mod', 'download', ...spellFlags(line, DOWNLOAD), ...line.words],
    shape: ['mod', 'download', ctx.nameOf(modcache)],
    label,
    // Others may have modules there too; what lies there is a module of its version, whoever fetched it: see `confirm`.
    // No seeds: the cache is the output, and modules that an earlier go.mod asked for would be taken for this one's.
    outputs: [{ kind: 'tree', path: modcache, exclusive: false }],
    confirm: async (made) => confirmModules(made, modcache, unsummed(settings), main.sums),
    stdout: line.on('json') ? 'product' : 'progress',
    words: { fresh: 'modules are there', restored: 'modules put back' },
  };
}

interface MainModules {
  readonly requires: readonly string[];
  readonly sums: Pins;
}

/** The files of the main module or of the workspace are inputs; so are those of modules replaced by directories. */
async function mainModules(ctx: Context, settings: GoSettings): Promise<MainModules> {
  const requires: string[] = [];
  const sums = { modules: new Set<string>(), mods: new Set<string>() };
  const read = async (file: string, sum: string): Promise<GoMod | null> => {
    ctx.input(file, 'content', `${path.basename(file)} above the root`);
    ctx.input(sum, 'content', `${path.basename(sum)} above the root`);
    const [mod, pins] = [
      await ctx.derive<null, GoMod>(file, 'go-mod', null, { quiet: true }),
      await ctx.derive<null, GoSum>(sum, 'go-sum', null, { quiet: true }),
    ];
    requires.push(...(mod?.requires ?? []).filter((module) => !isReplaced(module, mod?.replaced ?? [])));
    for (const module of pins?.modules ?? []) sums.modules.add(module);
    for (const module of pins?.mods ?? []) sums.mods.add(module);
    for (const dir of mod?.local ?? []) ctx.input(path.resolve(path.dirname(file), dir, 'go.mod'), 'content');
    return mod;
  };
  const work = await workFile(ctx, settings);
  if (work !== null) {
    const found = await read(work, work.replace(/\.work$/, '.work.sum'));
    for (const dir of found?.uses ?? []) {
      const mod = path.resolve(path.dirname(work), dir, 'go.mod');
      await read(mod, mod.replace(/\.mod$/, '.sum'));
    }
    return { requires, sums };
  }
  const mod = await nearest(ctx, 'go.mod');
  if (mod !== null) await read(mod, mod.replace(/\.mod$/, '.sum'));
  return { requires, sums };
}

function isReplaced(module: string, replaced: readonly string[]): boolean {
  return replaced.some((name) => name === module || name === module.split(' ')[0]);
}

/** What go.sum does not pin, the checksum database must. */
function vouched(settings: GoSettings, { requires, sums }: MainModules): void {
  const patterns = unsummed(settings);
  if (patterns === '') return;
  const loose = requires.find(
    (module) =>
      !sums.modules.has(module) && (patterns === 'all' || matchesPrefix(patterns, module.split(' ')[0] ?? '')),
  );
  if (loose !== undefined) unpinned(`go.sum has no hash of ${loose}, and the checksum database does not vouch for it`);
}

/** A module on the command line, with its version or with that of go.mod. */
async function countArgument(ctx: Context, settings: GoSettings, word: string, main: MainModules): Promise<void> {
  const [target = '', version] = word.split('@');
  if (target.includes('...') || target === 'all') unsupported(`the modules ${word}`);
  const patterns = unsummed(settings);
  const pinned = main.requires
    .filter((module) => module.startsWith(`${target} `))
    .some((module) => main.sums.modules.has(module));
  if (!(version === undefined && pinned) && (patterns === 'all' || matchesPrefix(patterns, target)))
    unpinned(`the checksum database does not vouch for ${target} (GOSUMDB, GONOSUMDB, GOPRIVATE)`);
  if (version !== undefined && !isPinned(version)) await countVersions(ctx, settings, target, version);
}
