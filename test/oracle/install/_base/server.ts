/** A server on loopback whose answers are a function of what is asked. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** More than a body with 200. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The connection ends after so many bytes of the body. */
  readonly cut?: number;
}

/** @returns null: there is nothing of the kind */
export type Answer = (path: string, request: IncomingMessage) => Uint8Array | string | Reply | null;

export class LoopbackServer {
  /** Breaks off every connection, as long as it is set. */
  down = false;
  readonly #server: Server;

  private constructor(answer: Answer) {
    this.#server = createServer((request, response) => {
      if (this.down) return void request.socket.destroy();
      const given = answer(decodeURIComponent((request.url ?? '').replace(/\?.*/, '')), request);
      if (given === null || typeof given === 'string' || given instanceof Uint8Array)
        return void response.writeHead(given === null ? 404 : 200).end(given ?? 'not found');
      const { status, headers, body, cut } = given;
      response.writeHead(status, headers);
      if (cut === undefined || request.method === 'HEAD') response.end(body);
      else response.write(body.slice(0, cut), () => response.destroy());
    });
  }

  static async start(answer: Answer): Promise<LoopbackServer> {
    const made = new LoopbackServer(answer);
    await new Promise<void>((resolve) => void made.#server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
