/** The words of `wgcache help`. Loaded only when asked for. */
import { nearest } from '../base/nearest.ts';
import { WgcacheError } from '../errors.ts';
import { COMMANDS, type CommandName, FLAGS, type FlagName, flagsOf } from './flags.ts';

const FLAG_TEXT: Readonly<Record<FlagName, string>> = {
  input: 'files the result depends on; repeatable. `!GLOB` leaves files out, `?GLOB` may match nothing',
  output: 'a file, or a directory (all of it), that the command makes; repeatable',
  env: 'environment variable the command sees and depends on; repeatable',
  secret: 'as --env, for values that must not be hashed plainly; repeatable',
  tool: 'a further program whose bytes count; repeatable',
  sha256: 'what curl or wget must have downloaded; repeatable, in order. Another file is an error',
  'env-mode': 'strict: the command sees only the declared environment; loose: all of it',
  name: 'name of the step; takes its description from `steps:` of the config',
  task: 'take inputs, outputs and environment from this task of the Taskfile (sources, generates, env)',
  stdin: 'hand our stdin to the command; such a run is never cached',
  force: 'run even when the result is known, and store it anew',
  'dry-run': 'say what would happen; run nothing, write nothing',
  log: 'what of the recorded output is shown on a hit: full, errors or none',
  strict: 'fail when the cache is in trouble, instead of a warning (prewarm: or a step is not kept)',
  repair: 'remove what is damaged; the steps that need it run once more',
  'max-size': 'what the cache may take of the disk: 10GB, 512MiB, none',
  'max-age': 'how long a record stays that is not used: 30d, 12h, none',
  locked: 'take versions and checksums from wgcache-tools.lock alone (install, exec; prewarm)',
  jobs: 'so many steps or tools at once; default: as many as there are cores, at least 2',
  verbose: 'show all that the steps print, each line behind the name of its step',
  link: 'hard links to the cache instead of copies where possible; such files are read-only (install, exec)',
  'verify-hits': 'of 100 hits, so many are run again in a copy of the workspace and compared with their record',
  all: 'show also what is no input, each with the reason, and long lists in full',
  json: 'answer as JSON (wrap, status, audit: one line on stderr)',
};

interface CommandText {
  readonly usage: string;
  readonly summary: string;
  readonly more: string;
  readonly examples: readonly string[];
}

