/** Reasons are tagged values; each code has one text, in `report/reasons.ts`. */

/** Why a run is not watched. Each code has one text, in `report/reasons.ts`. */
export type BypassReason =
  | { readonly code: 'not-described' }
  | { readonly code: 'side-effects'; readonly what: string }
  | { readonly code: 'live-cluster'; readonly flag: string }
  | { readonly code: 'volatile-function'; readonly fn: string; readonly file: string }
  | { readonly code: 'url-value'; readonly value: string }
  | { readonly code: 'stdin'; readonly what: string }
  | { readonly code: 'signing'; readonly flag: string }
  | { readonly code: 'unknown-flag'; readonly flag: string }
  | { readonly code: 'debug'; readonly what: string }
  | { readonly code: 'remote-chart'; readonly ref: string }
  | { readonly code: 'duplicate-subchart'; readonly name: string }
  | { readonly code: 'remote-schema-ref'; readonly ref: string; readonly file: string }
  | { readonly code: 'unpinned'; readonly chart: string; readonly repository: string }
  | { readonly code: 'unpinned'; readonly what: string }
  | { readonly code: 'unknown-scheme'; readonly url: string }
  | { readonly code: 'offline'; readonly url: string; readonly detail: string }
  /** `set` tells what brings it inside. */
  | { readonly code: 'output-outside-root'; readonly path: string; readonly set?: string }
  | { readonly code: 'path-not-utf8'; readonly path: string }
  | { readonly code: 'link-cycle'; readonly path: string }
  | { readonly code: 'unreadable'; readonly path: string; readonly detail: string }
  | { readonly code: 'tool-is-script'; readonly path: string }
  | { readonly code: 'tool-not-found'; readonly name: string }
  | { readonly code: 'unsupported'; readonly what: string }
  | { readonly code: 'cache-trouble'; readonly detail: string }
  | { readonly code: 'plugin'; readonly text: string };

/** Why a run that was watched left no record. */
export type NotStoredReason =
  | { readonly code: 'failed'; readonly exit: number }
  | { readonly code: 'inputs-changed'; readonly what: string }
  | { readonly code: 'outputs-changed'; readonly path: string }
  | { readonly code: 'output-missing'; readonly path: string }
  | { readonly code: 'output-unsupported'; readonly path: string; readonly detail: string }
  /** `pinned`: by a sum the user gave; else by an index. */
  | {
      readonly code: 'digest-mismatch';
      readonly file: string;
      readonly expected: string;
      readonly actual: string;
      readonly pinned?: true;
    }
  | {
      readonly code: 'resolution-differs';
      readonly dependency: string;
      readonly expected: string;
      readonly actual: string;
    }
  | { readonly code: 'killed'; readonly signal: string }
  /** The command ended well, but spoke of trouble that another run need not have. */
  | { readonly code: 'trouble-told'; readonly line: string }
  | { readonly code: 'still-running' }
  | { readonly code: 'dry-run' }
  | { readonly code: 'cache-trouble'; readonly detail: string }
  | { readonly code: 'plugin'; readonly text: string };
