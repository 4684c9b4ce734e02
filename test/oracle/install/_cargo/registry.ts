/** A sparse index of crates made on the spot, and the crates themselves. */
import { createHash } from 'node:crypto';
import { type Files, gzipped, membersOf, tarOf } from '../_base/archives.ts';
import { Registry } from '../_base/registry.ts';

export interface Crate {
  readonly name: string;
  readonly version: string;
  /** Name to range. */
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly features?: readonly string[];
  /** Without Cargo.toml, which follows from the rest. */
  readonly files: Files;
}

interface Release {
  readonly crate: Crate;
  readonly bytes: Buffer;
}

export class CrateIndex extends Registry<Release> {
  readonly #yanked = new Set<string>();
  reversed = false;

  override reset(): void {
    super.reset();
    this.reversed = false;
    this.#yanked.clear();
  }

  publish(crate: Crate): void {
    this.add(crate.name, crate.version, released(crate));
  }

  /** The same version with other bytes. */
  forge(crate: Crate): void {
    this.replace(crate.name, crate.version, released(crate));
  }

  /** Takes a release back, or no longer: only a lock still gets it. */
  yank(name: string, version: string): void {
    const id = `${name} ${version}`;
    if (!this.#yanked.delete(id)) this.#yanked.add(id);
  }

  get hasYanked(): boolean {
    return this.#yanked.size > 0;
  }

  /** Nothing is taken back, until what this gives is called. */
  keep(): () => void {
    const yanked = [...this.#yanked];
    this.#yanked.clear();
    return () => {
      for (const id of yanked) this.#yanked.add(id);
    };
  }

  /** As a lock names it. */
  checksum(name: string, version: string): string {
    return sha256(this.version(name, version)?.first.bytes ?? '');
  }

  protected override answer(path: string): Uint8Array | string | null {
    if (path === '/index/config.json') return JSON.stringify({ dl: `${this.url}/crates/{crate}/{version}` });
    const [, name = '', version = ''] = /^\/crates\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    if (name !== '') return this.served(name, version)?.bytes ?? null;
    const asked = path.split('/').at(-1) ?? '';
    const versions = this.versions(asked);
    if (versions.length === 0) return null;
    return (this.reversed ? versions.reverse() : versions).map((at) => this.#line(asked, at)).join('\n');
  }

  #line(name: string, version: string): string {
    const release = this.served(name, version);
    const { dependencies = {}, features = [] } = release?.crate ?? {};
    const deps = Object.entries(dependencies).map(([dependency, req]) => ({
      name: dependency,
      req,
      features: [],
      optional: false,
      default_features: true,
      target: null,
      kind: 'normal',
    }));
    return JSON.stringify({
      name,
      vers: version,
      deps,
      cksum: sha256(release?.bytes ?? ''),
      features: Object.fromEntries(features.map((feature) => [feature, []])),
      yanked: this.#yanked.has(`${name} ${version}`),
    });
  }
}

function released(crate: Crate): Release {
  const { name, version, files, dependencies = {}, features = [] } = crate;
  const table = (title: string, entries: readonly (readonly [string, string])[]): string =>
    entries.length === 0 ? '' : `\n[${title}]\n${entries.map(([key, value]) => `${key} = ${value}\n`).join('')}`;
  const manifest = `[package]\nname = "${name}"\nversion = "${version}"\nedition = "2021"\n${table(
    'dependencies',
    Object.entries(dependencies).map(([key, range]) => [key, `"${range}"`]),
  )}${table(
    'features',
    features.map((feature) => [feature, '[]']),
  )}`;
  const all = membersOf(`${name}-${version}/`, { 'Cargo.toml': manifest, ...files });
  return { crate, bytes: gzipped(tarOf(all), 6) };
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
