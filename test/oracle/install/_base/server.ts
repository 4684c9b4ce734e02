/** A server on loopback whose answers are a function of what is asked. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** More than a body with 200. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** The connection ends after so many bytes of the body. */
  readonly cut?: number;
}

/** null: there is nothing of the kind. */
export type Answer = Uint8Array | string | Reply | null;

export abstract class LoopbackServer {
  /** Breaks off every connection, as long as it is set. */
  down = false;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      if (this.down) return void request.socket.destroy();
      const given = this.answer(decodeURIComponent((request.url ?? '').replace(/\?.*/, '')), request);
      if (given === null || typeof given === 'string' || given instanceof Uint8Array)
        return void response.writeHead(given === null ? 404 : 200).end(given ?? 'not found');
      const { status, headers, body, cut } = given;
      response.writeHead(status, headers);
      if (cut === undefined || request.method === 'HEAD') response.end(body);
      else response.write(body.slice(0, cut), () => response.destroy());
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  protected abstract answer(path: string, request: IncomingMessage): Answer;
}
