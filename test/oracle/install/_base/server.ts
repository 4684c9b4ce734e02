/** A server on loopback whose answers are a function of the path. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (path: string) => Uint8Array | string | null;

export class LoopbackServer {
  /** Breaks off every connection, as long as it is set. */
  down = false;
  readonly #server: Server;

  private constructor(answer: Answer) {
    this.#server = createServer((request, response) => {
      if (this.down) return void request.socket.destroy();
      const body = answer(decodeURIComponent((request.url ?? '').replace(/\?.*/, '')));
      response.writeHead(body === null ? 404 : 200).end(body ?? 'not found');
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
