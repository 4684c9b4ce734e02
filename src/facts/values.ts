/** What each fact says, as types only: plugins read these values, `src/facts/*.ts` compute them. */

/** One dependency as Chart.yaml (or requirements.yaml) lists it. Absent fields are left out; types as found when they are the expected ones. */
export type ChartDependency = {
  readonly name: string;
  readonly version: string;
  readonly repository: string;
  readonly alias?: string;
};

/** `chart-meta`: of Chart.yaml or requirements.yaml. */
export type ChartMeta = {
  /** False: not a mapping, a field has an unexpected type, or an address holds credentials; then count the bytes. */
  readonly ok: boolean;
  readonly apiVersion: string | null;
  readonly name: string | null;
  readonly version: string | null;
  readonly dependencies: readonly ChartDependency[];
};

/** `chart-lock`: of Chart.lock or requirements.lock. */
export type ChartLock = {
  /** Plainly loadable by Helm. */
  readonly loads: boolean;
  /** The `digest:` line; null when there is none. */
  readonly digest: string | null;
  readonly dependencies: readonly { readonly name: string; readonly version: string; readonly repository: string }[];
  /** SHA-256 hex of everything but `generated`; of the bytes when it does not load. */
  readonly meaning: string;
};

/** `yaml-mapping`: of values.yaml. `plain`: certainly loads as a mapping in every Helm (no anchors, tags, documents, directives…). */
export type YamlMapping = { readonly plain: boolean };

/** `repositories`: of repositories.yaml, in file order. Holds no credential. */
export type Repositories = {
  readonly ok: boolean;
  readonly repositories: readonly {
    readonly name: string;
    /** Without user info. */
    readonly url: string;
    /** SHA-256 hex over every field but user name and password. */
    readonly identity: string;
    readonly hasCredentials: boolean;
    /** The URL itself holds user info: Helm compares and hashes it as written. */
    readonly userInfo: boolean;
    readonly caFile: string;
    readonly certFile: string;
    readonly keyFile: string;
    readonly insecure: boolean;
    readonly passCredentialsAll: boolean;
  }[];
};

/** `index-entries` with params `{ name: string | null }`: the entries of one chart, in file order. */
export type IndexEntries = {
  /** Helm would load the index. */
  readonly sound: boolean;
  /** SHA-256 hex of the entries of all charts that Helm may skip, each with a line on stderr; null: none. */
  readonly skipped: string | null;
  readonly entries: readonly {
    readonly version: string;
    readonly urls: readonly string[];
    readonly digest: string | null;
  }[];
};

/** `index-names`: the text of Helm's `<name>-charts.txt`, one chart name a line, sorted. */
export type IndexNames = { readonly text: string };

/** `kubeconfig`: of one kubeconfig file. `contexts`: name to namespace (empty when it sets none). */
export type Kubeconfig = {
  readonly ok: boolean;
  readonly currentContext: string;
  readonly contexts: { readonly [name: string]: string };
};

/** A function found in a template whose answer changes by itself. `line` counts from 1. */
export type VolatileUse = { readonly fn: string; readonly file: string; readonly line: number };

/** `template-scan`: of any text that Helm may execute as a template (also values, and files handed to `tpl`). `file` of its uses is empty. */
export type TemplateScan = {
  /** Clock and random functions inside `{{ }}`. `getHostByName` and `lookup` are reported apart: they count only with certain flags. */
  readonly volatile: readonly VolatileUse[];
  readonly usesTpl: boolean;
  readonly usesLookup: boolean;
  readonly usesDns: boolean;
  /** A string is part of a template whose other parts are not known: handed to `tpl`, it may call anything. */
  readonly assembled: boolean;
};

/** `schema-refs`: of values.schema.json. `remote`: every `$ref` that leaves the file, as written. */
export type SchemaRefs = { readonly ok: boolean; readonly remote: readonly string[] };

/** `chart-archive`: of a chart's `.tgz`, nested archives looked into. */
export type ChartArchive = {
  /** Helm would load it as a chart. */
  readonly loads: boolean;
  readonly name: string | null;
  readonly version: string | null;
  /** Semantic digest, hex (cache-spec/key.md): sorted member path, mode, content; null when it counts by its bytes (duplicate or unusual members). */
  readonly meaning: string | null;
  /** Sub-chart names that occur twice at one level, nested levels included. */
  readonly duplicates: readonly string[];
  /** As `template-scan`, over templates/** and the rest apart, nested ones included; `file` is the member path. */
  readonly templates: TemplateScan;
  readonly others: TemplateScan;
  readonly remoteRefs: readonly { readonly file: string; readonly ref: string }[];
};

/** `go-env`: of a file `go env -w` writes, or GOROOT/go.env. */
export type GoEnv = { readonly values: { readonly [name: string]: string } };

/** `go-mod`: of go.mod or go.work. Modules as `PATH VERSION`. */
export type GoMod = {
  /** Versions of Go that these lines ask for; Go takes one of each. */
  readonly go: readonly string[];
  readonly toolchain: readonly string[];
  /** Required modules, and those that replace others. */
  readonly requires: readonly string[];
  /** What is replaced: a path, or path and version. */
  readonly replaced: readonly string[];
  /** Directories that replace modules, as written. */
  readonly local: readonly string[];
  /** Directories of a workspace, as written. */
  readonly uses: readonly string[];
};

/** `go-sum`: of go.sum or go.work.sum: the modules whose content it pins, as `PATH VERSION`. */
export type GoSum = { readonly modules: readonly string[]; readonly mods: readonly string[] };

