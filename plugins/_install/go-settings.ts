/**
 * What `go env` would say, from where it says it (cmd/go/internal/cfg): the environment, then the file of `go env -w`, then
 * GOROOT/go.env. An empty variable is as good as none.
 */
import path from 'node:path';
import type { GoEnv } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from '../_helm/bypass.ts';

/** What may change what is built or chosen. Values enter the key as hashes, those of a file in plain. */
const COUNTED = [
  'AR', 'CC', 'CGO_CFLAGS', 'CGO_CFLAGS_ALLOW', 'CGO_CFLAGS_DISALLOW', 'CGO_CPPFLAGS', 'CGO_CXXFLAGS', 'CGO_ENABLED', 'CGO_FFLAGS',
  'CGO_LDFLAGS', 'CGO_LDFLAGS_ALLOW', 'CGO_LDFLAGS_DISALLOW', 'CXX', 'FC', 'GO111MODULE', 'GO386', 'GOAMD64', 'GOARCH', 'GOARM',
  'GOARM64', 'GODEBUG', 'GOEXPERIMENT', 'GOFIPS140', 'GOFLAGS', 'GOMIPS', 'GOMIPS64', 'GOOS', 'GOPPC64', 'GORISCV64', 'GOTOOLCHAIN',
  'GOWASM', 'GO_EXTLINK_ENABLED', 'PKG_CONFIG',
]; // biome-ignore format: a list to read

export interface GoSettings {
  /** The value in force; empty: Go's own default. */
  get(name: string): string;
  readonly goroot: string;
  /** First of GOPATH. */
  readonly gopath: string;
  readonly modcache: string;
  /** The checksum database by its name, which holds its key. */
  readonly database: string;
  /** Null: a program keeps it, or nobody knows where it lies. */
  readonly cache: string | null;
}

export async function goSettings(ctx: Context): Promise<GoSettings> {
  const program = (await ctx.program(ctx.command.argv[0])) ?? unsupported('no go on PATH');
  const home = ctx.where('HOME') || unsupported('HOME is not set');
  const read = async (file: string): Promise<GoEnv['values']> =>
    (await ctx.derive<null, GoEnv>(file, 'go-env', null, { quiet: true }))?.values ?? {};
  const written = ctx.where('GOENV') || path.join(configDir(ctx, home), 'go/env');
  const own = written === 'off' ? {} : await read(written);
  const goroot = ctx.where('GOROOT') || own.GOROOT || path.dirname(path.dirname(program.real));
  const filed = { ...(await read(path.join(goroot, 'go.env'))), ...own };
  const get = (name: string) => ctx.where(name) || filed[name] || '';
  for (const name of COUNTED) if (!ctx.env(name) && filed[name]) ctx.note(`go env ${name}`, filed[name]);
  refuseRelative(get);
  toolchain(ctx, goroot, get('GOTOOLCHAIN'));
  const database = databaseOf(get('GOSUMDB'));
  ctx.note('checksum database', database);
  const gopath = (get('GOPATH') || path.join(home, 'go')).split(path.delimiter)[0] ?? '';
  return {
    get,
    goroot,
    gopath,
    database,
    modcache: get('GOMODCACHE') || path.join(gopath, 'pkg/mod'),
    cache: buildCache(ctx, home, get),
  };
}

/** Go's own. */
export const DATABASE = 'sum.golang.org';

/** Another database may vouch for another content of the same version. Its key is its name; from where it is read is not (modfetch/sumdb.go). */
function databaseOf(chosen: string): string {
  const [name = ''] = chosen.trim().split(/\s+/);
  return ['', 'sum.golang.google.cn'].includes(name) ? DATABASE : name;
}

/** Go refuses to work with them. */
function refuseRelative(get: GoSettings['get']): void {
  for (const name of ['GOBIN', 'GOCACHE', 'GOMODCACHE', 'GOPATH']) {
    const places = get(name).split(name === 'GOPATH' ? path.delimiter : '\0');
    const odd = places.find((place) => place !== '' && !path.isAbsolute(place));
    if (odd !== undefined) unsupported(`${name}=${odd}, which is no absolute path`);
  }
}

/** As os.UserConfigDir has it. */
function configDir(ctx: Context, home: string): string {
  if (process.platform === 'darwin') return path.join(home, 'Library/Application Support');
  return ctx.where('XDG_CONFIG_HOME') || path.join(home, '.config');
}

/** As cmd/go/internal/cache has it. */
function buildCache(ctx: Context, home: string, get: GoSettings['get']): string | null {
  if (get('GOCACHEPROG') !== '') return null;
  const own = process.platform === 'darwin' ? 'Library/Caches' : '.cache';
  return get('GOCACHE') || path.join(ctx.where('XDG_CACHE_HOME') || path.join(home, own), 'go-build');
}

/** The go command is the tool; what it calls comes with it in GOROOT. */
function toolchain(ctx: Context, goroot: string, chosen: string): void {
  // The toolchain of a go.mod line follows from that line, which counts, or from the module's immutable version; one on PATH does not.
  if (/\bpath\b/.test(chosen)) unsupported(`GOTOOLCHAIN=${chosen}`);
  const { os, arch } = nativePlatform();
  const tools = ['asm', 'cgo', 'compile', 'link'].map((tool) => `pkg/tool/${os}_${arch}/${tool}`);
  for (const name of ['VERSION', ...tools]) {
    ctx.input(path.join(goroot, name), 'content', `GOROOT/${name}`);
  }
}

/** This machine, in Go's words. */
export function nativePlatform(): { readonly os: string; readonly arch: string } {
  const arch: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
  return { os: process.platform.replace('win32', 'windows'), arch: arch[process.arch] ?? process.arch };
}

/** A comma-separated list of globs against the beginning of a module path, as GOPRIVATE has it (module.MatchPrefixPatterns). */
export function matchesPrefix(patterns: string, target: string): boolean {
  return patterns.split(',').some((pattern) => {
    const parts = pattern.trim().replace(/\/$/, '').split('/');
    const words = target.split('/');
    return (
      pattern.trim() !== '' && parts.length <= words.length && parts.every((part, i) => globs(part, words[i] ?? ''))
    );
  });
}

/** One element, as path.Match; a class is taken for a match of any one character, which only ever bypasses more. */
function globs(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/\[[^\]]*\]/g, '?')
    .replace(/\\(.)/g, '$1')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`).test(text);
}

/** Modules the checksum database does not vouch for: all, or those these patterns match. */
export function unsummed(settings: GoSettings): 'all' | string {
  if (settings.get('GOSUMDB') === 'off') return 'all';
  return settings.get('GONOSUMDB') || settings.get('GOPRIVATE');
}
