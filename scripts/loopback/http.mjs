import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

/** @returns {Promise<number>} the port, on 127.0.0.1 */
export async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

/** Closes a server with all its connections. */
export async function closeServer(server) {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections?.();
  await closed;
}

/**
 * Serves files held in memory over HTTP and HTTPS as a chart repository's host would: ETag, Last-Modified, conditional requests,
 * Content-Length.
 * @param {{ cert: string, key: string, latencyMs: () => number, onRequest: (line: string) => void }} options
 *   `onRequest` is told `METHOD PATH STATUS` of each request
 * @returns {Promise<{ httpPort: number, httpsPort: number, put: (path: string, bytes: Buffer) => void, close: () => Promise<void> }>}
 */
export async function startHttp({ cert, key, latencyMs, onRequest }) {
  const files = new Map();
  const answer = (request, response) => {
    const { status, headers, body } = reply(request, files);
    onRequest(`${request.method} ${request.url} ${status}`);
    setTimeout(
      () => response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body),
      latencyMs(),
    );
  };
  const plain = createServer(answer);
  const tls = createTlsServer({ cert, key }, answer);
  const [httpPort, httpsPort] = await Promise.all([listen(plain), listen(tls)]);
  return {
    httpPort,
    httpsPort,
    put: (path, bytes) => {
      const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`;
      files.set(path, { bytes, etag, modified: new Date(Math.floor(Date.now() / 1000) * 1000) });
    },
    close: async () => {
      await Promise.all([closeServer(plain), closeServer(tls)]);
    },
  };
}

function reply(request, files) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, headers: { Allow: 'GET, HEAD' } };
  const file = files.get(decodeURIComponent(request.url.split('?')[0]));
  if (file === undefined) return { status: 404, headers: { 'Content-Type': 'text/plain' }, body: 'not found\n' };
  const validators = { ETag: file.etag, 'Last-Modified': file.modified.toUTCString() };
  if (isCurrent(request.headers, file)) return { status: 304, headers: validators };
  const type = request.url.endsWith('.tgz') ? 'application/gzip' : 'text/yaml';
  return {
    status: 200,
    headers: { ...validators, 'Content-Type': type, 'Content-Length': file.bytes.length },
    body: file.bytes,
  };
}

/** If-None-Match wins over If-Modified-Since (RFC 9110, 13.2.2). */
function isCurrent(headers, file) {
  const match = headers['if-none-match'];
  if (match !== undefined)
    return match === '*' || match.split(',').some((tag) => tag.trim().replace(/^W\//, '') === file.etag);
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && since >= file.modified.getTime();
}
