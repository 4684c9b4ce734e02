/** Real servers on loopback for tests of the network: HTTP, HTTPS under a CA of the test's own, a forward proxy, an OCI registry. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
} from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A place for one test file, to be emptied at its end. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'wgcache-net-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  readonly caFile: string;
  readonly ca: string;
  /** Names and addresses as in subjectAltName: `DNS:localhost`, `IP:127.0.0.1`. */
  issue(name: string, names: readonly string[], days?: number): Certificate;
}

/** A certificate authority made by openssl. */
export function makeAuthority(directory: string, name = 'test-ca'): Authority {
  mkdirSync(directory, { recursive: true });
  const path = (file: string): string => join(directory, file);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const [caKey, caFile] = [path(`${name}.key`), path(`${name}.pem`)];
  openssl('req', '-x509', ...newKey, '-keyout', caKey, '-out', caFile, '-days', '2', '-subj', `/CN=${name}`);
  return {
    caFile,
    ca: readFileSync(caFile, 'utf8'),
    issue: (host, names, days = 2) => {
      const [keyFile, request, certFile, extensions] = ['key', 'csr', 'pem', 'ext'].map((end) =>
        path(`${host}.${end}`),
      ) as [string, string, string, string];
      writeFileSync(extensions, `subjectAltName=${names.join(',')}\n`);
      openssl('req', ...newKey, '-keyout', keyFile, '-out', request, '-subj', `/CN=${host}`);
      const sign = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-days', String(days), '-extfile', extensions];
      openssl('x509', '-req', '-in', request, ...sign, '-out', certFile);
      return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    },
  };
}

export interface TestServer {
  readonly port: number;
  /** `http://127.0.0.1:port` or `https://…`. */
  readonly url: string;
  /** Requests so far, in order. */
  readonly seen: readonly IncomingMessage[];
  /** Connections so far. */
  connections(): number;
  /** The next request finds its connection closed. */
  dropNextRequest(): void;
  close(): Promise<void>;
}

