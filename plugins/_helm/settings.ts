/** What every helm command looks at before its own work starts (facts A0). */
import path from 'node:path';
import type { Repositories } from '../../src/facts/values.ts';
import type { Context } from '../../src/plugin.ts';
import { bypass, unsupported } from './bypass.ts';
import { quietly } from './facts.ts';
import type { ReadCommand } from './flag-tables.ts';
import { type CommandLine, readCommandLine } from './flags.ts';
import { type HelmPaths, helmPaths } from './paths.ts';
import { registryConfigs } from './registry-config.ts';

export interface HelmStep {
  readonly line: CommandLine;
  readonly paths: HelmPaths;
}

/** Reads the command line and puts what surrounds every helm command into the key. */
export async function helmStep(ctx: Context, command: ReadCommand): Promise<HelmStep> {
  const line = readCommandLine(ctx.command.argv, command);
  if (line.on('help')) unsupported('--help');
  if (line.on('debug')) bypass({ code: 'debug', what: '--debug' });
  if (/^(1|t|T|TRUE|true|True)$/.test(ctx.where('HELM_DEBUG') ?? '')) bypass({ code: 'debug', what: 'HELM_DEBUG' });
  for (const name of ['HELM_PPROF_CPU_PROFILE', 'HELM_PPROF_MEM_PROFILE']) {
    if (ctx.where(name)) bypass({ code: 'debug', what: name });
  }
  // Where releases are kept is set up for every command, and a database or files of releases may fail it.
  const driver = ctx.where('HELM_DRIVER') ?? '';
  if (!['', 'secret', 'secrets', 'configmap', 'configmaps'].includes(driver)) unsupported(`HELM_DRIVER=${driver}`);
  const paths = helmPaths(ctx, line);
  await pluginInputs(ctx, paths);
  await expiredRepositories(ctx, paths);
  await registryConfigs(ctx, paths.registryConfig);
  return { line, paths };
}

/** Plugins add commands and warn on stderr when they do not load; they cannot change what our commands do otherwise. */
async function pluginInputs(ctx: Context, paths: HelmPaths): Promise<void> {
  if (ctx.where('HELM_NO_PLUGINS') === '1') return;
  for (const [i, dir] of paths.plugins.entries()) {
    for (const entry of ctx.tree(dir, { role: `helm plugins ${i}`, quiet: true }) ?? []) {
      if (/^[^/]+\/plugin\.yaml$/.test(entry.rel)) ctx.input(entry.path, 'content', `helm plugins ${i}/${entry.rel}`);
    }
  }
}

const EXPIRED = [
  ['stable', 'kubernetes-charts.storage.googleapis.com'],
  ['incubator', 'kubernetes-charts-incubator.storage.googleapis.com'],
] as const;

/** Helm warns about two repositories that are long gone; only that warning depends on repositories.yaml here. */
async function expiredRepositories(ctx: Context, paths: HelmPaths): Promise<void> {
  const file = paths.repositoryConfig;
  const known = await quietly<Repositories>(ctx, file, 'repositories', 'repositories.yaml');
  if (known === null) return;
  if (!known.ok) {
    ctx.input(file, 'content', 'repositories.yaml');
    return;
  }
  const expired: string[] = [];
  for (const [name, host] of EXPIRED) {
    const entry = known.repositories.find((r) => r.name === name);
    // Helm stops looking at the first name that is not configured.
    if (entry === undefined) break;
    if (entry.url.includes(host)) expired.push(name);
  }
  if (expired.length > 0) ctx.note('expired repositories', expired);
}

/** Certificates named on the command line are read at start by commands that make a registry client. */
export function certificateInputs(ctx: Context, line: CommandLine): void {
  for (const flag of ['ca-file', 'cert-file', 'key-file']) {
    const file = line.value(flag);
    if (file) ctx.input(ctx.resolve(file), 'content', flag);
  }
}

/** A chart path as Helm takes it, without what a shell may add: `chart/`, `./chart` and `chart` are one. */
export function chartPath(ctx: Context, typed: string): string {
  return path.normalize(ctx.resolve(typed)).replace(/(?<=.)\/+$/, '');
}
