/** A server on loopback before a registry of this machine: says what it was asked for. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Relay {
  readonly url: string;
  /** Paths that were asked for since the last call. */
  took(): string[];
}

/** @param headers go with every answer; JSON that names the upstream names the relay instead */
export async function relay(upstream: string, headers: Readonly<Record<string, string>> = {}): Promise<Relay> {
  const base = upstream.replace(/\/+$/, '');
  let asked: string[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    asked.push(path);
    try {
      const { accept = '*/*' } = request.headers;
      const answer = await fetch(base + path, { headers: { accept } });
      const type = answer.headers.get('content-type') ?? 'application/octet-stream';
      const bytes = Buffer.from(await answer.arrayBuffer());
      const body = type.includes('json') ? bytes.toString().replaceAll(base, url) : bytes;
      response.writeHead(answer.status, { 'content-type': type, ...headers }).end(body);
    } catch {
      response.writeHead(502).end();
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    took() {
      const paths = asked;
      asked = [];
      return paths;
    },
  };
}
