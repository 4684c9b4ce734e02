/** One tool's failure is no reason for the others to stop. */
import { errorCode } from '../base/atomic.ts';
import type { Environment } from '../config.ts';
import { WgcacheError } from '../errors.ts';
import { NetError } from '../net/errors.ts';
import { openClient } from '../net/http.ts';
import type { RetryOptions } from '../net/retry.ts';
import type { LocalStore } from '../store/local.ts';
import { type Problem, ToolFault } from './problem.ts';
import type { Wanted } from './wanted.ts';
import type { Progress, Work } from './work.ts';

export type Tried<T> =
  | { readonly ok: true; readonly wanted: Wanted; readonly value: T }
  | { readonly ok: false; readonly wanted: Wanted; readonly problem: Problem };

export async function tried<T>(wanted: Wanted, work: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { ok: true, wanted, value: await work() };
  } catch (error) {
    return { ok: false, wanted, problem: problemOf(error) };
  }
}

/** What is none of these is a bug of ours, and thrown on. */
function problemOf(error: unknown): Problem {
  if (error instanceof ToolFault) return error.problem;
  if (error instanceof NetError) return { code: 'network', detail: error.message, why: error.code };
  if (error instanceof WgcacheError || errorCode(error) === undefined) throw error;
  return { code: 'files', detail: (error as Error).message };
}

export interface WorkOptions {
  readonly retry?: RetryOptions;
  readonly idleTimeoutMs?: number;
}

/** Opens what all tools share for as long as `use` takes. */
export async function withWork(
  env: Environment,
  store: LocalStore,
  use: (workFor: (progress: (progress: Progress) => void) => Work) => Promise<void>,
  { retry = {}, idleTimeoutMs }: WorkOptions = {},
): Promise<void> {
  const client = openClient({ env, idleTimeoutMs });
  try {
    await use((progress) => ({ env, store, client, retry, progress }));
  } finally {
    client.close();
  }
}
