/** A way out for helpers deep in a plugin: what they throw becomes the declaration's bypass (`declaring.ts`). */
import type { BypassReason } from '../../src/plugin.ts';

export class Bypass extends Error {
  readonly reason: BypassReason;

  constructor(reason: BypassReason) {
    super(reason.code);
    this.reason = reason;
  }
}

export function bypass(reason: BypassReason): never {
  throw new Bypass(reason);
}

export function unsupported(what: string): never {
  throw new Bypass({ code: 'unsupported', what });
}