const COMMAND_TEXT: Readonly<Record<CommandName, CommandText>> = {
  wrap: {
    usage: 'wgcache wrap [flags] -- COMMAND …',
    summary: 'run a command, or leave or restore what it made before',
    more: `Helm's dependency, package, template, lint and repo commands, go install, go mod download, npm ci, curl,
wget, tar and unzip need no flags. Any other command must be described:
by flags, by a \`steps:\` entry of the config, or by --task; flags add to either. Patterns and paths are relative
to the current directory. What cannot be cached safely is simply run, and one line says why.`,
    examples: [
      'wgcache wrap -- helm dependency update --skip-refresh charts/wg-easy',
      "wgcache wrap --input 'docs/**' --input Makefile --output site -- make docs",
      'wgcache wrap --task docs -- make docs',
    ],
  },
  status: {
    usage: 'wgcache status [flags] -- COMMAND …',
    summary: 'exit 0 when the outputs are right as they lie, 1 otherwise',
    more: 'Runs nothing of the step and writes nothing; fit for `status:` in a Taskfile.',
    examples: ['wgcache status -- helm lint charts/wg-easy'],
  },
  explain: {
    usage: 'wgcache explain [flags] -- COMMAND …',
    summary: 'show every part of the key and what differs from last time',
    more: 'Runs nothing of the step and writes nothing. Values of environment variables are not shown.',
    examples: ['wgcache explain -- helm package charts/wg-easy', 'wgcache explain --json -- helm lint charts/wg-easy'],
  },
  audit: {
    usage: 'wgcache audit [flags] -- COMMAND …',
    summary: 'run the command once and tell what it touches that nobody declared',
    more: `Watched by strace, on Linux. Its outputs are made, nothing is stored. Exit 0 when all was declared, 1 when not,
3 when it cannot be told: no strace, no leave to trace, a step that is not cached, a command that fails.`,
    examples: [
      'wgcache audit -- helm lint charts/wg-easy',
      "wgcache audit --input 'docs/**' --output site -- make docs",
    ],
  },
  stats: {
    usage: 'wgcache stats [--json]',
    summary: 'hits, misses, bypasses, time and bytes saved',
    more: 'Counted from the journal in the cache directory, per kind of step.',
    examples: ['wgcache stats'],
  },
  tools: {
    usage: 'wgcache tools install|lock|list|which|path|exec [flags] [NAME…] [-- COMMAND …]',
    summary: 'the programs of `tools:` in the config: verified, shared, put in .wgcache/bin',
    more: `install [NAME…]   fetch, check and put in place what is not there yet; without names: all
lock [NAME…]      write wgcache-tools.lock: version and SHA-256 by platform; of those named, find the version out anew
list              what is wanted, locked, and installed where
which PROGRAM     the file behind a program
path              the directory for PATH
exec -- COMMAND   install what is missing, then run a command with that directory first on PATH

Built in: helm, task, yq, kubectl, helmfile, preflight, replicated. Checksums are checked before anything is visible.
What the cache has is not fetched again; with a lock file that works offline.`,
    examples: [
      'wgcache tools install',
      'export PATH="$(wgcache tools path):$PATH"',
      'wgcache tools exec -- helm version',
    ],
  },
  prewarm: {
    usage: 'wgcache prewarm [flags] [NAME…]',
    summary: 'fill the cache: all `tools:`, then all `steps:` marked `prewarm: true`',
    more: `Tools first, then steps, several at once; steps run in the config's directory, with .wgcache/bin first on PATH.
What is in the cache is put in place, the rest is made. What steps print is shown for those that fail. One that cannot
be cached is not run. Exit 1 when one failed; the others come to their end. WGCACHE=off: nothing to warm, exit 0.`,
    examples: ['wgcache prewarm', 'wgcache prewarm --dry-run', 'wgcache prewarm helm docs'],
  },
  verify: {
    usage: 'wgcache verify [--repair] [--json]',
    summary: 'check every file of the cache; exit 1 when any is damaged',
    more: `Damage is never used, with or without this: whatever is read is checked, and counts as absent when it does not fit.
Safe while other steps run.`,
    examples: ['wgcache verify', 'wgcache verify --repair'],
  },
  gc: {
    usage: 'wgcache gc [--max-size SIZE] [--max-age DURATION] [--dry-run] [--json]',
    summary: 'remove what was long not used, and the least recently used until the rest fits',
    more: `Happens by itself, once a day, after a step was stored (\`gc:\` of the config; WGCACHE_GC=off).
What was stored within the last hour stays. Safe while other steps run.`,
    examples: ['wgcache gc --dry-run', 'wgcache gc --max-size 2GB --max-age 7d'],
  },
  help: {
    usage: 'wgcache help [COMMAND]',
    summary: 'this text, or that of a command; also `help config`',
    more: '',
    examples: ['wgcache help wrap', 'wgcache help config'],
  },
};

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['WGCACHE=off', 'run every command as if wgcache were not there (also 0, false)'],
  ['WGCACHE_DIR', "the cache directory (default: the platform's, such as ~/.cache/wgcache)"],
  ['WGCACHE_ROOT', 'the workspace root (default: nearest directory upward with a config, .git or a Taskfile)'],
  ['WGCACHE_LOG', 'full, errors or none, as --log'],
  ['WGCACHE_STRICT', '1 or 0, as --strict'],
  ['WGCACHE_REPORT', 'none: no line on stderr when a step has ended (warnings stay); default: line'],
  ['WGCACHE_ENV_MODE', 'strict or loose, as --env-mode'],
  ['WGCACHE_HELM_REFRESH', 'always, never or a duration, as helm.refresh of the config'],
  ['WGCACHE_VERIFY_HITS', 'a number from 0 to 100, as --verify-hits'],
  ['WGCACHE_SEEDS', "off, or what is kept of each of the tools' own caches, as seeds.maxSize of the config"],
  ['WGCACHE_GC', 'off: remove nothing from the cache along the way (also 0, false)'],
  ['WGCACHE_GC_MAX_SIZE', '10GB, 512MiB or none, as gc.maxSize of the config'],
  ['WGCACHE_GC_MAX_AGE', '30d, 12h or none, as gc.maxAge of the config'],
  ['WGCACHE_SECRET_KEY', 'key under which --secret values are hashed; without it such records stay local'],
  ['NO_COLOR', 'no colour in our own line'],
];

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ["the command's own", 'whenever it ran, or its record says so (128+n: ended by signal n)'],
  ['1', '`status`: not fresh; `audit`: something undeclared; `verify`: damage; `gc`: something stays;'],
  ['', '--strict: the cache is in trouble, or a verified hit was wrong; a file is not what --sha256 says'],
  ['2', 'the command line, the config or the Taskfile is wrong; nothing was run'],
  ['3', '`audit`: it cannot be made'],
  ['126, 127', 'the command cannot be executed, does not exist'],
];

