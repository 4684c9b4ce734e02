/** What lies upstream: a chart repository whose index and archives change under the client's feet, and an OCI registry whose tags move. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeCertificates } from '../../scripts/loopback/certificates.mjs';
import { startRegistry } from '../../scripts/loopback/registry.mjs';

const run = promisify(execFile);

export interface Entry {
  readonly name: string;
  readonly version: string;
  /** Counts up when a version is published again with other content. */
  readonly edition: number;
  readonly digest: string;
  readonly listedDigest: boolean;
}

export class Upstream {
  /** Entries by repository, in the order in which they are listed. */
  readonly entries: Record<'one' | 'two', Entry[]> = { one: [], two: [] };
  /** Lines that belong to no chart the workspace uses. */
  churn = 0;
  down = false;
  readonly #dir: string;
  readonly #helm: string;
  readonly #files = new Map<string, Uint8Array>();
  readonly #archives = new Map<string, Uint8Array>();
  #server!: Server;
  #registry!: { readonly port: number; close(): Promise<void> };
  caFile = '';

  private constructor(dir: string, helm: string) {
    this.#dir = dir;
    this.#helm = helm;
  }

  static async start(parent: string, helm: string, registry: string): Promise<Upstream> {
    const dir = mkdtempSync(join(parent, 'upstream-'));
    const up = new Upstream(dir, helm);
    const certificates = await makeCertificates({ helm, dir });
    up.caFile = certificates.caFile;
    up.#registry = await startRegistry({
      registry,
      dir,
      ...certificates,
      latencyMs: () => 0,
      onRequest: () => undefined,
    });
    up.#server = createServer((request, response) => {
      const body = up.down ? undefined : up.#files.get(request.url ?? '');
      if (up.down) return void request.socket.destroy();
      if (body === undefined) return void response.writeHead(404).end('not found\n');
      const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;
      if (request.headers['if-none-match'] === etag) return void response.writeHead(304, { ETag: etag }).end();
      response.writeHead(200, { ETag: etag, 'Content-Length': body.length }).end(body);
    });
    up.#server.listen(0, '127.0.0.1');
    await new Promise((resolve) => up.#server.once('listening', resolve));
    await up.reset();
    return up;
  }

  url(repository: 'one' | 'two'): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${repository}`;
  }

  /** Helm 3 speaks plain HTTP to what looks like loopback; to this name of it, TLS. */
  get oci(): string {
    return `oci://0.0.0.0:${this.#registry.port}/library`;
  }

  /** Makes (once per name, version and edition) and publishes. `listed: 'no'` changes the archive behind an index that stays as it is. */
  async publish(
    repository: 'one' | 'two',
    name: string,
    version: string,
    { edition = 0, digest = true, listed = true }: { edition?: number; digest?: boolean; listed?: boolean } = {},
  ): Promise<void> {
    const bytes = await this.#archive(name, version, edition);
    this.#files.set(`/${repository}/${name}-${version}.tgz`, bytes);
    if (!listed) return;
    const entry: Entry = {
      name,
      version,
      edition,
      digest: createHash('sha256').update(bytes).digest('hex'),
      listedDigest: digest,
    };
    const entries = this.entries[repository];
    const at = entries.findIndex((old) => old.name === name && old.version === version);
    if (at < 0) entries.unshift(entry);
    else entries[at] = entry;
    this.list();
  }

  /** Serves the indexes as `entries` says. */
  list(): void {
    for (const repository of ['one', 'two'] as const) {
      const byName = new Map<string, string>();
      for (const { name, version, edition, digest, listedDigest } of this.entries[repository])
        byName.set(
          name,
          `${byName.get(name) ?? ''}  - apiVersion: v2\n    created: "2024-01-01T00:00:0${edition % 10}Z"\n${listedDigest ? `    digest: ${digest}\n` : ''}    name: ${name}\n    urls:\n    - ${name}-${version}.tgz\n    version: ${version}\n`,
        );
      const charts = [...byName].map(([name, list]) => `  ${name}:\n${list}`).join('');
      const other = `  unrelated:\n  - apiVersion: v2\n    name: unrelated\n    urls: [unrelated-${this.churn}.tgz]\n    version: 0.0.${this.churn}\n`;
      this.#files.set(
        `/${repository}/index.yaml`,
        Buffer.from(`apiVersion: v1\nentries:\n${charts}${other}generated: "2024-01-01T00:00:00Z"\n`),
      );
    }
  }

  /** Takes the index of a repository away, or brings it back. */
  lose(repository: 'one' | 'two'): void {
    if (!this.#files.delete(`/${repository}/index.yaml`)) this.list();
  }

  /** As it was at the start. What was made once is not made again. */
  async reset(): Promise<void> {
    this.down = false;
    this.churn = 0;
    this.entries.one = [];
    this.entries.two = [];
    this.#files.clear();
    for (const repository of ['one', 'two'] as const)
      for (const version of ['1.0.0', '1.1.0', '2.0.0']) await this.publish(repository, `dep-${repository}`, version);
    await this.push('1.0.0', 0);
  }

  /** Moves an OCI tag. */
  async push(version: string, edition: number): Promise<void> {
    const archive = await this.#archive('dep-oci', version, edition);
    const file = join(this.#dir, `dep-oci-${version}.tgz`);
    writeFileSync(file, archive);
    await run(this.#helm, ['push', file, this.oci], {
      env: { ...process.env, SSL_CERT_FILE: this.caFile, HELM_REGISTRY_CONFIG: join(this.#dir, 'registry.json') },
    });
  }

  async #archive(name: string, version: string, edition: number): Promise<Uint8Array> {
    const id = `${name} ${version} ${edition}`;
    const known = this.#archives.get(id);
    if (known !== undefined) return known;
    const dir = mkdtempSync(join(this.#dir, 'make-'));
    const chart = join(dir, name);
    mkdirSync(join(chart, 'templates'), { recursive: true });
    writeFileSync(join(chart, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: ${version}\n`);
    writeFileSync(join(chart, 'values.yaml'), `edition: ${edition}\nenabled: true\n`);
    writeFileSync(
      join(chart, 'templates/map.yaml'),
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  v: "${version} {{ .Values.edition }} {{ .Values.global }}"\n`,
    );
    await run(this.#helm, ['package', chart, '-d', dir]);
    const bytes = readFileSync(join(dir, `${name}-${version}.tgz`));
    rmSync(dir, { recursive: true });
    this.#archives.set(id, bytes);
    return bytes;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#registry.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