/** @param tls makes it HTTPS; with `clientCa` it wants a certificate signed by that authority */
export async function serve(
  handler: RequestListener,
  tls?: { readonly certificate: Certificate; readonly clientCa?: string },
): Promise<TestServer> {
  const seen: IncomingMessage[] = [];
  let drop = false;
  const listener: RequestListener = (request, response) => {
    if (drop) {
      drop = false;
      request.socket.resetAndDestroy();
      return;
    }
    seen.push(request);
    handler(request, response);
  };
  const server =
    tls === undefined
      ? createHttp(listener)
      : createHttps(
          {
            cert: tls.certificate.cert,
            key: tls.certificate.key,
            ...(tls.clientCa !== undefined && { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
          },
          listener,
        );
  let connections = 0;
  server.on('connection', () => {
    connections++;
  });
  const port = await listen(server);
  return {
    port,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    seen,
    connections: () => connections,
    dropNextRequest: () => {
      drop = true;
    },
    close: () => stop(server),
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

export interface TestProxy {
  readonly port: number;
  /** `CONNECT host:port` or `GET http://host/path`, each with the Proxy-Authorization it came with. */
  readonly seen: readonly string[];
  close(): Promise<void>;
}

/** A forward proxy that sends everything to 127.0.0.1, whatever the host is called. `refuse`: its answer to CONNECT. */
export async function serveProxy(options: { readonly refuse?: number } = {}): Promise<TestProxy> {
  const seen: string[] = [];
  const note = (incoming: IncomingMessage): void => {
    seen.push(`${incoming.method} ${incoming.url} ${incoming.headers['proxy-authorization'] ?? '-'}`);
  };
  const server = createHttp((incoming, outgoing) => {
    note(incoming);
    const target = new URL(incoming.url ?? '');
    const { 'proxy-authorization': _hidden, ...headers } = incoming.headers;
    const onward = request({
      host: '127.0.0.1',
      port: target.port,
      path: target.pathname + target.search,
      method: incoming.method,
      headers,
    });
    onward.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(onward);
  });
  const sockets = new Set<Socket>();
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    note(incoming);
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (options.refuse !== undefined) {
      socket.end(`HTTP/1.1 ${options.refuse} No\r\nLocation: http://127.0.0.1/\r\nContent-Length: 2\r\n\r\nno`);
      return;
    }
    const onward = connect(Number(incoming.url?.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
  });
  const port = await listen(server);
  return {
    port,
    seen,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await stop(server);
    },
  };
}

export interface TestRegistry {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** Stores a config and a manifest that names it; gives the manifest's digest. `auth`: an Authorization header. */
  push(name: string, tag: string, options?: { readonly auth?: string; readonly note?: string }): Promise<string>;
  close(): Promise<void>;
}

/**
 * The real `docker-registry` (Debian's package of CNCF distribution).
 * @param settings further lines of its configuration file: `auth: …`
 */
export async function serveRegistry(
  directory: string,
  tls: { readonly certificate: Certificate; readonly ca: string } | undefined,
  settings = '',
): Promise<TestRegistry> {
  mkdirSync(directory, { recursive: true });
  // Its log does not tell the port it took: we look for a free one ourselves.
  const probe = createHttp();
  const port = await listen(probe);
  await stop(probe);
  const files = tls && `, tls: {certificate: ${tls.certificate.certFile}, key: ${tls.certificate.keyFile}}`;
  const config = join(directory, 'config.yml');
  writeFileSync(
    config,
    `version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: ${join(directory, 'data')}}}
http: {addr: '127.0.0.1:${port}'${files ?? ''}}
${settings}
`,
  );
  const child = spawn(process.env.WGCACHE_TEST_REGISTRY ?? 'docker-registry', ['serve', config], { stdio: 'ignore' });
  const failed = new Promise<never>((_, reject) => {
    const hint =
      'Run the tests by `npm test`, which finds or fetches it, or install it by: apt-get install docker-registry';
    child.on('error', (error) => reject(new Error(`docker-registry cannot be started (${error.message}). ${hint}`)));
    child.on('exit', (code) => reject(new Error(`docker-registry ended with ${code}`)));
  });
  failed.catch(() => undefined);
  const base = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const call = (method: string, url: string, body: string, headers: Record<string, string>): Promise<IncomingMessage> =>
    send(method, url, body, headers, tls?.ca);
  await Promise.race([failed, untilUp(() => call('GET', `${base}/v2/`, '', {}))]);

  return {
    host: `127.0.0.1:${port}`,
    push: async (name, tag, { auth, note = '' } = {}) => {
      const { createHash } = await import('node:crypto');
      const digest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
      const common: Record<string, string> = auth === undefined ? {} : { authorization: auth };
      const config = '{}';
      const started = await call('POST', `${base}/v2/${name}/blobs/uploads/`, '', common);
      const upload = new URL(started.headers.location ?? '', base);
      upload.searchParams.set('digest', digest(config));
      await call('PUT', upload.href, config, { ...common, 'content-type': 'application/octet-stream' });
      const mediaType = 'application/vnd.oci.image.manifest.v1+json';
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType,
        config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: digest(config), size: config.length },
        layers: [],
        annotations: { note },
      });
      const stored = await call('PUT', `${base}/v2/${name}/manifests/${tag}`, manifest, {
        ...common,
        'content-type': mediaType,
      });
      if (stored.statusCode !== 201) throw new Error(`the registry refuses the manifest: ${stored.statusCode}`);
      return digest(manifest);
    },
    close: async () => {
      const ended = new Promise((resolve) => child.on('close', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function send(
  method: string,
  url: string,
  body: string,
  headers: Record<string, string>,
  ca: string | undefined,
): Promise<IncomingMessage> {
  const { request: secure } = await import('node:https');
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      ...(ca && { ca }),
    };
    const outgoing = (url.startsWith('https:') ? secure : request)(url, options, (response) => {
      response.resume();
      response.on('end', () => resolve(response));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function untilUp(attempt: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
