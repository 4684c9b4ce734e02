/** What is configured: as a file says it, and as it counts once the environment was asked. */
import type { Refresh } from '../plugin.ts';

export type LogMode = 'full' | 'errors' | 'none';
/** Whether a step ends with our line on stderr. Warnings are told in any case. */
export type ReportMode = 'line' | 'none';
export type EnvMode = 'strict' | 'loose';

/** An entry of `steps:`. Inputs and outputs are relative to the config's directory. */
export interface StepConfig {
  readonly name: string;
  /** The words a command begins with to be this step; `null`: only `--name` takes it. */
  readonly match: readonly string[] | null;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly env: readonly string[];
  readonly secrets: readonly string[];
  readonly tools: readonly string[];
  readonly sha256: readonly string[];
  /** `null`: as the rest of the config says. */
  readonly envMode: EnvMode | null;
  /** `wgcache prewarm` runs it; `match` is then the whole command. */
  readonly prewarm: boolean;
}

/** `gc:` of a file; `null`: not said. */
export interface GcConfig {
  readonly auto: boolean | null;
  /** Milliseconds. */
  readonly every: number | null;
  /** Bytes. */
  readonly maxSize: number | 'none' | null;
  /** Milliseconds. */
  readonly maxAge: number | 'none' | null;
}

/** Where a tool comes from. */
export type ToolSource = 'url' | 'go' | 'npm' | 'pypi' | 'crate' | 'oci';

/**
 * What is known of a tool; absent: not said. In texts that are templates, `{version}`, `{major}`, `{minor}`, `{patch}`, `{minor+N}`, `{tag}`,
 * `{os}`, `{arch}`, `{platform}` and `{exe}` are filled in, in `checksum` and `hashesOrder` also `{url}`.
 */
export interface ToolDefinition {
  /** The built-in definition to start from; absent: that of the tool's own name. */
  readonly like?: string;
  /** Which of the sources below is taken; absent: the first there is. */
  readonly from?: ToolSource;
  /** Template of the address. */
  readonly url?: string;
  /** Go package, without version. Template. */
  readonly go?: string;
  /** Name of a package. */
  readonly npm?: string;
  readonly pypi?: string;
  readonly crate?: string;
  /** `host[:port]/path/name`. */
  readonly oci?: string;
  /** Takes the place of scheme and host in every address: a mirror. */
  readonly baseUrl?: string;
  /** How the project spells a version. Template; default `v{version}`. */
  readonly tag?: string;
  /** Address of the newest version, as text. */
  readonly latest?: string;
  /** Address of a list of releases as the GitHub API gives it. */
  readonly releases?: string;
  /** Where the project publishes SHA-256 sums. Template. */
  readonly checksum?: string;
  /** Where the columns of `checksum` are named, one a line (`rhash`). Template. */
  readonly hashesOrder?: string;
  /** `linux-amd64` → SHA-256 of what is downloaded. */
  readonly sha256?: Readonly<Record<string, string>>;
  readonly archive?: ToolArchive;
  /** Name on PATH → path in the archive. Template. */
  readonly bin?: Readonly<Record<string, string>>;
  /** `bin`: only what is named there; `all`: the whole archive. Default `bin`. */
  readonly keep?: 'bin' | 'all';
  /** Our name of an operating system or architecture → theirs. */
  readonly os?: Readonly<Record<string, string>>;
  readonly arch?: Readonly<Record<string, string>>;
  /** `-X` and other flags for Go's linker. Templates. */
  readonly ldflags?: readonly string[];
  /** How the program is asked for its version. */
  readonly versionArgs?: readonly string[];
  /** Platforms `tools lock` looks for. */
  readonly platforms?: readonly string[];
}

export type ToolArchive = 'tar.gz' | 'tar' | 'zip' | 'none';

/** An entry of `tools:`. */
export interface ToolConfig extends ToolDefinition {
  readonly name: string;
  /** `3.17.3`, a range, or `latest`. */
  readonly version: string;
}

/** A config file, valid and in one spelling. `null`: not said. A plain JSON value, since it is remembered as one. */
export interface FileConfig {
  readonly refresh: Refresh | null;
  /** Milliseconds. */
  readonly unpinnedTtl: number | null;
  readonly log: LogMode | null;
  readonly strict: boolean | null;
  readonly envMode: EnvMode | null;
  readonly gc: GcConfig | null;
  /** Bytes of each seed; 0: no seeds. */
  readonly seeds: number | null;
  /** Per cent. */
  readonly verifyHits: number | null;
  readonly steps: readonly StepConfig[];
  readonly tools: readonly ToolConfig[];
  /** Absolute paths. */
  readonly plugins: readonly string[];
}

export interface Config {
  /** The cache directory, absolute. */
  readonly dir: string;
  /** The config file, absolute; `null`: there is none. */
  readonly file: string | null;
  readonly helm: {
    readonly refresh: Refresh /** Milliseconds; `null`: never trust. */;
    readonly unpinnedTtl: number | null;
  };
  readonly log: LogMode;
  readonly strict: boolean;
  readonly envMode: EnvMode;
  /** What the file says; `gcSettings` has the environment and the defaults. */
  readonly gc: GcConfig | null;
  /** What the file says; `seedBound` has the environment and the default. */
  readonly seeds: number | null;
  /** How many hits are verified, per cent. */
  readonly verifyHits: number;
  readonly steps: readonly StepConfig[];
  readonly tools: readonly ToolConfig[];
  /** Absolute paths. */
  readonly plugins: readonly string[];
  /** `WGCACHE_REPORT`; for those who read stderr as the command's own. */
  readonly report: ReportMode;
  /** `WGCACHE=off`. */
  readonly off: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;
