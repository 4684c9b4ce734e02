/** An npm registry that serves packages made on the spot. */
import { createHash } from 'node:crypto';
import { type Files, gzipped, membersOf, tarOf } from '../_base/archives.ts';
import { Registry } from '../_base/registry.ts';

interface Release {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly tarball: Buffer;
}

export class NpmRegistry extends Registry<Release> {
  publish(name: string, version: string, files: Files): void {
    this.add(name, version, released(files));
  }

  forge(name: string, version: string, files: Files): void {
    this.replace(name, version, released(files));
  }

  /** What a lock says of a version: where it is, which bytes it has, and what of its manifest counts. */
  locked(name: string, version: string): Record<string, unknown> {
    const { manifest, tarball } = this.version(name, version)?.first ?? raise(`${name}@${version}`);
    const { dependencies, bin, os } = manifest;
    const scripts = manifest.scripts as Record<string, string> | undefined;
    return {
      version,
      resolved: `${this.url}/${name}/-/${name}-${version}.tgz`,
      integrity: integrityOf(tarball),
      ...(dependencies === undefined ? {} : { dependencies }),
      ...(bin === undefined ? {} : { bin }),
      ...(os === undefined ? {} : { os }),
      ...(scripts?.postinstall === undefined ? {} : { hasInstallScript: true }),
    };
  }

  protected override answer(path: string): Uint8Array | string | null {
    const [, mirrored = path] = /^\/mirror(\/.*)$/.exec(path) ?? [];
    const [, name = '', version] = /^\/(\w+)\/-\/\w+-(.*)\.tgz$/.exec(mirrored) ?? [];
    if (version !== undefined) return this.served(name, version)?.tarball ?? null;
    const asked = path.slice(1);
    const versions = this.versions(asked);
    if (versions.length === 0) return null;
    const of = versions.map((at) => {
      const { manifest, tarball } = this.version(asked, at)?.first ?? raise(`${asked}@${at}`);
      const dist = { tarball: `${this.url}${path}/-/${asked}-${at}.tgz`, integrity: integrityOf(tarball) };
      return [at, { ...manifest, dist }] as const;
    });
    return JSON.stringify({ name: asked, 'dist-tags': { latest: of.at(-1)?.[0] }, versions: Object.fromEntries(of) });
  }
}

function released(files: Files): Release {
  return {
    manifest: JSON.parse(files['package.json'] ?? '{}') as Record<string, unknown>,
    tarball: gzipped(tarOf(membersOf('package/', files)), 6),
  };
}

/** As a lock names it. */
function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

function raise(what: string): never {
  throw new Error(`${what} was never published`);
}
