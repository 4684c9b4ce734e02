/** Asking again: what may pass by itself is tried some more times, with growing pauses, or as the server says. */
import { setTimeout as sleep } from 'node:timers/promises';
import { displayUrl, NetError } from './errors.ts';
import type { HttpResponse } from './http.ts';

export interface RetryOptions {
  /** Requests that bring nothing, in a row, before giving up; default 4. */
  readonly attempts?: number | undefined;
  /** First pause in milliseconds, doubled each time; default 500. */
  readonly pauseMs?: number | undefined;
  /** The longest pause a server may ask for; default 2 minutes. */
  readonly patienceMs?: number | undefined;
}

/** Statuses that a later request may not get. */
const PASSING: readonly number[] = [408, 425, 429, 500, 502, 503, 504];
/** Failures without an answer that a later request may not meet. */
const LASTING_DETAIL = /^(ENOTFOUND|EINVAL|ERR_INVALID_URL)$/;

/** An answer of no use, with what to do about it. */
export class StatusError extends NetError {
  readonly status: number;
  /** Milliseconds the server asks to wait; null: it does not say. */
  readonly retryAfterMs: number | null;

  constructor({ status, headers, url }: Pick<HttpResponse, 'status' | 'headers' | 'url'>) {
    const denied = status === 401 || status === 403;
    const code = status === 404 || status === 410 ? 'not-found' : denied ? 'credentials' : 'bad-response';
    const text = code === 'not-found' ? 'is not there' : denied ? 'access denied' : 'the server cannot answer';
    super(code, `${text} (status ${status})`, displayUrl(new URL(url)));
    this.status = status;
    this.retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now());
  }
}

/** Seconds or an HTTP date. @returns milliseconds from now */
export function parseRetryAfter(value: string | undefined, now: number): number | null {
  if (value === undefined) return null;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/**
 * Tries until it succeeds, fails for good, or failed too often without progress.
 * @param progressed whether the attempt that failed brought anything: then it does not count
 */
export async function withRetries<T>(
  options: RetryOptions,
  attempt: () => Promise<T>,
  progressed: () => boolean = () => false,
): Promise<T> {
  const { attempts = 4, pauseMs = 500, patienceMs = 120_000 } = options;
  for (let failed = 0, made = 1; ; made++) {
    try {
      return await attempt();
    } catch (error) {
      if (!mayPass(error)) throw error;
      failed = progressed() ? 1 : failed + 1;
      const asked = error instanceof StatusError ? error.retryAfterMs : null;
      if (failed >= attempts || made >= MAX_REQUESTS || (asked ?? 0) > patienceMs) throw error;
      // Half of the pause by chance, so that many clients do not come back together.
      await sleep(asked ?? pauseMs * 2 ** (failed - 1) * (0.5 + Math.random() / 2));
    }
  }
}

/** Of one thing, whatever each of them brings. */
const MAX_REQUESTS = 50;

function mayPass(error: unknown): boolean {
  if (error instanceof StatusError) return PASSING.includes(error.status);
  if (!(error instanceof NetError)) return false;
  if (error.code === 'timeout') return true;
  return (
    (error.code === 'unreachable' || error.code === 'bad-response') &&
    !LASTING_DETAIL.test(error.detail) &&
    error.detail !== ''
  );
}
