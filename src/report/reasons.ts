/** The one table of texts: every reason and every change in words. */
import type { BypassReason, NotStoredReason } from '../plugin.ts';
import type { KeyChange } from '../step/diff.ts';
import type { MissReason, Sown, Warning } from '../step/outcome.ts';

type Texts<Reason extends { readonly code: string }> = {
  readonly [Code in Reason['code']]: (reason: Extract<Reason, { readonly code: Code }>) => string;
};

const BYPASS: Texts<BypassReason> = {
  'not-described': () =>
    'nobody said what this command reads and writes; describe it with --input and --output, a steps: entry or --task',
  'side-effects': ({ what }) => `${what} acts outside the workspace`,
  'live-cluster': ({ flag }) => `${flag} asks the cluster`,
  'volatile-function': ({ fn, file }) => `${file} calls ${fn}, whose answer changes by itself`,
  'url-value': ({ value }) => `values come from ${value}`,
  stdin: ({ what }) => `${what} reads standard input`,
  signing: ({ flag }) => `${flag} signs or verifies with a key ring`,
  'unknown-flag': ({ flag }) => `flag ${flag} is not known to this plugin`,
  debug: ({ what }) => `${what} prints times and paths`,
  'remote-chart': ({ ref }) => `the chart ${ref} is not in the workspace`,
  'duplicate-subchart': ({ name }) => `sub-chart ${name} is there twice, and Helm takes either one at random`,
  'remote-schema-ref': ({ ref, file }) => `${file} refers to ${ref}`,
  unpinned: (reason) =>
    'what' in reason
      ? reason.what
      : `the index of ${reason.repository} gives no digest for ${reason.chart}; set helm.unpinnedTtl to trust it for a time`,
  'unknown-scheme': ({ url }) => `nobody here knows how ${url} is fetched`,
  offline: ({ url, detail }) => `${url} cannot be asked: ${detail}`,
  'output-outside-root': ({ path, set }) =>
    `output ${path} lies outside the workspace root${set === undefined ? '' : `; to have it cached: ${set}`}`,
  'path-not-utf8': ({ path }) => `the name of ${path} is no UTF-8`,
  'link-cycle': ({ path }) => `links lead in a circle at ${path}`,
  unreadable: ({ path, detail }) => `${path} cannot be read (${detail})`,
  'tool-is-script': ({ path }) => `${path} is a script; name the programs it runs with --tool`,
  'tool-not-found': ({ name }) => `${name} is not on PATH`,
  unsupported: ({ what }) => `not cached: ${what}`,
  'cache-trouble': ({ detail }) => `cache trouble: ${detail}`,
  plugin: ({ text }) => text,
};

const NOT_STORED: Texts<NotStoredReason> = {
  failed: ({ exit }) => `exit ${exit}`,
  'inputs-changed': ({ what }) => `inputs changed while running: ${what}`,
  'outputs-changed': ({ path }) => `${path} changed while it was stored`,
  'output-missing': ({ path }) => `the command did not make ${path}`,
  'output-unsupported': ({ path, detail }) => `${path} cannot be stored: ${detail}`,
  'digest-mismatch': ({ file, expected, actual, pinned }) =>
    `${file} is not what ${pinned ? '--sha256 says' : 'its index promises'} (${short(expected)}, got ${short(actual)})`,
  'resolution-differs': ({ dependency, expected, actual }) =>
    `${dependency} resolved to ${actual}, expected ${expected}`,
  killed: ({ signal }) => `ended by ${signal}`,
  'trouble-told': ({ line }) => `the command told of trouble: ${line}`,
  'still-running': () => 'a command whose wgcache was killed still runs, and may write the same outputs',
  'dry-run': () => 'dry run',
  'cache-trouble': ({ detail }) => `cache trouble: ${detail}`,
  plugin: ({ text }) => text,
};

const MISS: Texts<MissReason> = {
  first: () => 'first run of this step',
  changed: ({ changes }) => changesText(changes),
  'record-gone': () => 'its record is gone from the cache',
  'record-damaged': () => 'its record is damaged',
  'blob-gone': ({ path }) => `${path} is gone from the cache or damaged`,
  'other-root': () => 'output names another checkout',
  expired: () => 'its record is older than it may be trusted (helm.unpinnedTtl)',
  forced: () => '--force',
  'restore-failed': ({ path, detail }) => `${path === '' ? 'its outputs' : path} cannot be put in place: ${detail}`,
};

const WARNING: Texts<Warning> = {
  'cache-trouble': ({ detail }) => `cache trouble, going on without: ${detail}`,
  'foreign-temp': ({ path }) => `${path} was left by another process and counts as an input`,
  workspace: ({ text }) => text,
  'wrong-file': ({ file, expected, actual, removed }) =>
    `${file} is not what --sha256 says: expected ${expected}, got ${actual}; ${removed ? 'it was removed' : 'IT IS STILL THERE'}`,
};

export function bypassText(reason: BypassReason): string {
  return lookUp(BYPASS, reason);
}

export function notStoredText(reason: NotStoredReason): string {
  return lookUp(NOT_STORED, reason);
}

export function missText(reason: MissReason): string {
  return lookUp(MISS, reason);
}

/** Where a seed came from, and how much of it was put. */
export function seededText({ from, files }: Sown): string {
  return `${files} file${files === 1 ? '' : 's'} for its own cache from ${from.label} (${from.at.slice(0, 16).replace('T', ' ')} UTC)`;
}

export function warningText(warning: Warning): string {
  return lookUp(WARNING, warning);
}

function lookUp<Reason extends { readonly code: string }>(texts: Texts<Reason>, reason: Reason): string {
  return (texts[reason.code as Reason['code']] as (reason: Reason) => string)(reason);
}

/** So many changes fit a line; `explain` shows all. */
const SHOWN = 3;

function changesText(changes: readonly KeyChange[]): string {
  const shown = changes.slice(0, SHOWN).map(changeText).join('; ');
  return changes.length > SHOWN ? `${shown}; ${changes.length - SHOWN} more` : shown;
}

export function changeText(change: KeyChange): string {
  switch (change.part) {
    case 'input':
      return `${change.name} ${change.change}`;
    case 'fact':
      return `${change.name} ${change.change}`;
    case 'env':
      return `environment variable ${change.name} ${change.change}`;
    case 'tool':
      return toolText(change.name, change.before, change.after);
    case 'args':
      return 'other arguments';
    case 'cwd':
      return 'another directory';
    case 'platform':
      return 'another platform';
    case 'plugin':
      return 'another version of the plugin';
    case 'version':
      return 'another version of the key format';
  }
}

function toolText(name: string, before: string | null, after: string | null): string {
  if (before === null) return `${name} is new to this step`;
  if (after === null) return `${name} no longer counts`;
  if (before === after) return `${name} ${short(after)} was rebuilt`;
  return `${name} ${short(before)} → ${short(after)}`;
}

/** Digests are shown by their first 12 digits; anything else as it is. */
function short(text: string): string {
  return text.replace(/\b(sha256:)?([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1$2');
}
