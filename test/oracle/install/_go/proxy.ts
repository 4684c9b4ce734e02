/** A module proxy with its checksum database, which serves modules made on the spot. */
import { createHash } from 'node:crypto';
import { type Files, membersOf, zipOf } from '../_base/archives.ts';
import { Registry } from '../_base/registry.ts';
import { SumDatabase } from './sumdb.ts';

interface Release {
  readonly mod: string;
  readonly zip: Buffer;
  /** Of go.sum: what the database says, and what the module would be now. */
  readonly sums: string;
}

export class GoProxy extends Registry<Release> {
  database: SumDatabase = new SumDatabase('sum.oracle.test');
  /** It vouches for what was published again. */
  other: SumDatabase = new SumDatabase('sum.other.test');
  /** Lists come in the other order. */
  reversed = false;

  /** SHA-256 of everything that a module cache may hold of versions as first published. */
  readonly published: Set<string> = new Set<string>();

  override reset(): void {
    super.reset();
    this.reversed = false;
    this.published.clear();
    this.database = new SumDatabase('sum.oracle.test');
    this.other = new SumDatabase('sum.other.test');
  }

  /** @param files without the module's own directory; `go.mod` among them */
  publish(path: string, version: string, files: Files): void {
    const { mod, zip, sums } = released(path, version, files);
    if (!this.add(path, version, { mod, zip, sums })) return;
    for (const bytes of [mod, zip, infoOf(version), sums.split(/\s/)[2] ?? '', ...Object.values(files)])
      this.published.add(createHash('sha256').update(bytes).digest('hex'));
    this.database.vouch(`${path}@${version}`, sums);
  }

  /** The same version with other bytes. */
  forge(path: string, version: string, files: Files): void {
    const forged = released(path, version, files);
    if (this.replace(path, version, forged)) this.other.vouch(`${path}@${version}`, forged.sums);
  }

  /** Lines of go.sum. */
  sums(path: string, version: string): string {
    return this.version(path, version)?.first.sums ?? '';
  }

  protected override answer(path: string): Uint8Array | string | null {
    for (const database of [this.database, this.other]) {
      const place = `/sumdb/${database.name}`;
      if (path.startsWith(`${place}/`)) return database.answer(path.slice(place.length));
    }
    const [, module = '', what = ''] = /^\/(.*?)\/(@v\/.*|@latest)$/.exec(path) ?? [];
    const versions = this.versions(module);
    if (versions.length === 0) return null;
    const listed = versions.filter((version) => this.version(module, version)?.listed);
    if (what === '@v/list') return `${(this.reversed ? listed.reverse() : listed).join('\n')}\n`;
    if (what === '@latest') return listed.length === 0 ? null : infoOf(listed.at(-1) ?? '');
    const [, version = '', kind] = /^@v\/(.*)\.(info|mod|zip)$/.exec(what) ?? [];
    const served = this.served(module, version);
    if (served === null) return null;
    return kind === 'info' ? infoOf(version) : kind === 'mod' ? served.mod : served.zip;
  }
}

function infoOf(version: string): string {
  return JSON.stringify({ Version: version, Time: '2024-01-01T00:00:00Z' });
}

function released(path: string, version: string, files: Files): Release {
  const inZip = Object.fromEntries(Object.entries(files).map(([name, text]) => [`${path}@${version}/${name}`, text]));
  const mod = files['go.mod'] ?? '';
  return {
    mod,
    zip: zipOf(membersOf('', inZip)),
    sums: `${path} ${version} ${h1(inZip)}\n${path} ${version}/go.mod ${h1({ 'go.mod': mod })}\n`,
  };
}

/** `h1:` of go.sum: a hash of hashes (golang.org/x/mod/sumdb/dirhash). */
function h1(files: Files): string {
  const lines = Object.keys(files)
    .sort()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(files[name] ?? '')
          .digest('hex')}  ${name}\n`,
    );
  return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`;
}
