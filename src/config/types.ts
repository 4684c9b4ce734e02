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
  /** `null`: as the rest of the config says. */
  readonly envMode: EnvMode | null;
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

/** A config file, valid and in one spelling. `null`: not said. A plain JSON value, since it is remembered as one. */
export interface FileConfig {
  readonly refresh: Refresh | null;
  /** Milliseconds. */
  readonly unpinnedTtl: number | null;
  readonly log: LogMode | null;
  readonly strict: boolean | null;
  readonly envMode: EnvMode | null;
  readonly gc: GcConfig | null;
  readonly steps: readonly StepConfig[];
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
  readonly steps: readonly StepConfig[];
  /** Absolute paths. */
  readonly plugins: readonly string[];
  /** `WGCACHE_REPORT`; for those who read stderr as the command's own. */
  readonly report: ReportMode;
  /** `WGCACHE=off`. */
  readonly off: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;
