/** node:http and node:https as a transport, with idle connections kept until it is closed. */
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { SecureContext } from 'node:tls';
import { displayUrl, NetError, toNetError } from './errors.ts';
import {
  type Answer,
  bodyCollector,
  type Exchange,
  idleError,
  type TlsMaterial,
  type Transport,
  watchIdle,
} from './transport.ts';

export function nodeTransport(): Transport {
  const pool = new Pool();
  return {
    exchange: async (what) => {
      try {
        return await once(what, pool);
      } catch (error) {
        // The server closed a kept connection just as we used it. Once: the next one is new or fails on its own.
        if (error instanceof StaleConnection) return await once(what, pool);
        throw error;
      }
    },
    close: () => pool.destroy(),
  };
}

class StaleConnection extends Error {}

async function once(what: Exchange, pool: Pool): Promise<Answer> {
  const request = await open(what, pool);
  const idle = watchIdle(what.idleTimeoutMs, () => request.destroy(idleError(what)));
  let answering = false;
  try {
    return await new Promise<Answer>((resolve, reject) => {
      request.on('error', reject);
      request.on('proxyConnect', (connect: { statusCode: number }) => {
        if (connect.statusCode === 200) return idle.touch();
        const text = `the proxy refuses to connect (${connect.statusCode})`;
        request.destroy(new NetError('unreachable', text, displayUrl(what.url)));
      });
      request.on('response', (response) => {
        answering = true;
        idle.touch();
        read(response, what, idle.touch).then(resolve, (error) => {
          request.destroy();
          reject(error);
        });
      });
      request.end(what.body);
    });
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    const lost = code === 'ECONNRESET' || code === 'EPIPE';
    if (lost && !answering && request.reusedSocket && what.method !== 'POST') throw new StaleConnection();
    throw toNetError(error, what.url, answering);
  } finally {
    idle.stop();
  }
}

function read(response: IncomingMessage, what: Exchange, touch: () => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(response.headers)) {
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
    }
    const status = response.statusCode ?? 0;
    const body = bodyCollector(what, { status, headers });
    response.on('error', reject);
    response.on('data', (chunk: Buffer) => {
      touch();
      try {
        body.add(chunk);
      } catch (error) {
        reject(error);
        response.destroy();
      }
    });
    response.on('end', () => resolve({ status, headers, body: body.bytes() }));
  });
}

async function open(what: Exchange, pool: Pool): Promise<ClientRequest> {
  const { url, proxy } = what;
  const tunnel = proxy !== undefined && url.protocol === 'https:';
  // Plain HTTP through a proxy: the proxy is asked, with the whole URL as the path.
  const peer = proxy !== undefined && !tunnel ? proxy : url;
  const options: RequestOptions & { secureContext?: SecureContext } = {
    method: what.method,
    host: bareHost(peer),
    port: peer.port === '' ? (peer.protocol === 'https:' ? 443 : 80) : Number(peer.port),
    path: peer === url ? url.pathname + url.search : url.origin + url.pathname + url.search,
    headers: { host: url.host, ...what.headers },
  };
  if (peer === proxy && proxy.username !== '') {
    const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    Object.assign(options.headers!, { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` });
  }
  if (tunnel) options.agent = await pool.tunnel(what.tls!, proxy);
  else options.agent = peer.protocol === 'https:' ? await pool.secure(what.tls!) : await pool.plain();
  if (peer.protocol !== 'https:') return (await import('node:http')).request(options);

  const { checkServerIdentity } = await import('node:tls');
  return (await import('node:https')).request({
    ...options,
    secureContext: await pool.context(what.tls!),
    // Said outright, else NODE_TLS_REJECT_UNAUTHORIZED decides, which Helm does not know.
    rejectUnauthorized: !what.tls!.insecure,
    // In a tunnel the host of the connection is the proxy's; the name to check is always the one we asked for.
    checkServerIdentity: (_host: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
      checkServerIdentity(bareHost(peer), certificate),
  } as RequestOptions);
}

/** Host name or address, IPv6 without brackets. */
function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** Agents and TLS contexts of one call site: a context over the whole system bundle takes 35-50 ms on Node 20. */
class Pool {
  readonly #agents = new Map<TlsMaterial | 'plain', Agent>();
  readonly #tunnels = new Map<TlsMaterial, Agent>();
  readonly #contexts = new Map<TlsMaterial, SecureContext>();

  async plain(): Promise<Agent> {
    const { Agent } = await import('node:http');
    return this.#keep(this.#agents, 'plain', () => new Agent({ keepAlive: true }));
  }

  async secure(tls: TlsMaterial): Promise<Agent> {
    const { Agent } = await import('node:https');
    return this.#keep(this.#agents, tls, () => new Agent({ keepAlive: true }));
  }

  async tunnel(tls: TlsMaterial, proxy: URL): Promise<Agent> {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    const secureContext = proxy.protocol === 'https:' ? await this.context(tls) : undefined;
    const rejectUnauthorized = !tls.insecure;
    // The agent's types leave `secureContext` out; it hands its options on to tls.connect.
    const options = { keepAlive: true, ...(secureContext && { secureContext, rejectUnauthorized }) };
    return this.#keep(this.#tunnels, tls, () => new HttpsProxyAgent(proxy, options as object));
  }

  async context(tls: TlsMaterial): Promise<SecureContext> {
    const { createSecureContext } = await import('node:tls');
    return this.#keep(this.#contexts, tls, () => {
      const { ca, cert, key } = tls;
      try {
        return createSecureContext({ ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert, key }) });
      } catch {
        throw new NetError('tls', 'a certificate or key file holds no usable PEM');
      }
    });
  }

  destroy(): void {
    for (const agent of [...this.#agents.values(), ...this.#tunnels.values()]) agent.destroy();
  }

  #keep<K, V>(map: Map<K, V>, key: K, make: () => V): V {
    const value = map.get(key) ?? make();
    map.set(key, value);
    return value;
  }
}
