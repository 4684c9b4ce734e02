/** A way out for helpers deep in a plugin: what they throw becomes the declaration's bypass. */
import type { BypassReason, Declaration, Declared } from '../../src/plugin.ts';

class Bypass extends Error {
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

/** Runs a declaration; what was thrown by {@link bypass} is its answer, anything else stays an error. */
export async function declaring(work: () => Promise<Declaration>): Promise<Declared> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Bypass) return { bypass: error.reason };
    throw error;
  }
}
