/**
 * - `unreachable`: no connection, or none we may make (unknown scheme, a proxy that refuses)
 * - `timeout`: nothing moved for the idle time
 * - `tls`: no trust, wrong name, expired, no TLS at all, unreadable certificate files
 * - `too-large`: more bytes or pages than allowed
 * - `bad-response`: cut short, malformed, or a status the question has no use for
 * - `redirects`: too many, or one that would carry credentials in the clear
 * - `not-found`: a registry has no such repository or tag
 * - `credentials`: the server wants credentials we lack or refuses ours; or a credentials file or helper failed
 */
export type NetErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'tls'
  | 'too-large'
  | 'bad-response'
  | 'redirects'
  | 'not-found'
  | 'credentials';

/** Neither message nor URL holds credentials: user info and query (signed links) are cut before they come here. */
export class NetError extends Error {
  readonly code: NetErrorCode;
  /** Scheme, host and path of the request that failed; empty when no request was made. */
  readonly url: string;
  /** What the system said, as its code: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, … */
  readonly detail: string;

  constructor(code: NetErrorCode, text: string, url = '', detail = '') {
    super(url === '' ? text : `${url}: ${text}`);
    this.name = 'NetError';
    this.code = code;
    this.url = url;
    this.detail = detail;
  }

  /** The server's certificate leads to no root we gave; more roots may help. */
  get untrusted(): boolean {
    return this.code === 'tls' && UNTRUSTED.has(this.detail);
  }

  /** The other side does not speak TLS. */
  get notTls(): boolean {
    return this.code === 'tls' && NOT_TLS.has(this.detail);
  }
}

/** A URL fit for messages. */
export function displayUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * Turns what a transport threw into a {@link NetError}. Its message is not passed on: Bun writes the whole URL into it.
 * `answering`: headers had come, so a lost connection is an answer cut short.
 */
export function toNetError(error: unknown, url: URL, answering: boolean): NetError {
  if (error instanceof NetError) return error;
  const code = codeOf(error);
  const shown = displayUrl(url);
  if (TLS_CODE.test(code)) return new NetError('tls', TLS_TEXT[code] ?? `TLS failed (${code})`, shown, code);
  if (answering) return new NetError('bad-response', 'the answer was cut short', shown, code);
  if (/^HPE_|malformed|invalid.?http|invalid.?response/i.test(code)) {
    return new NetError('bad-response', `the answer is no HTTP (${code})`, shown, code);
  }
  return new NetError('unreachable', `cannot be reached (${code})`, shown, code);
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return typeof code === 'string' && code !== '' ? code : 'unknown error';
}

const UNTRUSTED = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

const NOT_TLS = new Set(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER']);

// Node's names of X509 errors, OpenSSL's and BoringSSL's prefixes.
const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|ERR_BORINGSSL|EPROTO$|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH|ERROR_IN_CERT)/;

const TLS_TEXT: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by an authority we do not trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority we do not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority we do not trust',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority we do not trust',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  EPROTO: 'it does not speak TLS as we know it',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS as we know it',
};