/** `go-build-info`: of what lies where a Go binary goes. */
export type GoBuildInfo = {
  /** Go would write over it. */
  readonly object: boolean;
  /** The modules it was made of, as `PATH VERSION`; null when it does not say. */
  readonly modules: readonly string[] | null;
};

/** `npm-manifest`: of a package.json. */
export type NpmManifest = {
  readonly ok: boolean;
  /** SHA-256 hex of all fields but those for readers, and of no scripts but those below. */
  readonly meaning: string;
  /** Scripts of its own that an install runs, by name. */
  readonly scripts: readonly string[];
  readonly workspaces: boolean;
};

/** `npm-lock`: of package-lock.json or npm-shrinkwrap.json. Packages by the place they go to. */
export type NpmLock = {
  /** Of version 2 or 3: older ones do not list what goes where. */
  readonly ok: boolean;
  /** Directories of the project, linked to: workspaces and `file:` dependencies. */
  readonly links: readonly string[];
  /** From a repository, from a file beside the project, or by an address that holds credentials. */
  readonly fetched: readonly string[];
  /** Without a hash. */
  readonly unpinned: readonly string[];
  /** Names of those that run scripts when installed. */
  readonly scripts: readonly string[];
};

/** `npm-optional`: of the same: places of optional packages that npm installs, for whom the params say. */
export type NpmOptional = { readonly wanted: readonly string[] };

/** `npmrc`: its settings in order, `key` or `key[]`, without any that is a credential. */
export type Npmrc = { readonly settings: readonly (readonly [key: string, value: string])[] };

/** `tar-members`, `zip-members`: what an archive holds, in its order. */
export type ArchiveMembers =
  | {
      readonly ok: true;
      /** As written; a directory ends in `/`. */
      readonly names: readonly string[];
      /** Those of `names` that are links. */
      readonly links: readonly string[];
    }
  /** Why nobody here would say so, in words after "the archive has". */
  | { readonly ok: false; readonly why: string };

/** `pip-requirements`: of a requirements or constraints file, `${VARIABLES}` as written. */
export type PipRequirements = {
  readonly requirements: readonly {
    /** Normal form (PEP 503). */
    readonly name: string;
    /** Of `== VERSION` alone; null for any other range. */
    readonly version: string | null;
    /** It holds only for some platforms or versions of Python. */
    readonly marker: boolean;
    /** As written: `sha256:…`. */
    readonly hashes: readonly string[];
    /** The line in one spelling. */
    readonly text: string;
  }[];
  /** Addresses, paths and repositories, without user info. */
  readonly others: readonly string[];
  /** Lines of options, by long name; without user info. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly variables: readonly string[];
};

/** `python-config`: of pip.conf or pyvenv.cfg, in order, without user info and credentials; the section is empty where there is none. */
export type PythonConfig = { readonly settings: readonly (readonly [section: string, key: string, value: string])[] };

/** `shebang`: of a script: the interpreter, and its first argument; null for anything else. */
export type Shebang = { readonly interpreter: string; readonly argument: string } | null;

/** `wheel-record`: of a RECORD: the paths it names, as written, and the SHA-256 of each, hex; null where it gives none. */
export type WheelRecord = { readonly paths: readonly string[]; readonly sums: readonly (string | null)[] };

/** Settings of uv, by name: each value in one spelling, without user info; as a digest where it may hold anything. */
export type UvSettings = readonly (readonly [name: string, value: string])[];

/** `uv-config`: of a uv.toml. */
export type UvConfig = { readonly ok: boolean; readonly settings: UvSettings };

/** `pyproject`: of a pyproject.toml. */
export type Pyproject = {
  readonly ok: boolean;
  /** SHA-256 hex of what an installer goes by. */
  readonly meaning: string;
  /** The versions of Python it is for, as written; empty when it does not say. */
  readonly requires: string;
  /** Only its build tells some of its fields. */
  readonly dynamic: boolean;
  /** `[tool.uv]`; null: there is none. */
  readonly uv: UvSettings | null;
  /** It is the root of one. */
  readonly workspace: boolean;
};

/** `uv-lock`: of a uv.lock. */
export type UvLock = {
  /** Of a version that is known here. */
  readonly ok: boolean;
  /** SHA-256 hex of all but comments. */
  readonly meaning: string;
  /** A marker in it asks for the version of the kernel. */
  readonly kernel: boolean;
  readonly packages: readonly {
    readonly name: string;
    readonly version: string | null;
    /** `registry`, `virtual`, `editable`, `directory`, `path`, `git`, `url`. */
    readonly source: string;
    /** Its address or place, without user info. */
    readonly from: string;
    /** Each of its files has a hash. */
    readonly hashed: boolean;
  }[];
};

/** `cargo-config`: of a config of cargo, as far as it names more than settings. */
export type CargoConfig = {
  /** Keys that lead to other code, other programs or other places. */
  readonly elsewhere: readonly string[];
  readonly linkers: readonly string[];
  /** SHA-256 hex of all but comments, and but tokens. */
  readonly meaning: string;
};

/** `cargo-installs`: of `.crates2.json` or `.crates.toml` of a root, by the crate's name. */
export type CargoInstalls = {
  readonly ok: boolean;
  readonly crates: readonly {
    readonly name: string;
    readonly version: string;
    readonly bins: readonly string[];
    /** The whole entry, in one spelling. */
    readonly entry: string;
  }[];
};
