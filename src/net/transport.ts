/** One request and its answer, without policy: redirects, credentials and trust are decided in `http.ts`. */
import { displayUrl, NetError } from './errors.ts';

/** Certificates as PEM text. */
export interface TlsMaterial {
  /** The only roots trusted; `undefined`: those the runtime was built with. Never empty. */
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly insecure: boolean;
}

export interface Exchange {
  /** Without user info. */
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Set when the target or the proxy speaks TLS. */
  readonly tls: TlsMaterial | undefined;
  readonly proxy: URL | undefined;
  /** Milliseconds without a byte of progress. */
  readonly idleTimeoutMs: number;
  readonly maxBytes: number;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case; repeated ones joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** As it came over the wire: nothing is decoded. */
  readonly body: Uint8Array;
}

export interface Transport {
  /** Follows nothing and decodes nothing. A body that ends early is an error. Throws {@link NetError} only. */
  exchange(what: Exchange): Promise<Answer>;
  /** Drops idle connections, so that the process may end at once. */
  close(): void;
}

/** Calls `onIdle` once nothing was touched for `ms`. */
export function watchIdle(ms: number, onIdle: () => void): { touch(): void; stop(): void } {
  let timer = setTimeout(onIdle, ms);
  return {
    touch: () => {
      clearTimeout(timer);
      timer = setTimeout(onIdle, ms);
    },
    stop: () => clearTimeout(timer),
  };
}

export function idleError(what: Exchange): NetError {
  return new NetError('timeout', `nothing came for ${what.idleTimeoutMs / 1000} s`, displayUrl(what.url));
}

/** Collects a body up to `maxBytes`; `declared` is its Content-Length, if any: known too large, nothing is read. */
export function bodyCollector(
  what: Exchange,
  declared: string | undefined,
): { add(chunk: Uint8Array): void; bytes(): Uint8Array } {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const check = (total: number): void => {
    if (total <= what.maxBytes) return;
    throw new NetError('too-large', `the answer is larger than ${what.maxBytes} bytes`, displayUrl(what.url));
  };
  if (what.method !== 'HEAD' && declared !== undefined) check(Number(declared));
  return {
    add: (chunk) => {
      size += chunk.byteLength;
      check(size);
      chunks.push(chunk);
    },
    bytes: () => (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)),
  };
}
