/** Where Helm looks for its own files: flags over HELM_*, HELM_* over XDG_*, that over the system's own place (facts A0). */
import path from 'node:path';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from './bypass.ts';
import type { CommandLine } from './flags.ts';

export interface HelmPaths {
  readonly repositoryConfig: string;
  readonly repositoryCache: string;
  readonly registryConfig: string;
  /** Plugin directories; each holds one directory a plugin. */
  readonly plugins: readonly string[];
}

type Kind = 'cache' | 'config' | 'data';

export function helmPaths(ctx: Context, line: CommandLine): HelmPaths {
  const at = (flag: string | null, variable: string, kind: Kind, ...below: string[]): string => {
    const told = (flag === null ? undefined : line.value(flag)) ?? ctx.where(variable);
    // Helm takes an empty value at its word and fails on it, each command in its own way.
    if (told === '') unsupported(`an empty ${variable}`);
    return told === undefined ? path.join(base(ctx, kind), ...below) : told;
  };
  return {
    repositoryConfig: ctx.resolve(at('repository-config', 'HELM_REPOSITORY_CONFIG', 'config', 'repositories.yaml')),
    repositoryCache: ctx.resolve(at('repository-cache', 'HELM_REPOSITORY_CACHE', 'cache', 'repository')),
    registryConfig: ctx.resolve(at('registry-config', 'HELM_REGISTRY_CONFIG', 'config', 'registry', 'config.json')),
    plugins: at(null, 'HELM_PLUGINS', 'data', 'plugins')
      .split(path.delimiter)
      .filter((dir) => dir !== '')
      .map((dir) => ctx.resolve(dir)),
  };
}

/** Index file of a configured repository in Helm's cache. */
export function indexFile(paths: HelmPaths, repository: string): string {
  return path.join(paths.repositoryCache, `${repository}-index.yaml`);
}

/** The list of chart names Helm writes beside it. */
export function namesFile(paths: HelmPaths, repository: string): string {
  return path.join(paths.repositoryCache, `${repository}-charts.txt`);
}

function base(ctx: Context, kind: Kind): string {
  const upper = kind.toUpperCase();
  const own = ctx.where(`HELM_${upper}_HOME`);
  if (own) return own;
  return path.join(ctx.where(`XDG_${upper}_HOME`) || systemBase(ctx, kind), 'helm');
}

function systemBase(ctx: Context, kind: Kind): string {
  const home = ctx.where('HOME') ?? '';
  switch (process.platform) {
    case 'win32':
      return ctx.where(kind === 'cache' ? 'TEMP' : 'APPDATA') ?? '';
    case 'darwin':
      return path.join(home, 'Library', { cache: 'Caches', config: 'Preferences', data: '' }[kind]);
    default:
      return path.join(home, { cache: '.cache', config: '.config', data: '.local/share' }[kind]);
  }
}
