/** Which certificates a request trusts and shows: those Helm, a Go program, would. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { NetError } from './errors.ts';
import type { TlsMaterial } from './transport.ts';

export interface TlsFiles {
  /** Replaces every other root. */
  readonly caFile?: string;
  /** Shown to the server when both are given. */
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly insecure?: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What to connect with, to be tried in turn while the server is not trusted: each trusts what the one before does, and more,
 * and the last one all that Go would. Mostly the first is enough, and cheap.
 */
export function* tlsMaterials(files: TlsFiles, env: Env): Generator<TlsMaterial, undefined> {
  const pair = Boolean(files.certFile && files.keyFile);
  const cert = pair ? readText(files.certFile!) : undefined;
  const key = pair ? readText(files.keyFile!) : undefined;
  if (pair && !(hasCertificate(cert ?? '') && /PRIVATE KEY-----/.test(key ?? ''))) {
    throw new NetError('tls', `no certificate and key in ${files.certFile} and ${files.keyFile}`);
  }
  const insecure = files.insecure === true;
  if (files.caFile) {
    const ca = readText(files.caFile);
    if (!hasCertificate(ca)) throw new NetError('tls', `no certificate in the CA file ${files.caFile}`);
    yield { ca, cert, key, insecure };
  } else if (insecure) {
    yield { ca: undefined, cert, key, insecure };
  } else {
    for (const ca of systemRoots(env)) yield { ca, cert, key, insecure };
  }
  return undefined;
}

/** crypto/x509/root_linux.go: the first of these that can be read … */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
/** … and all files of both of these. */
const DIRECTORIES = ['/etc/ssl/certs', '/etc/pki/tls/certs'];

/**
 * Go's rule for Unix: SSL_CERT_FILE stands for the bundle, SSL_CERT_DIR (a list) for the directories; naming one leaves the other.
 * macOS and Windows ask the system there, which Node 20 cannot: the runtime's own roots then, so a company's root may be
 * missing, and the request fails where Helm's would not.
 */
function* systemRoots(env: Env): Generator<string | undefined> {
  if (platform() === 'darwin' || platform() === 'win32') {
    yield undefined;
    return;
  }
  const bundle = firstReadable(env.SSL_CERT_FILE ? [env.SSL_CERT_FILE] : BUNDLES);
  if (hasCertificate(bundle)) {
    const common = commonRoots(bundle);
    if (common !== '') yield common;
    yield bundle;
  }
  const all = bundle + readAll(env.SSL_CERT_DIR ? env.SSL_CERT_DIR.split(':') : DIRECTORIES);
  if (hasCertificate(all)) yield all;
  else if (env.SSL_CERT_FILE || env.SSL_CERT_DIR)
    throw new NetError('tls', 'no certificate in SSL_CERT_FILE or SSL_CERT_DIR');
  else yield undefined;
}

/**
 * The roots behind most public servers. Node 20 takes 35-50 ms to parse a bundle of 150 roots and 3 ms for these; a
 * server under another root costs one more handshake. Nothing is trusted that the bundle does not hold.
 */
const COMMON = [
  'ISRG Root X1',
  'ISRG Root X2',
  'GTS Root R1',
  'GTS Root R4',
  'DigiCert Global Root CA',
  'DigiCert Global Root G2',
  'USERTrust RSA Certification Authority',
  'USERTrust ECC Certification Authority',
  'Sectigo Public Server Authentication Root R46',
  'Sectigo Public Server Authentication Root E46',
  'Amazon Root CA 1',
  'GlobalSign',
].map((name) => Buffer.from(name));

function commonRoots(bundle: string): string {
  const blocks = bundle.match(CERTIFICATE) ?? [];
  if (blocks.length <= COMMON.length) return '';
  return blocks
    .filter((block) => {
      const der = Buffer.from(block.split('-----')[2] ?? '', 'base64');
      return COMMON.some((name) => der.includes(name));
    })
    .join('\n');
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function hasCertificate(pem: string): boolean {
  return pem.includes('-----BEGIN CERTIFICATE-----');
}

function firstReadable(files: readonly string[]): string {
  for (const file of files) {
    const text = readOr(file, undefined);
    if (text !== undefined) return text;
  }
  return '';
}

/** Go leaves out links within the directory (the hashed names of OpenSSL), which would give everything twice. */
function readAll(directories: readonly string[]): string {
  let pem = '';
  for (const directory of directories) {
    let entries: ReturnType<typeof list>;
    try {
      entries = list(directory);
    } catch {
      continue;
    }
    for (const entry of entries) {
      const path = join(directory, entry.name);
      if (entry.isSymbolicLink() && !readlinkSync(path).includes('/')) continue;
      pem += `\n${(readOr(path, '').match(CERTIFICATE) ?? []).join('\n')}`;
    }
  }
  return pem;
}

function list(directory: string) {
  return readdirSync(directory, { withFileTypes: true });
}

function readOr<T>(path: string, otherwise: T): string | T {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function readText(path: string): string {
  const text = readOr(path, undefined);
  if (text === undefined) throw new NetError('tls', `cannot read the certificate file ${path}`);
  return text;
}
