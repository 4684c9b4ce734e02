/**
 * A checksum database: a signed log that only grows, as Go's own client wants it (golang.org/x/mod/sumdb: tlog, note). Good for fewer than
 * 256 modules: all hashes are then in one tile.
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export class SumDatabase {
  readonly name: string;
  /** What GOSUMDB names. */
  readonly key: string;
  readonly #records: string[] = [];
  readonly #ids = new Map<string, number>();
  readonly #sign: (text: string) => string;

  constructor(name: string) {
    this.name = name;
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const algorithm = Buffer.concat([Buffer.from([1]), raw]);
    const id = sha256(`${this.name}\n`, algorithm).subarray(0, 4);
    this.key = `${this.name}+${id.toString('hex')}+${algorithm.toString('base64')}`;
    this.#sign = (text) =>
      `${text}\n— ${this.name} ${Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]).toString('base64')}\n`;
  }

  /** What is once in the log stays: whoever publishes the version again is found out. @param lines of go.sum */
  vouch(module: string, lines: string): void {
    if (this.#ids.has(module)) return;
    this.#ids.set(module, this.#records.length);
    this.#records.push(lines);
  }

  /** @param path below `/sumdb/NAME` */
  answer(path: string): Uint8Array | string | null {
    if (path === '/supported') return '';
    if (path === '/latest') return this.#head();
    const [, module] = /^\/lookup\/(.*)$/.exec(path) ?? [];
    if (module !== undefined) {
      const id = this.#ids.get(module.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase()));
      return id === undefined ? null : `${id}\n${this.#records[id]}\n${this.#head()}`;
    }
    const [, width] = /^\/tile\/8\/0\/000\.p\/(\d+)$/.exec(path) ?? [];
    return width === undefined || Number(width) > this.#records.length
      ? null
      : Buffer.concat(this.#leaves().slice(0, Number(width)));
  }

  #leaves(): Buffer[] {
    return this.#records.map((record) => sha256('\0', record));
  }

  #head(): string {
    const root = treeHash(this.#leaves()).toString('base64');
    return this.#sign(`go.sum database tree\n${this.#records.length}\n${root}\n`);
  }
}

/** RFC 6962. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length < 2) return leaves[0] ?? sha256('');
  const left = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha256('\x01', treeHash(leaves.slice(0, left)), treeHash(leaves.slice(left)));
}
