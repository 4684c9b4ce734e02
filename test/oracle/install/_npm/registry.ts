/** An npm registry that serves packages made on the spot. */
import { LoopbackServer } from '../_base/server.ts';
import { type Files, integrityOf, tarballOf } from './tarball.ts';

interface Published {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly tarball: Buffer;
  /** Shadows the published bytes until it is healed. */
  forged: Buffer | null;
}

export class NpmRegistry {
  readonly #server: LoopbackServer;
  readonly #packages = new Map<string, Published>();
  /** Whether versions published again are served as they were. */
  honest = false;

  private constructor(server: LoopbackServer) {
    this.#server = server;
  }

  static async start(): Promise<NpmRegistry> {
    const server = await LoopbackServer.start((path) => made.#answer(path));
    const made: NpmRegistry = new NpmRegistry(server);
    return made;
  }

  get url(): string {
    return this.#server.url;
  }

  get down(): boolean {
    return this.#server.down;
  }

  set down(down: boolean) {
    this.#server.down = down;
  }

  reset(): void {
    this.down = false;
    this.honest = false;
    this.#packages.clear();
  }

  publish(name: string, version: string, files: Files): void {
    const manifest = JSON.parse(files['package.json'] ?? '{}') as Record<string, unknown>;
    this.#packages.set(`${name}@${version}`, { manifest, tarball: tarballOf(files), forged: null });
  }

  /** The same version with other bytes. */
  forge(name: string, version: string, files: Files): void {
    const there = this.#packages.get(`${name}@${version}`);
    if (there !== undefined) there.forged = tarballOf(files);
  }

  get hasForged(): boolean {
    return [...this.#packages.values()].some(({ forged }) => forged !== null);
  }

  /** What a lock says of a version: where it is, which bytes it has, and what of its manifest counts. */
  locked(name: string, version: string): Record<string, unknown> {
    const { manifest, tarball } = this.#packages.get(`${name}@${version}`) ?? raise(`${name}@${version}`);
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

  async close(): Promise<void> {
    await this.#server.close();
  }

  #answer(path: string): Uint8Array | string | null {
    const [, mirrored = path] = /^\/mirror(\/.*)$/.exec(path) ?? [];
    const [, name = '', version] = /^\/(\w+)\/-\/\w+-(.*)\.tgz$/.exec(mirrored) ?? [];
    if (version !== undefined) {
      const there = this.#packages.get(`${name}@${version}`);
      return there === undefined ? null : this.honest ? there.tarball : (there.forged ?? there.tarball);
    }
    const versions = [...this.#packages].filter(([id]) => id.startsWith(`${path.slice(1)}@`));
    if (versions.length === 0) return null;
    const of = versions.map(([id, { manifest, tarball }]) => {
      const at = id.slice(path.length);
      const dist = { tarball: `${this.url}${path}/-/${path.slice(1)}-${at}.tgz`, integrity: integrityOf(tarball) };
      return [at, { ...manifest, dist }] as const;
    });
    return JSON.stringify({
      name: path.slice(1),
      'dist-tags': { latest: of.at(-1)?.[0] },
      versions: Object.fromEntries(of),
    });
  }
}

function raise(what: string): never {
  throw new Error(`${what} was never published`);
}
