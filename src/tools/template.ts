/** Templates of addresses and names: `{version}`, `{os}` and so on. */
import { ToolFault } from './problem.ts';

export interface Platform {
  /** As Go names it: linux, darwin, windows. */
  readonly os: string;
  /** amd64, arm64, … */
  readonly arch: string;
}

export function platformName({ os, arch }: Platform): string {
  return `${os}-${arch}`;
}

export function parsePlatform(name: string): Platform {
  const [os = '', arch = ''] = name.split('-', 2);
  return { os, arch };
}

const OS: Readonly<Record<string, string>> = { win32: 'windows' };
const ARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** @param platform @param arch as Node names them */
export function platformOf(platform: string, arch: string): Platform {
  return { os: OS[platform] ?? platform, arch: ARCH[arch] ?? arch };
}

export interface Values {
  readonly version: string;
  readonly tag?: string;
  readonly platform: Platform;
  /** Ours to theirs. */
  readonly os?: Readonly<Record<string, string>> | undefined;
  readonly arch?: Readonly<Record<string, string>> | undefined;
  readonly url?: string;
}

/** @throws ToolFault `template` for a name there is not */
export function fill(template: string, values: Values): string {
  return template.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const value = placeholder(name, values);
    if (value === undefined) throw new ToolFault({ code: 'template', template: withoutUser(template), name });
    return value;
  });
}

/** An address without the credentials in it: fit for messages, and for files that others see. */
export function withoutUser(address: string): string {
  return address.replace(/^(https?:\/\/)[^/?#]*@/, '$1');
}

function placeholder(
  name: string,
  { version, tag, platform: { os, arch }, url, ...theirs }: Values,
): string | undefined {
  const [major = '', minor = '', patch = ''] = version.split(/[-+]/, 1)[0]?.split('.') ?? [];
  const [, added] = /^minor\+(\d+)$/.exec(name) ?? [];
  if (added !== undefined) return String(Number(minor) + Number(added));
  switch (name) {
    case 'version':
      return version;
    case 'major':
      return major;
    case 'minor':
      return minor;
    case 'patch':
      return patch;
    case 'tag':
      return tag;
    case 'os':
      return theirs.os?.[os] ?? os;
    case 'arch':
      return theirs.arch?.[platformName({ os, arch })] ?? theirs.arch?.[os] ?? theirs.arch?.[arch] ?? arch;
    case 'platform':
      return platformName({ os, arch });
    case 'exe':
      return os === 'windows' ? '.exe' : '';
    case 'url':
      return url;
    default:
      return undefined;
  }
}
