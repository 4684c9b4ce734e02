/** How a step ended: tagged values. Text is made of them only in `report/`. */
import type { BypassReason, NotStoredReason } from '../plugin.ts';
import type { KeyChange } from './diff.ts';

/** Why a step that is watched had to run. */
export type MissReason =
  /** No earlier record of this step. */
  | { readonly code: 'first' }
  /** What differs from the nearest earlier record. */
  | { readonly code: 'changed'; readonly changes: readonly KeyChange[] }
  /** The same key as before, but its record is gone. */
  | { readonly code: 'record-gone' }
  | { readonly code: 'record-damaged' }
  | { readonly code: 'blob-gone'; readonly path: string }
  /** A record is there, but its output names another checkout. */
  | { readonly code: 'other-root' }
  /** What the record rests on is trusted for a time only, and that is over. */
  | { readonly code: 'expired' }
  | { readonly code: 'forced' }
  | { readonly code: 'restore-failed'; readonly path: string; readonly detail: string };

/** What happened to the record of a run. */
export type Stored = { readonly stored: true } | { readonly stored: false; readonly reason: NotStoredReason };

/** What was put into the tool's own caches. */
export interface Sown {
  readonly files: number;
  readonly bytes: number;
  /** The last run that added to it. */
  readonly from: {
    readonly label: string;
    /** ISO 8601, UTC. */
    readonly at: string;
  };
}

export type Outcome =
  /** Hit: the outputs were right already; nothing was written. */
  | { readonly kind: 'fresh'; readonly savedMs: number }
  /** Hit: outputs written from the store. `written` counts files put in place, `removed` those deleted. */
  | {
      readonly kind: 'restored';
      readonly savedMs: number;
      readonly written: number;
      readonly removed: number;
      readonly bytes: number;
    }
  /** The tool's own caches were filled from earlier runs, then the command ran. */
  | ({
      readonly kind: 'seeded';
      readonly reason: MissReason;
      readonly ranMs: number;
      readonly stored: Stored;
    } & Sown)
  | { readonly kind: 'miss'; readonly reason: MissReason; readonly ranMs: number; readonly stored: Stored }
  | { readonly kind: 'bypass'; readonly reason: BypassReason; readonly ranMs: number };

/** Something the person should know beside the outcome; only a wrong file changes it. */
export type Warning =
  | { readonly code: 'cache-trouble'; readonly detail: string }
  | { readonly code: 'foreign-temp'; readonly path: string }
  | { readonly code: 'workspace'; readonly text: string }
  /** A file is not what a sum of the user's says: the step fails. */
  | {
      readonly code: 'wrong-file';
      readonly file: string;
      readonly expected: string;
      readonly actual: string;
      readonly removed: boolean;
    };

/** One finished step, as reporters and the journal see it. */
export interface StepReport {
  readonly plugin: string;
  readonly label: string;
  readonly words: { readonly fresh: string; readonly restored: string };
  readonly outcome: Outcome;
  readonly key: string | null;
  readonly exit: number;
  /** Wall time of wgcache, the command included, milliseconds. */
  readonly totalMs: number;
  readonly warnings: readonly Warning[];
}
