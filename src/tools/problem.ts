/** Why a tool cannot be had, as data: `report/tools.ts` makes the text. */
import type { NetErrorCode } from '../net/errors.ts';

export type Problem =
  /** `by`: who says what it should be. */
  | {
      readonly code: 'checksum';
      readonly what: string;
      readonly expected: string;
      readonly actual: string;
      readonly by: 'published' | 'config' | 'lock';
    }
  | { readonly code: 'no-checksum'; readonly url: string }
  | { readonly code: 'not-listed'; readonly file: string; readonly list: string }
  | { readonly code: 'bad-list'; readonly list: string; readonly detail: string }
  /** `why`: which of the failures of the network it is. */
  | { readonly code: 'network'; readonly detail: string; readonly why: NetErrorCode }
  | { readonly code: 'no-version'; readonly wanted: string; readonly detail: string }
  | { readonly code: 'archive'; readonly file: string; readonly detail: string }
  | { readonly code: 'not-in-archive'; readonly path: string; readonly there: readonly string[] }
  | { readonly code: 'no-program'; readonly of: string; readonly detail: string }
  | { readonly code: 'client-missing'; readonly client: string; readonly of: string }
  | { readonly code: 'client-failed'; readonly client: string; readonly detail: string }
  | { readonly code: 'template'; readonly template: string; readonly name: string }
  | { readonly code: 'no-source'; readonly from: string }
  | { readonly code: 'lock-missing' }
  | { readonly code: 'lock-stale'; readonly detail: string }
  | { readonly code: 'platform'; readonly platform: string; readonly there: readonly string[] }
  | { readonly code: 'taken'; readonly name: string; readonly by: string }
  | { readonly code: 'in-the-way'; readonly path: string }
  | { readonly code: 'unsafe'; readonly path: string; readonly detail: string }
  | { readonly code: 'files'; readonly detail: string };

export class ToolFault extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.code);
    this.name = 'ToolFault';
    this.problem = problem;
  }
}
