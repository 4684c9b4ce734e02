/** Repositories of repositories.yaml, and which of them a dependency means. */
import path from 'node:path';
import type { Repositories } from '../../src/facts/values.ts';
import type { Context, RemoteRequest } from '../../src/plugin.ts';
import { unsupported } from './bypass.ts';
import { quietly } from './facts.ts';
import { type HelmPaths, indexFile, namesFile } from './paths.ts';

export type Repository = Repositories['repositories'][number];
type IndexRequest = Extract<RemoteRequest, { kind: 'index' }>;

/** In file order; empty when there is no repositories.yaml. */
export async function repositories(ctx: Context, paths: HelmPaths): Promise<readonly Repository[]> {
  const known = await quietly<Repositories>(ctx, paths.repositoryConfig, 'repositories', 'repositories.yaml');
  if (known !== null && !known.ok) unsupported('a repositories.yaml out of the ordinary');
  const told = known?.repositories ?? [];
  if (told.some((repository) => repository.userInfo)) unsupported('a repositories.yaml with credentials in a URL');
  return told;
}

/** Helm's `urlutil.Equal`: as spelled, but for the path, which is cleaned. */
export function sameUrl(a: string, b: string): boolean {
  return cleanUrl(a) === cleanUrl(b);
}

function cleanUrl(url: string): string {
  const m = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(.*)$/i.exec(url);
  if (m === null) return cleanPath(url);
  return `${m[1]!.toLowerCase()}://${m[2]}${cleanPath(m[3] === '' ? '/' : m[3]!)}${m[4]}`;
}

function cleanPath(text: string): string {
  return path.posix.normalize(text).replace(/(?<=.)\/+$/, '');
}

/** The repository `@name`, `alias:name` or a URL means; `null`: none that is configured. */
export function findRepository(known: readonly Repository[], wanted: string): Repository | null {
  const name = wanted.startsWith('@') ? wanted.slice(1) : wanted.startsWith('alias:') ? wanted.slice(6) : null;
  return known.find((r) => r.name === name || sameUrl(r.url, wanted)) ?? null;
}

/** Name under which Helm caches the index of a repository nobody configured. The hash is loaded for those alone. */
export async function unmanagedName(url: string): Promise<string> {
  const { createHash } = await import('node:crypto');
  return `helm-manager-${createHash('sha256').update(url).digest('hex')}`;
}

export function indexRequest(paths: HelmPaths, repository: Repository): IndexRequest {
  return {
    kind: 'index',
    url: repository.url,
    repository: { file: paths.repositoryConfig, name: repository.name },
    mirror: { index: indexFile(paths, repository.name), names: namesFile(paths, repository.name) },
  };
}

/** @param mirrored whether Helm would refresh its own copy, too */
export async function unmanagedRequest(paths: HelmPaths, url: string, mirrored: boolean): Promise<IndexRequest> {
  if (!mirrored) return { kind: 'index', url };
  const name = await unmanagedName(url);
  return { kind: 'index', url, mirror: { index: indexFile(paths, name), names: namesFile(paths, name) } };
}
