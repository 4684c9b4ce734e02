/**
 * The plugin contract. A plugin is one file that knows one kind of step: it *declares* what may change the step's result
 * and what the step leaves behind, and never touches the file system or the network itself. Everything it looks at goes
 * through the {@link Context}, and whatever goes through the context is part of the key.
 */
import type { Json } from './base/json.ts';
import type { FactName } from './plugin/fact-names.ts';
import type { OutputRule } from './plugin/outputs.ts';
import type { BypassReason, NotStoredReason } from './plugin/reasons.ts';
import type { RemoteBody, RemoteRequest, RemoteResource } from './plugin/remote.ts';

export type { FactName } from './plugin/fact-names.ts';
export type { OutputRule, SameBy } from './plugin/outputs.ts';
export type { BypassReason, NotStoredReason } from './plugin/reasons.ts';

export type { RemoteBody, RemoteRequest, RemoteResource, RemoteTls } from './plugin/remote.ts';

/** A command line to wrap and where it would run: a pure description, nothing was looked at yet. */
export interface Command {
  /** The program as typed, then its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Absolute, symlinks resolved. */
  readonly cwd: string;
  /** The workspace root, absolute, symlinks resolved. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * How much of a file counts.
 * - `content`: path, type, exec bit, and the digest of the bytes.
 * - `presence`: path, type, link target, dangling, and whether it is over 5 MiB: all that decides whether Helm loads a
 *   file it does not use (facts H).
 * - `meaning`: as `content`, but a chart archive (`*.tgz`) counts by its members and a Chart.lock without `generated`. A file whose
 *   meaning cannot be had counts by its bytes.
 * - `permissions`: path, type and the permission bits: a tool may warn about a file others can read.
 */
export type Aspect = 'content' | 'presence' | 'meaning' | 'permissions';

/** One entry of a directory tree, symlinks followed. Listing a tree puts the presence of each entry into the key. */
export interface TreeEntry {
  /** Absolute path, through the links as walked (not resolved). */
  readonly path: string;
  /** Path below the listed directory, with `/`. */
  readonly rel: string;
  /** Type behind any symlink. `other` is a FIFO, socket or device; `dangling` a link to nothing. */
  readonly type: 'file' | 'dir' | 'other' | 'dangling';
  /** It is itself a symlink. */
  readonly link: boolean;
  /** Size in bytes behind any symlink; 0 for what is no file. */
  readonly size: number;
}

export interface TreeOptions {
  readonly role?: string;
  readonly quiet?: boolean;
  readonly depth?: number;
}

/** A value computed from the bytes of one file; only the value enters the key. Pure: same bytes and params, same value. */
export interface Fact<Params extends Json = Json, Value extends Json = Json> {
  readonly name: string;
  /** Bump it whenever the same bytes may now give another value: remembered values are filed under it. */
  readonly version: number;
  /** Must not throw on any bytes: what cannot be read is a value too. */
  compute(bytes: Uint8Array, params: Params): Value | Promise<Value>;
}

/**
 * A step as the user described it: flags (`--input`, `--output`, …), a `steps:` entry of the config, or a task of the Taskfile, merged.
 * Inputs and environment count for every plugin; the rest is for steps no plugin knows.
 */
export interface StepDescription {
  readonly name: string | null;
  /** Globs against the root's side of the cwd; a leading `!` excludes, a leading `?` marks a pattern that may match nothing. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly env: readonly string[];
  readonly secrets: readonly string[];
  readonly tools: readonly string[];
  readonly envMode: 'strict' | 'loose';
  /** What the files the step makes must hash to: SHA-256, hex, in the order the command names them. */
  readonly sha256: readonly string[];
}

/** How a plugin looks at the world. Every call puts what it saw into the key. */
export interface Context {
  readonly command: Command;
  /** `helm:` of the config. */
  readonly helm: { readonly refresh: Refresh; readonly unpinnedTtl: number | null };
  /** What the user said of the step; `null` when nothing. Its inputs and environment are in the key already. */
  readonly described: StepDescription | null;
  /** Absolute form of a path as the command would read it (against cwd). */
  resolve(path: string): string;
  /** Name of a path in keys and messages: relative to the root, or `role` for what lies outside. Adds nothing to the key. */
  nameOf(path: string, role?: string): string;
  /**
   * Makes a file an input. `role` names it in the key when it lies outside the root (default: the path as given).
   * @returns what is there now
   */
  input(path: string, aspect: Aspect, role?: string): 'file' | 'dir' | 'other' | 'dangling' | 'absent';
  /**
   * Lists everything below a directory, links followed, sorted by code unit; the presence of each entry enters the key. Absent: `null`.
   * With `quiet` nothing enters the key: the plugin then calls {@link input} for each entry that counts. `depth: 1` lists the directory alone.
   */
  tree(dir: string, options?: TreeOptions): readonly TreeEntry[] | null;
  /** A file's fact; `null` when there is no file. With `quiet` the value stays out of the key: the plugin puts what counts there by {@link note}. */
  derive<P extends Json, V extends Json>(
    path: string,
    fact: FactName | Fact<P, V>,
    params?: P,
    options?: { readonly role?: string; readonly quiet?: boolean },
  ): Promise<V | null>;
  /** The same of a body that {@link remote} gave. `name` stands for it in the key. */
  deriveBody<P extends Json, V extends Json>(
    body: RemoteBody,
    name: string,
    fact: FactName | Fact<P, V>,
    params?: P,
    options?: { readonly quiet?: boolean },
  ): Promise<V>;
  /** A value asked from a server; `null` digest/tags never come: what cannot be asked is thrown as a bypass (`offline`) and the command runs. */
  remote(request: Extract<RemoteRequest, { kind: 'index' }>): Promise<RemoteBody>;
  remote(request: Extract<RemoteRequest, { kind: 'oci-manifest' }>): Promise<string>;
  remote(request: Extract<RemoteRequest, { kind: 'oci-tags' }>): Promise<readonly string[]>;
  remote(request: Extract<RemoteRequest, { kind: 'resource' }>): Promise<RemoteResource>;
  /**
   * Where a program lies that the command would run by this name, behind rustup that of the toolchain; its bytes enter the key. `null`: there is
   * none, which enters too.
   */
  program(name: string): Promise<{ readonly path: string; readonly real: string } | null>;
  /** An environment variable's value; it enters the key hashed, absent ≠ empty. `secret`: by HMAC. */
  env(name: string, options?: { readonly secret?: boolean }): string | undefined;
  /** An environment variable that only tells where things lie (HOME, PATH): not in the key. */
  where(name: string): string | undefined;
  /** Puts a value the plugin worked out into the key. `name` shows up in `explain` and in miss reasons. */
  note(name: string, value: Json): void;
}

/** `always` asks the server each time, a number is a duration in milliseconds, `never` takes what is cached. */
export type Refresh = 'always' | 'never' | number;

/**
 * A cache directory of the tool's own. Before a run that missed, files that earlier runs left there are put back: never over one that is
 * there, and never an output. It may change how long the run takes and nothing else, so declare only what the tool verifies when it reads it,
 * or finds by a digest of all that made it.
 */
export interface Seed {
  /** Tells it from the tool's other caches: `go-build`, `npm`. */
  readonly name: string;
  /** Absolute; it may lie outside the root. One that overlaps an output is passed over. */
  readonly dir: string;
  /** Which files below it count, by their path with `/`. A group `sha256` is the digest their bytes must have. */
  readonly files: RegExp;
  /** What lies there is of no use to a tool of other bytes. */
  readonly sameTool?: true;
  /**
   * For a tool that keeps an answer in two files: `NAME`, how it came, and `NAME` with `suffix`, what came. They count together, where the
   * second has one of these digests (SHA-256, hex) and `without` matches nothing in the first (its bytes as Latin-1).
   */
  readonly answers?: { readonly suffix: string; readonly sha256: readonly string[]; readonly without: RegExp };
}

/** A finished output as `confirm` sees it. */
export interface MadeOutput {
  readonly path: string;
  /** SHA-256 of the bytes, hex. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
}

/** What a file must hash to when the command has ended well. If not, the file is removed and the step fails, whatever the command said. */
export interface Pin {
  readonly path: string;
  readonly sha256: string;
}

/** What a plugin says of a step. Together with what went through the context this makes the key and tells what to do on a hit. */
export interface Declaration {
  /** The program, to be found on PATH and hashed; `null`: no program counts. */
  readonly tool: {
    readonly name: string;
    readonly versionArgs?: readonly string[];
    readonly scripts?: 'bypass' | 'bytes';
  } | null;
  /** Further programs whose bytes count. */
  readonly alsoTools?: readonly string[];
  /** The arguments in one normal spelling: equal meanings give equal lists. Part of the key. */
  readonly args: readonly string[];
  /** What makes two runs the same step, whatever their inputs: finds the earlier record a miss is compared with. */
  readonly shape: readonly string[];
  /** The step in the user's words: `helm lint charts/wg-easy`. */
  readonly label: string;
  readonly outputs: readonly OutputRule[];
  /** Caches of the tool that make a run cheaper. */
  readonly seeds?: readonly Seed[];
  /** Directories written beside the outputs' own; they are locked too. */
  readonly locks?: { readonly exclusive?: readonly string[]; readonly shared?: readonly string[] };
  /** `product`: stdout is what the step is for and is always replayed. `progress`: `--log` governs it on a TTY. */
  readonly stdout: 'product' | 'progress';
  /** Lines of the log that may name the checkout's path; it is made portable there. Anything else that names it binds the record to this root. */
  readonly namesRoot?: readonly RegExp[];
  /** The environment the command sees; absent: all of it. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A record older than this is no hit: what it rests on is trusted for a time only. Milliseconds; absent: no end. */
  readonly maxAgeMs?: number;
  /** Words of this kind of step for the report line. */
  readonly words: { readonly fresh: string; readonly restored: string };
  /** Lines of the log that tell of trouble of the moment, such as a server that did not answer: the run is not stored. */
  readonly trouble?: RegExp;
  /** Held against the files after each run, stored or not. */
  readonly pins?: readonly Pin[];
  /**
   * What lies where the step installs counts for the key, and the command run again at once leaves everything as it is: what was made is filed also
   * under the key the step has after the run.
   */
  readonly settles?: true;
  /**
   * A directory that is not there and that the step makes, whole. After the run the step is looked at as if it still were not there; and as with `settles`,
   * what was made is filed also for where it is there, as far as that is then the step's.
   */
  readonly makes?: string;
  /** A last look after the run, before anything is stored. */
  confirm?(made: readonly MadeOutput[], after: Context): Promise<NotStoredReason | null>;
}

/** A bypass may name the step as {@link Declaration.label} would, and what is held against its files all the same. */
export type Declared =
  | Declaration
  | { readonly bypass: BypassReason; readonly label?: string; readonly pins?: readonly Pin[] };

export interface Plugin {
  readonly name: string;
  /** Part of the key: bump it when the same declaration may now mean another result. */
  readonly version: number;
  /** Knows what to do with {@link StepDescription.sha256}: each sum becomes a {@link Pin}. Else naming one is an error. */
  readonly takesSums?: true;
  /** Looks at argv alone. The first plugin that says yes has the step. */
  match(argv: readonly string[]): boolean;
  declare(context: Context): Promise<Declared>;
  /** Facts of its own; facts are named `<plugin>/<fact>` by convention. */
  readonly facts?: readonly Fact[];
}

/** A line of the list of plugins: enough to know whose a command is without loading any of them. */
export interface PluginEntry {
  readonly name: string;
  claims(argv: readonly string[]): boolean;
  load(): Promise<{ readonly plugin: Plugin }>;
}
