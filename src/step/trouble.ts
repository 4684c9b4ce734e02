/**
 * Trouble with the cache never changes a step's result (promise 9): it is noted, the step goes on, and one line tells. With `strict`
 * it ends the step instead.
 */
import { errorCode } from '../base/atomic.ts';
import { WgcacheError } from '../errors.ts';

export class Troubles {
  readonly #strict: boolean;
  readonly #details: string[] = [];

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  get details(): readonly string[] {
    return this.#details;
  }

  /** Runs `work`; when the operating system refuses it, notes that and answers with `otherwise`. Other errors are our own bugs and pass. */
  guard<T>(work: () => T, otherwise: T): T {
    try {
      return work();
    } catch (error) {
      this.#note(error);
      return otherwise;
    }
  }

  async guardAsync<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#note(error);
      return otherwise;
    }
  }

  #note(error: unknown): void {
    if (errorCode(error) === undefined || !(error instanceof Error) || error instanceof WgcacheError) throw error;
    if (this.#strict)
      throw new WgcacheError('cache', `cache trouble: ${error.message}`, {
        hint: 'without --strict the step would go on',
        cause: error,
      });
    this.#details.push(error.message);
  }
}