const CONFIG_TEXT = `The config is the nearest wgcache.config.{yaml,yml,json,js,mjs}, .wgcacherc{,.json,.yaml,.yml,.js,.mjs} or "wgcache" in
a package.json, looked for in the current directory and upward. Its directory is the workspace root. All is optional:

  helm:
    refresh: always        # ask repositories and registries: always, never, or when older than a duration (10m)
    unpinnedTtl: 1h        # trust index entries without a digest so long; else they are not cached
  log: full                # what of the recorded output is shown on a hit: full, errors, none
  strict: false            # fail when the cache is in trouble
  envMode: strict          # strict: commands see only the declared environment; loose: all of it
  gc:                      # what is removed from the cache, also by wgcache gc
    auto: true             # along the way, after a step was stored
    every: 1d              # so often
    maxSize: 10GB          # on disk; the least recently used go first. 512MiB, none
    maxAge: 30d            # records not used for so long go. 12h, none
  seeds:                   # tools' own caches, kept for runs that miss; or \`off\`
    maxSize: 1GB           # of each; the oldest files go first
  verifyHits: 0            # per cent of hits that are run again in a copy of the workspace and compared
  plugins: [./my-step.mjs] # files that know further kinds of steps
  steps:
    docs:                  # taken by --name docs, or when the command begins with \`command\`
      command: make docs   # words, or a list of words
      inputs: ['docs/**', '!docs/drafts/**', Makefile]
      outputs: [site]
      env: [DOCS_VERSION]
      secrets: []
      tools: [pandoc]
      sha256: []           # what curl or wget must have downloaded
      envMode: strict
      prewarm: true        # made by wgcache prewarm, in this directory; \`command\` is then all of it
  tools:                   # programs for \`wgcache tools install\`: a version, a range, or latest
    helm: 3.17.3
    task: { version: ^3.40, from: pypi }
    mine: { version: '1.2', url: 'https://host/mine-{version}-{os}.tgz', checksum: '{url}.sha256' }

Inputs and outputs are relative to the config's directory. Durations: 500ms, 90s, 5m, 1h30m, 2d; a bare number: seconds.
Environment variables (\`wgcache help\`) go over the config, flags over both.`;

/** The help of a topic; `null`: of the whole program. Throws a usage error for a topic there is not. */
export function helpText(topic: string | null): string {
  if (topic === null) return overview();
  if (topic === 'config') return `${CONFIG_TEXT}\n`;
  const command = COMMANDS.find((name) => name === topic);
  if (command !== undefined) return commandHelp(command);
  const near = nearest(topic, [...COMMANDS, 'config']);
  const hint =
    near === null ? `Topics: ${[...COMMANDS, 'config'].join(', ')}.` : `Did you mean \`wgcache help ${near}\`?`;
  throw new WgcacheError('usage', `no help on ${topic}`, { hint });
}

function overview(): string {
  return `${[
    'wgcache, the content-addressed cache for Taskfile pipelines: a step never does the same work twice.',
    section('Usage', ['wgcache wrap -- COMMAND …    put this before a step; all flags of wgcache stand before --']),
    section('Commands', columns(COMMANDS.map((name) => [name, COMMAND_TEXT[name].summary]))),
    section('Examples', [
      'wgcache wrap -- helm lint charts/wg-easy',
      "wgcache wrap --input 'docs/**' --output site -- make docs",
    ]),
    section('Environment', columns(ENVIRONMENT)),
    section('Exit codes', columns(EXIT_CODES)),
    '`wgcache help COMMAND` shows the flags of a command, `wgcache help config` the configuration.',
  ].join('\n\n')}\n`;
}

function commandHelp(command: CommandName): string {
  const { usage, summary, more, examples } = COMMAND_TEXT[command];
  const flags = flagsOf(command).map((name) => [flagForm(name), FLAG_TEXT[name]] as const);
  return `${[
    `wgcache ${command}: ${summary}`,
    section('Usage', [usage]),
    more,
    flags.length === 0 ? '' : section('Flags', columns(flags)),
    section('Examples', examples),
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

function flagForm(name: FlagName): string {
  const { arg } = FLAGS[name];
  return arg === undefined ? `--${name}` : `--${name} ${arg}`;
}

function section(title: string, lines: readonly string[]): string {
  return [`${title}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`);
}
