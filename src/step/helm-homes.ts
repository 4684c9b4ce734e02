/** Where Helm keeps its own files, for a run that must leave them as they are (facts A0). */
import { basename, dirname, join, resolve } from 'node:path';
import { insideName } from '../base/paths.ts';
import type { Command } from '../plugin.ts';

export interface Homes {
  /** Directories to copy; none lies in another. */
  readonly dirs: readonly string[];
  /** Variables that tell Helm of them, with what they say now. */
  readonly variables: Readonly<Record<string, string>>;
}

const FLAGS = ['--repository-config', '--repository-cache', '--registry-config', '--content-cache'];
const KINDS = [
  ['CACHE', '.cache'],
  ['CONFIG', '.config'],
  ['DATA', '.local/share'],
] as const;

/** @returns the flag, when the command line itself names such a file */
export function helmHomes({ argv, env, cwd }: Command): Homes | { readonly flag: string } {
  const flag = argv.map((word) => word.split('=')[0]).find((word) => word !== undefined && FLAGS.includes(word));
  if (flag !== undefined) return { flag };
  const variables: Record<string, string> = {};
  for (const [kind, own] of KINDS)
    variables[`HELM_${kind}_HOME`] =
      env[`HELM_${kind}_HOME`] || join(env[`XDG_${kind}_HOME`] || join(env.HOME ?? '', own), 'helm');
  const dirs = Object.values(variables).map((dir) => resolve(cwd, dir));
  for (const [name, isFile] of [
    ['HELM_REPOSITORY_CONFIG', true],
    ['HELM_REGISTRY_CONFIG', true],
    ['HELM_REPOSITORY_CACHE', false],
    ['HELM_CONTENT_CACHE', false],
  ] as const) {
    const path = env[name];
    if (!path) continue;
    variables[name] = resolve(cwd, path);
    dirs.push(isFile ? dirname(resolve(cwd, path)) : resolve(cwd, path));
  }
  const distinct = [...new Set(dirs)].filter((dir) => basename(dir) !== '');
  return {
    dirs: distinct.filter((dir) => !distinct.some((other) => other !== dir && insideName(other, dir) !== null)),
    variables: Object.fromEntries(Object.entries(variables).map(([name, path]) => [name, resolve(cwd, path)])),
  };
}
