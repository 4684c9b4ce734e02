/** A package index of wheels and a source distribution made on the spot: PEP 503 as pages, PEP 691 as JSON, PEP 658 with metadata beside the files. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Files, gzipped, membersOf, tarOf, zipOf } from '../_base/archives.ts';
import { Registry } from '../_base/registry.ts';
import type { Answer } from '../_base/server.ts';

interface Release {
  /** Name of the file to its bytes: several builds of one version. */
  readonly file: string;
  readonly bytes: Buffer;
  /** Null: a source distribution. */
  readonly metadata: string | null;
}

interface Wheel {
  readonly name: string;
  readonly version: string;
  /** Number of the build, before the tags; '' of most. */
  readonly build?: string;
  readonly requires?: readonly string[];
  readonly python?: string;
  /** Without `.dist-info`. */
  readonly files: Files;
  readonly scripts?: readonly string[];
}

export class PackageIndex extends Registry<Release> {
  json = false;
  reversed = false;
  metadata = false;
  readonly #yanked = new Set<string>();
  /** SHA-256 of every file in wheels as first published. */
  readonly published: Set<string> = new Set<string>();

  override reset(): void {
    super.reset();
    Object.assign(this, { json: false, reversed: false, metadata: false });
    this.#yanked.clear();
    this.published.clear();
  }

  publish(wheel: Wheel): void {
    if (!this.add(wheel.name, idOf(wheel), wheelOf(wheel))) return;
    for (const text of Object.values(membersOfWheel(wheel))) this.published.add(sha256(text));
  }

  publishSources(name: string, version: string, files: Files): void {
    const stem = `${name}-${version}`;
    const bytes = gzipped(tarOf(membersOf(`${stem}/`, files)), 6);
    this.add(name, version, { file: `${stem}.tar.gz`, bytes, metadata: null });
  }

  /** The same file with other bytes. */
  forge(wheel: Wheel): void {
    this.replace(wheel.name, idOf(wheel), wheelOf(wheel));
  }

  /** Takes a release back, or no longer: who names it gets it, with a warning. */
  yank(name: string, version: string): void {
    const id = `${name} ${version}`;
    if (!this.#yanked.delete(id)) this.#yanked.add(id);
  }

  /** As requirements name it. */
  hash(name: string, version: string): string {
    return `sha256:${sha256(this.version(name, version)?.first.bytes ?? '')}`;
  }

  /** A file as it was first published. */
  wheel(name: string, version: string): { readonly file: string; readonly bytes: Uint8Array } {
    const there = this.version(name, version);
    if (there === undefined) throw new Error(`${name} ${version} was never published`);
    return there.first;
  }

  protected override answer(path: string, { headers }: IncomingMessage): Answer {
    const [, file, beside] = /^\/files\/(.*?)(\.metadata)?$/.exec(path) ?? [];
    if (file !== undefined) {
      const [, name = '', version = ''] = /^(.*?)-(\d[^-]*(?:-\d+(?=-py))?)(?:-py3|\.tar)/.exec(file) ?? [];
      const release = this.served(name, version);
      if (release === null || beside !== undefined) return release?.metadata ?? null;
      // As the public index says it: pip keeps what it got.
      return { status: 200, headers: { 'cache-control': 'max-age=365000000, immutable' }, body: release.bytes };
    }
    const [, asked = ''] = /^(?:\/mirror)?\/simple\/([^/]*)\/$/.exec(path) ?? [];
    const name = asked.replaceAll('-', '_');
    const all = this.versions(name);
    if (all.length === 0) return null;
    const listed = all.filter((version) => this.version(name, version)?.listed);
    return this.#page(name, this.reversed ? listed.reverse() : listed, headers.accept ?? '');
  }

  #page(name: string, versions: readonly string[], accept: string): Answer {
    const files = versions.flatMap((version) => {
      const release = this.served(name, version);
      return release === null ? [] : [{ ...release, yanked: this.#yanked.has(`${name} ${version}`) }];
    });
    if (this.json && accept.includes('application/vnd.pypi.simple.v1+json')) {
      const body = JSON.stringify({
        meta: { 'api-version': '1.0' },
        name,
        files: files.map(({ file, bytes, metadata, yanked }) => ({
          filename: file,
          url: `${this.url}/files/${file}`,
          hashes: { sha256: sha256(bytes) },
          yanked,
          ...(this.metadata && metadata !== null ? { 'dist-info-metadata': { sha256: sha256(metadata) } } : {}),
        })),
      });
      return { status: 200, headers: { 'content-type': 'application/vnd.pypi.simple.v1+json' }, body };
    }
    const links = files.map(({ file, bytes, metadata, yanked }) => {
      const beside = this.metadata && metadata !== null ? ` data-dist-info-metadata="sha256=${sha256(metadata)}"` : '';
      return `<a href="/files/${file}#sha256=${sha256(bytes)}"${yanked ? ' data-yanked=""' : ''}${beside}>${file}</a><br>`;
    });
    const body = `<!DOCTYPE html>\n<html><body>\n${links.join('\n')}\n</body></html>\n`;
    return { status: 200, headers: { 'content-type': 'text/html' }, body };
  }
}

const idOf = ({ version, build = '' }: Wheel): string => (build === '' ? version : `${version}-${build}`);

function metadataOf({ name, version, requires = [], python }: Wheel): string {
  return [
    'Metadata-Version: 2.1',
    `Name: ${name}`,
    `Version: ${version}`,
    ...(python === undefined ? [] : [`Requires-Python: ${python}`]),
    ...requires.map((one) => `Requires-Dist: ${one}`),
    '',
  ].join('\n');
}

function membersOfWheel(wheel: Wheel): Files {
  const { name, version, files, scripts = [] } = wheel;
  const info = `${name}-${version}.dist-info`;
  const all: Files = {
    ...files,
    [`${info}/METADATA`]: metadataOf(wheel),
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: oracle\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    ...(scripts.length === 0
      ? {}
      : {
          [`${info}/entry_points.txt`]: `[console_scripts]\n${scripts.map((one) => `${one} = ${name}:main\n`).join('')}`,
        }),
  };
  const lines = Object.entries(all).map(
    ([file, text]) =>
      `${file},sha256=${createHash('sha256').update(text).digest('base64url')},${Buffer.byteLength(text)}`,
  );
  return { ...all, [`${info}/RECORD`]: `${lines.join('\n')}\n${info}/RECORD,,\n` };
}

function wheelOf(wheel: Wheel): Release {
  return {
    file: `${wheel.name}-${idOf(wheel)}-py3-none-any.whl`,
    bytes: zipOf(membersOf('', membersOfWheel(wheel))),
    metadata: metadataOf(wheel),
  };
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
