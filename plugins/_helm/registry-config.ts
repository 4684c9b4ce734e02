/**
 * Every helm command opens the registry's credentials at start, and Docker's where there are none of its own; one that does not load fails the
 * command (tried: v3.17.3 with either, v4 with the first). Of a file that loads nothing is in the key: no credential changes a result.
 */
import path from 'node:path';
import type { Context } from '../../src/plugin.ts';
import { unsupported } from './bypass.ts';
import { quietly } from './facts.ts';

export async function registryConfigs(ctx: Context, registryConfig: string): Promise<void> {
  const docker = ctx.where('DOCKER_CONFIG') || path.join(ctx.where('HOME') ?? '', '.docker');
  for (const [role, file] of [
    ['registry config', registryConfig],
    ['docker config', path.join(docker, 'config.json')],
  ] as const) {
    const loads = await quietly<boolean>(ctx, file, 'docker-config', role);
    if (loads === false) ctx.input(file, 'content', role);
    if (loads === null && ctx.tree(file, { quiet: true, depth: 1 }) !== null)
      unsupported(`a directory for the ${role}`);
  }
}
