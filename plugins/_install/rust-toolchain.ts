/** The toolchain cargo would build with: its programs, its libraries, what it links by, and what build scripts take from the environment. */
import path from 'node:path';
import type { CargoConfig } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';
import { countCompiler, isScript } from './toolchain.ts';

/** What cargo is told about the network, the terminal and places of its own. */
const QUIET =
  /^CARGO_(HOME|INSTALL_ROOT|BUILD_JOBS|(TERM|NET|HTTP|CACHE|REGISTRY_(TOKEN|CREDENTIAL_PROVIDER)|REGISTRIES_.*_TOKEN|ALIAS|FUTURE_INCOMPAT_REPORT)(_.*)?)$/;

const COUNTED = [
  'AR', 'CFLAGS', 'CMAKE', 'CXXFLAGS', 'CXXSTDLIB', 'HOST', 'LD', 'LDFLAGS', 'NASM', 'NM', 'PERL', 'PKG_CONFIG', 'PROTOC', 'RANLIB', 'RUSTFLAGS',
  'RUSTC_BOOTSTRAP', 'RUSTUP_TOOLCHAIN', 'SOURCE_DATE_EPOCH', 'TARGET',
]; // biome-ignore format: a list to read

/** Other programs in the place of cargo's own. */
const REPLACED = [
  'RUSTC', 'RUSTC_WRAPPER', 'RUSTC_WORKSPACE_WRAPPER', 'CARGO_BUILD_RUSTC', 'CARGO_BUILD_RUSTC_WRAPPER', 'CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER',
  'CARGO_TERM_QUIET', 'CARGO_TARGET_DIR', 'CARGO_BUILD_TARGET_DIR', 'CARGO_BUILD_BUILD_DIR', 'CARGO_BUILD_TARGET',
]; // biome-ignore format: a list to read

/** Names by which build scripts of libraries are told where things are and how to link. */
const FOR_SCRIPTS =
  /^(CC|CXX|AR|CFLAGS|CXXFLAGS|HOST|TARGET|PKG_CONFIG|OPENSSL|LIBCLANG|LLVM|PROTOC|CMAKE|ZSTD|LIBZ|SQLITE3?|LIBGIT2|LIBSSH2|CURL|NUM_JOBS)_|_(DIR|STATIC|DYNAMIC|NO_PKG_CONFIG|NO_VENDOR|VENDORED|SYS_USE_PKG_CONFIG)$/;

/** @param targets other platforms to build for */
export async function countRust(ctx: Context, crate: string, targets: readonly string[]): Promise<void> {
  const rustc = (await ctx.program('rustc')) ?? unsupported('no rustc on PATH');
  if (await isScript(ctx, rustc.real)) unsupported(`${ctx.nameOf(rustc.path)}, a script in the place of rustc`);
  if ((await ctx.program(ctx.command.argv[0])) === null) unsupported(`${ctx.command.argv[0]} is of no toolchain`);
  const lib = path.join(path.dirname(path.dirname(rustc.real)), 'lib');
  // rustc itself is a few bytes; its libraries are called after what they are made of, and count by their bytes all the same.
  for (const { path: file, rel, type } of ctx.tree(lib, { depth: 1, quiet: true }) ?? [])
    if (type === 'file' && /^lib(rustc_driver|LLVM)/.test(rel)) ctx.input(file, 'content', `rust/lib/${rel}`);
  const std = (ctx.tree(path.join(lib, 'rustlib'), { depth: 3, quiet: true }) ?? []).map(({ rel }) => rel);
  ctx.note(
    'rustlib',
    std.filter((rel) => /^[^/]+\/lib\//.test(rel)),
  );
  for (const target of targets)
    if (!std.some((rel) => rel.startsWith(`${target}/lib/`)))
      unsupported(`${target}, which the toolchain has no library for`);
  await countEnvironment(ctx, crate);
}

async function countEnvironment(ctx: Context, crate: string): Promise<void> {
  const replaced = REPLACED.find((name) => ctx.where(name));
  if (replaced !== undefined) unsupported(`the variable ${replaced}`);
  for (const name of COUNTED) ctx.env(name);
  const stem = `${crate.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_`;
  const linkers: string[] = [];
  for (const name of Object.keys(ctx.command.env)) {
    if (/^(WGCACHE|XDG|RUSTUP)_/.test(name) || QUIET.test(name)) continue;
    if (/^CARGO_/.test(name) || FOR_SCRIPTS.test(name) || name.startsWith(stem)) ctx.env(name, { secret: true });
    if (/^CARGO_TARGET_.*_LINKER$/.test(name)) linkers.push(ctx.where(name) ?? '');
  }
  const home = cargoHome(ctx);
  const configs: string[] = [];
  for (const [at, file] of configsOf(home).entries()) {
    const found = await ctx.derive<null, CargoConfig>(file, 'cargo-config', null, { quiet: true });
    if (found === null) continue;
    if (found.elsewhere[0] !== undefined)
      unsupported(`${found.elsewhere[0]} in the ${path.basename(file)} of cargo (${ctx.nameOf(path.dirname(file))})`);
    configs.push(`${at} ${found.meaning}`);
    linkers.push(...found.linkers);
  }
  ctx.note('cargo config', configs);
  // Messages of a program name the sources it is made of.
  ctx.note('CARGO_HOME', ctx.nameOf(home));
  for (const linker of linkers) await ctx.program(linker);
  await countCompiler(ctx, [ctx.env('CC') || 'cc', ctx.env('CXX') || 'c++']);
}

/** An install starts to look in its home, not in the cwd, and goes up from there; a home in the workspace takes the workspace's config. */
function configsOf(home: string): string[] {
  const names = ['config.toml', 'config'];
  const files = names.map((name) => path.join(home, name));
  for (let dir = home; ; dir = path.dirname(dir)) {
    files.push(...names.map((name) => path.join(dir, '.cargo', name)).filter((file) => !files.includes(file)));
    if (dir === path.dirname(dir)) return files;
  }
}

export function cargoHome(ctx: Context): string {
  return ctx.resolve(ctx.where('CARGO_HOME') || path.join(ctx.where('HOME') ?? '', '.cargo'));
}
