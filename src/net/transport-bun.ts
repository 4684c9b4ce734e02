/** Bun's `fetch` as a transport. Tried on 1.4.5: it honours `tls`, `proxy`, `decompress` and finds bodies cut short. */
import { toNetError } from './errors.ts';
import { type Answer, bodyCollector, type Exchange, idleError, type Transport, watchIdle } from './transport.ts';

/** What Bun's `fetch` takes beyond the standard. */
interface BunRequestInit {
  method: string;
  headers: Record<string, string>;
  body?: string;
  redirect: 'manual';
  signal: AbortSignal;
  decompress: false;
  /** `false` also switches off what Bun would take from the environment by rules other than Go's. */
  proxy: string | false;
  /** `false`: no limit on the whole request; ours is on lack of progress. */
  timeout: false;
  tls?: { ca?: string; cert?: string; key?: string; rejectUnauthorized: boolean };
}

type BunFetch = (url: string, init: BunRequestInit) => Promise<Response>;

export function bunTransport(): Transport {
  return { exchange, close: () => undefined };
}

async function exchange(what: Exchange): Promise<Answer> {
  const abort = new AbortController();
  const idle = watchIdle(what.idleTimeoutMs, () => abort.abort(idleError(what)));
  let answering = false;
  try {
    const response = await (globalThis.fetch as unknown as BunFetch)(what.url.href, initOf(what, abort.signal));
    answering = true;
    idle.touch();
    const head = { status: response.status, headers: Object.fromEntries(response.headers) };
    const body = bodyCollector(what, head);
    // Bun's types of a body are not Node's; both are async iterables of byte chunks.
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      idle.touch();
      body.add(chunk);
    }
    return { ...head, body: body.bytes() };
  } catch (error) {
    abort.abort();
    throw toNetError(error, what.url, answering);
  } finally {
    idle.stop();
  }
}

function initOf(what: Exchange, signal: AbortSignal): BunRequestInit {
  const init: BunRequestInit = {
    method: what.method,
    headers: { ...what.headers },
    redirect: 'manual',
    signal,
    decompress: false,
    proxy: what.proxy?.href ?? false,
    timeout: false,
  };
  if (what.body !== undefined) init.body = what.body;
  if (what.tls !== undefined) {
    const { ca, cert, key, insecure } = what.tls;
    // Said outright, else NODE_TLS_REJECT_UNAUTHORIZED decides, which Helm does not know.
    init.tls = { rejectUnauthorized: !insecure };
    if (ca !== undefined) init.tls.ca = ca;
    if (cert !== undefined && key !== undefined) Object.assign(init.tls, { cert, key });
  }
  return init;
}
