/** Thrown inside a plugin's declaration when the context cannot answer: the step then runs unwatched. Caught in `collect.ts` only. */
import type { BypassReason } from '../plugin.ts';

export class Bypass extends Error {
  readonly reason: BypassReason;

  constructor(reason: BypassReason) {
    super(`bypass: ${reason.code}`);
    this.name = 'Bypass';
    this.reason = reason;
  }
}
