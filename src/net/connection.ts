/** What the requests of one call site share: the transport, the proxy rule, and the set of roots that was enough so far. */
import { NetError } from './errors.ts';
import { proxyFor } from './proxy.ts';
import { type TlsFiles, tlsMaterials } from './tls.ts';
import type { Answer, Exchange, TlsMaterial, Transport } from './transport.ts';
import { bunTransport } from './transport-bun.ts';
import { nodeTransport } from './transport-node.ts';

export interface ClientOptions {
  /** Proxies and roots are taken from here, never from the process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly tls?: TlsFiles | undefined;
  /** Milliseconds without progress before giving up; default 30 000. There is no limit on the whole. */
  readonly idleTimeoutMs?: number | undefined;
}

export class Connection {
  readonly #options: ClientOptions;
  readonly #materials: Iterator<TlsMaterial, undefined>;
  #transport: Transport | undefined;
  #material: TlsMaterial | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#materials = tlsMaterials(options.tls ?? {}, options.env);
  }

  /** @throws NetError */
  async exchange(request: Omit<Exchange, 'tls' | 'proxy' | 'idleTimeoutMs'>): Promise<Answer> {
    this.#transport ??= openTransport();
    const transport = this.#transport;
    const proxy = await proxyFor(request.url, this.#options.env);
    const what = { ...request, proxy, idleTimeoutMs: this.#options.idleTimeoutMs ?? 30_000 };
    if (request.url.protocol !== 'https:' && proxy?.protocol !== 'https:') {
      return transport.exchange({ ...what, tls: undefined });
    }
    let tls = this.#material ?? this.#next(undefined);
    if (tls === undefined) throw new NetError('tls', 'the certificate files cannot be used');
    for (;;) {
      try {
        return await transport.exchange({ ...what, tls });
      } catch (error) {
        const wider: TlsMaterial | undefined =
          error instanceof NetError && error.untrusted ? this.#next(tls) : undefined;
        if (wider === undefined) throw error;
        tls = wider;
      }
    }
  }

  close(): void {
    this.#transport?.close();
  }

  /** What to try after `failed`; a parallel request may have moved on already. */
  #next(failed: TlsMaterial | undefined): TlsMaterial | undefined {
    if (this.#material !== failed) return this.#material;
    const next = this.#materials.next();
    if (next.done !== true) this.#material = next.value;
    return next.value;
  }
}

/**
 * The runtime's own client. Under Bun that is `fetch`: measured in a compiled binary on loopback (Bun 1.4.5), first HTTPS
 * GET 11 ms against 19 ms by node:https, HTTP 2 ms against 11 ms: loading node:http alone takes 6-8 ms there (22 ms when
 * not compiled). Under Node it is node:http, since its `fetch` loads undici, 21 ms. Each loads what it needs when first used.
 */
function openTransport(): Transport {
  return 'Bun' in globalThis ? bunTransport() : nodeTransport();
}
