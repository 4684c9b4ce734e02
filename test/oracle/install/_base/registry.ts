/** A registry: versions as they were published once, and what is served in their place since. */
import { LoopbackServer } from './server.ts';

export interface Version<Release> {
  readonly first: Release;
  /** Shadows the published one until the registry is honest again. */
  forged: Release | null;
  /** Whether those who ask what there is are told of it; who names it gets it all the same. */
  listed: boolean;
}

export abstract class Registry<Release> extends LoopbackServer {
  /** Whether versions published again are served as they were. */
  honest = false;
  readonly #versions = new Map<string, Map<string, Version<Release>>>();

  reset(): void {
    this.down = false;
    this.honest = false;
    this.#versions.clear();
  }

  /** @returns false: that version is there already, and stays */
  protected add(name: string, version: string, release: Release): boolean {
    const versions = this.#versions.get(name) ?? new Map<string, Version<Release>>();
    this.#versions.set(name, versions);
    if (versions.has(version)) return false;
    versions.set(version, { first: release, forged: null, listed: true });
    return true;
  }

  /** The same version with other bytes. */
  protected replace(name: string, version: string, release: Release): boolean {
    const there = this.#versions.get(name)?.get(version);
    if (there !== undefined) there.forged = release;
    return there !== undefined;
  }

  /** Takes a version out of the list, or puts it back. */
  list(name: string, version: string): boolean {
    const there = this.#versions.get(name)?.get(version);
    if (there !== undefined) there.listed = !there.listed;
    return there !== undefined;
  }

  /** In the order in which they were published. */
  versions(name: string): string[] {
    return [...(this.#versions.get(name)?.keys() ?? [])];
  }

  protected version(name: string, version: string): Version<Release> | undefined {
    return this.#versions.get(name)?.get(version);
  }

  /** As it is served now. */
  protected served(name: string, version: string): Release | null {
    const there = this.version(name, version);
    return there === undefined ? null : this.honest ? there.first : (there.forged ?? there.first);
  }

  /** Makes it give what was first published; null: it does. @returns what takes that back */
  heal(): (() => void) | null {
    const forged = [...this.#versions.values()].some((all) => [...all.values()].some((one) => one.forged !== null));
    if (!this.down && !forged) return null;
    const { down, honest } = this;
    Object.assign(this, { down: false, honest: true });
    return () => void Object.assign(this, { down, honest });
  }
}
