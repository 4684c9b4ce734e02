/** Credentials of a registry in one file of Docker's config.json format, read as Docker's CLI and ORAS do. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { delimiter, join } from 'node:path';
import { NetError } from './errors.ts';

export type RegistryCredentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** To be exchanged for a token at the registry's token server. */
  | { readonly kind: 'refresh-token'; readonly token: string }
  /** To be sent as it is. */
  | { readonly kind: 'access-token'; readonly token: string };

type Env = Readonly<Record<string, string | undefined>>;

interface AuthEntry {
  readonly auth?: unknown;
  readonly username?: unknown;
  readonly password?: unknown;
  readonly identitytoken?: unknown;
  readonly registrytoken?: unknown;
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, AuthEntry>> | null;
  readonly credHelpers?: Readonly<Record<string, string>> | null;
  readonly credsStore?: string | null;
}

/**
 * @param host `host[:port]`, or Docker Hub's address
 * @returns `undefined` when the file is absent or knows nothing of the host
 * @throws NetError `credentials`: unreadable file, or a helper that fails; never with what it holds
 */
export async function fromDockerConfig(file: string, host: string, env: Env): Promise<RegistryCredentials | undefined> {
  const config = load(file);
  const helper = config.credHelpers?.[host] ?? (config.credsStore || defaultStore(config, env));
  // A helper replaces the file's own entries, even when it knows nothing.
  return helper ? fromHelper(helper, host, env) : fromAuths(config.auths ?? {}, host);
}

function load(file: string): DockerConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new NetError('credentials', `cannot read ${file}`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isDockerConfig(value)) return value;
  } catch {
    // The parser's message quotes the file.
  }
  throw new NetError('credentials', `${file} is no config of Docker's`);
}

/** As far as Go would decode it: what stands where must be of the right type. */
function isDockerConfig(value: unknown): value is DockerConfig {
  const isObject = (part: unknown): part is object => typeof part === 'object' && part !== null && !Array.isArray(part);
  if (!isObject(value)) return false;
  const { auths, credHelpers, credsStore } = value as Readonly<Record<string, unknown>>;
  return (
    [auths, credHelpers].every((part) => part === undefined || part === null || isObject(part)) &&
    Object.values(credHelpers ?? {}).every((name) => typeof name === 'string') &&
    (credsStore === undefined || credsStore === null || typeof credsStore === 'string')
  );
}

/** A config that says nothing of credentials means the platform's store, if its helper is installed. */
function defaultStore(config: DockerConfig, env: Env): string | undefined {
  if (Object.keys(config.auths ?? {}).length > 0 || Object.keys(config.credHelpers ?? {}).length > 0) return undefined;
  const names: Partial<Record<string, string>> = { darwin: 'osxkeychain', win32: 'wincred' };
  const store = names[platform()] ?? (onPath('pass', env) ? 'pass' : 'secretservice');
  return onPath(`docker-credential-${store}`, env) ? store : undefined;
}

function onPath(name: string, env: Env): boolean {
  const file = platform() === 'win32' ? `${name}.exe` : name;
  return (env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, file), constants.X_OK);
      return directory !== '';
    } catch {
      return false;
    }
  });
}

function fromAuths(auths: Readonly<Record<string, AuthEntry>>, host: string): RegistryCredentials | undefined {
  const entry = auths[host] ?? Object.entries(auths).find(([address]) => hostOf(address) === host)?.[1];
  if (entry === undefined || entry === null) return undefined;
  if (isText(entry.identitytoken)) return { kind: 'refresh-token', token: entry.identitytoken };
  if (isText(entry.registrytoken)) return { kind: 'access-token', token: entry.registrytoken };
  if (isText(entry.auth)) {
    const [, username, password] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(entry.auth, 'base64').toString()) ?? [];
    return passwordOf(username ?? '', password?.replace(/^\0+|\0+$/g, '') ?? '');
  }
  return passwordOf(isText(entry.username) ? entry.username : '', isText(entry.password) ? entry.password : '');
}

/** Keys may be URLs: `https://index.docker.io/v1/`. */
function hostOf(address: string): string {
  return address.replace(/^https?:\/\//, '').split('/')[0] ?? '';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function passwordOf(username: string, password: string): RegistryCredentials | undefined {
  return username === '' && password === '' ? undefined : { kind: 'password', username, password };
}

/** A helper may ask a keychain, which may ask the user: then nobody is there to answer. */
const HELPER_TIMEOUT_MS = 10_000;

/** `docker-credential-NAME get` (github.com/docker/docker-credential-helpers): the host on stdin, JSON on stdout. */
async function fromHelper(name: string, host: string, env: Env): Promise<RegistryCredentials | undefined> {
  const failed = (why: string): NetError => new NetError('credentials', `docker-credential-${name} ${why}`);
  // The name comes from a file and becomes part of a program's name.
  if (!/^[\w.-]{1,200}$/.test(name)) throw new NetError('credentials', 'a credential helper has an impossible name');
  const { execFile } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    const options = {
      env: { ...env },
      timeout: HELPER_TIMEOUT_MS,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 1024 * 1024,
    };
    const child = execFile(`docker-credential-${name}`, ['get'], options, (error, stdout) => {
      if (error !== null) {
        if (/credentials not found/i.test(stdout)) return resolve(undefined);
        if (error.code === 'ENOENT') return reject(failed('is not on PATH'));
        return reject(failed(error.killed === true ? 'did not answer' : 'failed'));
      }
      try {
        resolve(parseHelper(stdout));
      } catch {
        reject(failed('gave no usable answer'));
      }
    });
    // It may exit without reading.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(host);
  });
}

function parseHelper(stdout: string): RegistryCredentials | undefined {
  const { Username, Secret } = JSON.parse(stdout) as { Username?: unknown; Secret?: unknown };
  if (typeof Username !== 'string' || typeof Secret !== 'string') throw new Error('unexpected shape');
  if (Username === '<token>') return { kind: 'refresh-token', token: Secret };
  return passwordOf(Username, Secret);
}
