/** A module proxy with its checksum database, which serves modules made on the spot. */
import { createHash } from 'node:crypto';
import { LoopbackServer } from '../_base/server.ts';
import { SumDatabase } from './sumdb.ts';
import { type Files, h1, zipOf } from './zip.ts';

interface Published {
  readonly mod: string;
  readonly zip: Buffer;
  /** Of go.sum: what the database says, and what the module would be now. */
  readonly sums: string;
  listed: boolean;
  /** Shadows the published bytes until it is healed. */
  forged: { readonly mod: string; readonly zip: Buffer } | null;
}

export class GoProxy {
  readonly #server: LoopbackServer;
  #modules = new Map<string, Map<string, Published>>();
  database: SumDatabase = new SumDatabase('sum.oracle.test');
  /** It vouches for what was published again. */
  other: SumDatabase = new SumDatabase('sum.other.test');
  /** Whether versions published again are served as they were. */
  honest = false;
  /** Lists come in the other order. */
  reversed = false;

  /** SHA-256 of everything that a module cache may hold of versions as first published. */
  readonly published: Set<string> = new Set<string>();

  private constructor(server: LoopbackServer) {
    this.#server = server;
  }

  static async start(): Promise<GoProxy> {
    const server = await LoopbackServer.start((path) => made.#answer(path));
    const made: GoProxy = new GoProxy(server);
    return made;
  }

  get url(): string {
    return this.#server.url;
  }

  get down(): boolean {
    return this.#server.down;
  }

  set down(down: boolean) {
    this.#server.down = down;
  }

  reset(): void {
    this.down = false;
    this.honest = false;
    this.reversed = false;
    this.#modules = new Map();
    this.published.clear();
    this.database = new SumDatabase('sum.oracle.test');
    this.other = new SumDatabase('sum.other.test');
  }

  /** @param files without the module's own directory; `go.mod` among them */
  publish(path: string, version: string, files: Files): void {
    const { mod, zip, sums } = packed(path, version, files);
    const versions = this.#modules.get(path) ?? new Map<string, Published>();
    this.#modules.set(path, versions);
    if (versions.has(version)) return;
    for (const bytes of [mod, zip, infoOf(version), sums.split(/\s/)[2] ?? '', ...Object.values(files)])
      this.published.add(createHash('sha256').update(bytes).digest('hex'));
    versions.set(version, { mod, zip, sums, listed: true, forged: null });
    this.database.vouch(`${path}@${version}`, sums);
  }

  /** The same version with other bytes. */
  forge(path: string, version: string, files: Files): void {
    const there = this.#modules.get(path)?.get(version);
    if (there === undefined) return;
    const forged = packed(path, version, files);
    there.forged = forged;
    this.other.vouch(`${path}@${version}`, forged.sums);
  }

  /** Whether any version was published again. */
  get hasForged(): boolean {
    return [...this.#modules.values()].some((versions) => [...versions.values()].some(({ forged }) => forged !== null));
  }

  /** Takes a version out of the list, or puts it back; who names it gets it all the same. */
  list(path: string, version: string): boolean {
    const there = this.#modules.get(path)?.get(version);
    if (there === undefined) return false;
    there.listed = !there.listed;
    return true;
  }

  versions(path: string): string[] {
    return [...(this.#modules.get(path)?.keys() ?? [])];
  }

  /** Lines of go.sum. */
  sums(path: string, version: string): string {
    return this.#modules.get(path)?.get(version)?.sums ?? '';
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  #answer(path: string): Uint8Array | string | null {
    for (const database of [this.database, this.other]) {
      const place = `/sumdb/${database.name}`;
      if (path.startsWith(`${place}/`)) return database.answer(path.slice(place.length));
    }
    const [, module = '', what = ''] = /^\/(.*?)\/(@v\/.*|@latest)$/.exec(path) ?? [];
    const versions = this.#modules.get(module);
    if (versions === undefined) return null;
    const listed = [...versions].filter(([, { listed }]) => listed).map(([version]) => version);
    if (what === '@v/list') return `${(this.reversed ? listed.reverse() : listed).join('\n')}\n`;
    if (what === '@latest') return listed.length === 0 ? null : infoOf(listed.at(-1) ?? '');
    const [, version = '', kind] = /^@v\/(.*)\.(info|mod|zip)$/.exec(what) ?? [];
    const there = versions.get(version);
    if (there === undefined) return null;
    if (kind === 'info') return infoOf(version);
    const served = this.honest ? there : (there.forged ?? there);
    return kind === 'mod' ? served.mod : served.zip;
  }
}

function infoOf(version: string): string {
  return JSON.stringify({ Version: version, Time: '2024-01-01T00:00:00Z' });
}

function packed(path: string, version: string, files: Files): Pick<Published, 'mod' | 'zip' | 'sums'> {
  const inZip = Object.fromEntries(Object.entries(files).map(([name, text]) => [`${path}@${version}/${name}`, text]));
  const mod = files['go.mod'] ?? '';
  return {
    mod,
    zip: zipOf(inZip),
    sums: `${path} ${version} ${h1(inZip)}\n${path} ${version}/go.mod ${h1({ 'go.mod': mod })}\n`,
  };
}
