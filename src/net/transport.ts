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
  /** Takes the body of an answer piece by piece; `null`: it is collected. */
  readonly receive?: Receive | undefined;
}

export interface Head {
  readonly status: number;
  /** Names in lower case; repeated ones joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Asked once for each answer, redirects too, when its head is there. What the taker throws ends the request. */
export type Receive = (head: Head) => ((chunk: Uint8Array) => void) | null;

export interface Answer extends Head {
  /** As it came over the wire: nothing is decoded. Empty when somebody else received it. */
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

/** Collects a body up to `maxBytes`, or hands it on. With a Content-Length that is too large, nothing is read. */
export function bodyCollector(what: Exchange, head: Head): { add(chunk: Uint8Array): void; bytes(): Uint8Array } {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const check = (total: number): void => {
    if (total <= what.maxBytes) return;
    throw new NetError('too-large', `the answer is larger than ${what.maxBytes} bytes`, displayUrl(what.url));
  };
  const declared = head.headers['content-length'];
  if (what.method !== 'HEAD' && declared !== undefined) check(Number(declared));
  const take = what.receive?.(head) ?? null;
  return {
    add: (chunk) => {
      size += chunk.byteLength;
      check(size);
      if (take === null) chunks.push(chunk);
      else take(chunk);
    },
    bytes: () => (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)),
  };
}
