/** What all sources of tools work with. */
import type { Environment } from '../config.ts';
import type { Client } from '../net/http.ts';
import type { RetryOptions } from '../net/retry.ts';
import type { LocalStore } from '../store/local.ts';
import type { Platform } from './template.ts';
import type { Wanted } from './wanted.ts';

/** What a version is on a platform, as far as it can be checked: what the lock file keeps. */
export interface Pin {
  /** Of a `url` source. */
  readonly url?: string;
  /** Name of what is downloaded; registries may lie anywhere, so their addresses are not kept. */
  readonly file?: string;
  readonly size?: number;
  readonly sha256?: string;
  /** What the registry itself names it by: `h1:…` (Go), `sha512-…` (npm), `sha256:…` (OCI manifest). */
  readonly integrity?: string;
  /** SHA-256 over names, versions and integrity of all that came with it (npm). */
  readonly tree?: string;
}

export type Progress =
  | { readonly phase: 'download'; readonly done: number; readonly total: number | null }
  | { readonly phase: 'build'; readonly by: string };

export interface Work {
  readonly env: Environment;
  readonly store: LocalStore;
  /** One for all: it keeps connections. */
  readonly client: Client;
  readonly retry: RetryOptions;
  readonly progress: (progress: Progress) => void;
}

/** Of one version on one platform. */
export interface Choice {
  readonly wanted: Wanted;
  readonly version: string;
  readonly platform: Platform;
}

export interface Versions {
  /** Null: nobody says. */
  readonly latest: string | null;
  /** Null: there is no list. */
  readonly all: readonly string[] | null;
}

/** Where tools come from; one file each in `sources/`. What goes wrong is a ToolFault, a NetError, or an error of the system. */
export interface Source {
  /** Whether the same file serves all platforms, as far as the lock is concerned. */
  readonly anyPlatform: boolean;
  /** What there is, for ranges and `latest`. */
  versions(wanted: Wanted, work: Work): Promise<Versions>;
  /** What to check it by, without fetching it; null: only what is fetched tells. */
  pin(choice: Choice, work: Work): Promise<Pin | null>;
  /**
   * Fetches or builds it: leaves `bin/NAME` in `dir`, an empty directory, and whatever these need beside it. Nothing that does not fit `pin` is
   * used. @returns what it was
   */
  make(choice: Choice, pin: Pin | null, dir: string, work: Work): Promise<Pin>;
}
