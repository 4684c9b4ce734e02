/** `tools:` of a config. Only form is looked at here: what a tool's definition lacks is known once the built-in ones are under it. */
import { ConfigFault, choice, expected, isMapping, mapping, type Path, type Read, text, texts } from './read.ts';
import type { ToolArchive, ToolConfig, ToolDefinition, ToolSource } from './types.ts';

/** Also a file name: what tools are called on PATH and in `.wgcache`. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;
/** As Go names them. Other names of the same would match nothing, and a sum under one would go unheard. */
const PLATFORM = /^(?!(macos|osx|win32)-)[a-z0-9]+-(?!(x64|x86|i386|i686|aarch64)$)[a-z0-9]+$/;
const OWN_NAME = /^(?!(macos|osx|win32|x64|x86|x86_64|i386|i686|aarch64)$)./;

const SOURCES: readonly ToolSource[] = ['url', 'go', 'npm', 'pypi', 'crate', 'oci'];

/** The keys of an entry beside `version`, each with what it holds. */
const READERS: { readonly [K in keyof Required<ToolDefinition>]: Read<Required<ToolDefinition>[K]> } = {
  like: text,
  from: choice<ToolSource>(...SOURCES),
  url: address,
  go: text,
  npm: text,
  pypi: text,
  crate: text,
  oci: text,
  baseUrl: address,
  tag: text,
  latest: address,
  releases: address,
  checksum: list,
  hashesOrder: list,
  sha256: mapped(PLATFORM, 'a platform such as linux-amd64', sha256),
  archive: choice<ToolArchive>('tar.gz', 'tar', 'zip', 'none'),
  bin: bins,
  keep: choice<'bin' | 'all'>('bin', 'all'),
  os: mapped(OWN_NAME, 'a name such as darwin: ours stands first', text),
  arch: mapped(OWN_NAME, 'a name such as amd64: ours stands first', text),
  ldflags: texts,
  versionArgs: texts,
  platforms,
};

export function tools(value: unknown, path: Path): ToolConfig[] {
  if (!isMapping(value)) throw expected(path, 'a mapping from names to tools', value);
  return Object.entries(value).map(([name, entry]) => tool(name, entry, [...path, name]));
}

function tool(name: string, value: unknown, path: Path): ToolConfig {
  if (!NAME.test(name)) throw new ConfigFault(path, `${name} can be no name of a tool`);
  if (!isMapping(value)) return { name, version: version(value, path) };
  const get = mapping(value, path, ['version', ...Object.keys(READERS)]);
  const said = get('version', version);
  if (said === null) throw new ConfigFault(path, `tools.${name} needs a version`, 'A version, a range, or latest.');
  const definition: Record<string, unknown> = {};
  for (const [key, read] of Object.entries(READERS)) {
    const found = get<unknown>(key, read as Read<unknown>);
    if (found !== null) definition[key] = found;
  }
  return { ...(definition as ToolDefinition), name, version: said };
}

/** `3.17` without quotes is a number in YAML, and 3.10 the same as 3.1. */
function version(value: unknown, path: Path): string {
  if (typeof value === 'string' && value.trim() !== '' && !/[\r\n\0]/.test(value)) return value.trim();
  throw expected(path, 'a version in quotes, a range, or latest', value);
}

function address(value: unknown, path: Path): string {
  if (typeof value === 'string' && /^https?:\/\/[^\s]+$/.test(value)) return value.replace(/\/+$/, '');
  throw expected(path, 'an address that begins with https://', value);
}

/** An address that may begin with that of the file. */
function list(value: unknown, path: Path): string {
  if (typeof value === 'string' && /^(https?:\/\/|\{url\})[^\s]*$/.test(value)) return value;
  throw expected(path, 'an address that begins with https:// or {url}', value);
}

function sha256(value: unknown, path: Path): string {
  if (typeof value === 'string' && /^(sha256:)?[0-9a-f]{64}$/i.test(value))
    return value.toLowerCase().replace('sha256:', '');
  throw expected(path, 'a SHA-256, 64 hexadecimal digits', value);
}

/** One path stands for the program that is called as the tool. */
function bins(value: unknown, path: Path): Record<string, string> {
  if (typeof value === 'string') return { [String(path[1])]: text(value, path) };
  return mapped(NAME, 'a name on PATH', text)(value, path);
}

function platforms(value: unknown, path: Path): string[] {
  const names = texts(value, path);
  const wrong = names.findIndex((name) => !PLATFORM.test(name));
  if (wrong >= 0) throw expected([...path, wrong], 'a platform such as linux-amd64', names[wrong]);
  return names;
}

function mapped<T>(key: RegExp, what: string, read: Read<T>): Read<Record<string, T>> {
  return (value, path) => {
    if (!isMapping(value)) throw expected(path, 'a mapping', value);
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => {
        if (!key.test(name)) throw new ConfigFault([...path, name], `${name} is not ${what}`);
        return [name, read(item, [...path, name])];
      }),
    );
  };
}
