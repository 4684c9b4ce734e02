/** Where credentials come from. What these functions give is secret: never logged, never part of an error. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fromDockerConfig, type RegistryCredentials } from './docker-config.ts';
import { NetError } from './errors.ts';
import type { TlsFiles } from './tls.ts';

/**
 * Credentials for a registry: from Helm's own file, then from Docker's. A file that fails is passed over as Helm does,
 * but if no other has an answer its error is ours: without it we would ask as nobody where Helm would stop.
 * @param host `host[:port]`
 * @param registryConfig path of Helm's registry config
 * @throws NetError `credentials`
 */
export async function registryCredentials(
  host: string,
  registryConfig: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RegistryCredentials | undefined> {
  const key = ['docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(host)
    ? 'https://index.docker.io/v1/'
    : host;
  const docker = join(env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker'), 'config.json');
  let failure: unknown;
  for (const file of [registryConfig, docker]) {
    try {
      const found = await fromDockerConfig(file, key, env);
      if (found !== undefined) return found;
    } catch (error) {
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

/** How a chart repository wants to be asked. */
export interface RepositoryAccess {
  readonly url: string;
  readonly auth: { readonly username: string; readonly password: string };
  readonly tls: TlsFiles;
}

/**
 * An entry of Helm's repositories.yaml, the first of that name. Paths as written: Helm takes them against its cwd.
 * `pass_credentials_all` is left out: it is about charts on other hosts, Helm's index requests never leave the repository's.
 * @returns `undefined` when there is no such entry
 * @throws NetError `credentials`: the file cannot be read or is not what Helm would load
 */
export async function repositoryCredentials(file: string, name: string): Promise<RepositoryAccess | undefined> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new NetError('credentials', `cannot read ${file}`);
  }
  const { parse } = await import('yaml');
  let entries: unknown;
  try {
    entries = (parse(text, { logLevel: 'error' }) as { repositories?: unknown } | null)?.repositories ?? [];
  } catch {
    // The parser's message quotes the file.
    throw new NetError('credentials', `${file} is no YAML`);
  }
  const all = Array.isArray(entries) ? (entries as readonly (Readonly<Record<string, unknown>> | null)[]) : [];
  const entry = all.find((candidate) => candidate?.name === name);
  if (entry === undefined || entry === null) return undefined;

  const string = (field: string): string => {
    const value = entry[field] ?? '';
    if (typeof value === 'string') return value;
    throw new NetError('credentials', `${file}: ${field} of ${name} is no string`);
  };
  return {
    url: string('url'),
    auth: { username: string('username'), password: string('password') },
    tls: {
      caFile: string('caFile'),
      certFile: string('certFile'),
      keyFile: string('keyFile'),
      insecure: entry.insecure_skip_tls_verify === true,
    },
  };
}
