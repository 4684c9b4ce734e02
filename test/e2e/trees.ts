/** What lies in a directory, as plain values that can be compared. */
import { createHash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { list } from 'tar';

/** By path relative to the directory, `/` between names. */
export type Tree = Record<string, string>;

/** Every entry by its bytes, permissions and link target. */
export function bytesOf(dir: string): Tree {
  return describeAll(dir, (path) => sha256(readFileSync(path)));
}

/** As {@link bytesOf}, but chart archives count by their members, and locks without the time they were made. */
export function meaningOf(dir: string): Tree {
  return describeAll(dir, (path) => {
    if (path.endsWith('.tgz')) return membersOf(path);
    const bytes = readFileSync(path);
    return isLock(path) ? withoutTime(bytes) : sha256(bytes);
  });
}

/** When each entry was last touched, and whether it is still the same file: equal stamps mean that nothing was written. */
export function stampsOf(dir: string): Tree {
  return Object.fromEntries(
    entries(dir).map(({ name, stat }) => [name, `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`]),
  );
}

function describeAll(dir: string, contentOf: (path: string) => string): Tree {
  return Object.fromEntries(
    entries(dir).map(({ name, stat }) => {
      const path = join(dir, name);
      if (stat.isDirectory()) return [name, 'directory'];
      if (stat.isSymbolicLink()) return [name, `link to ${readlinkSync(path)}`];
      if (!stat.isFile()) return [name, 'special'];
      return [name, `file ${(Number(stat.mode) & 0o777).toString(8)} ${contentOf(path)}`];
    }),
  );
}

interface Entry {
  readonly name: string;
  readonly stat: BigIntStats;
}

function entries(dir: string, below = ''): Entry[] {
  if (lstatSync(dir, { throwIfNoEntry: false }) === undefined) return [];
  const found: Entry[] = [];
  for (const name of readdirSync(join(dir, below)).sort()) {
    const entry = { name: join(below, name), stat: lstatSync(join(dir, below, name), { bigint: true }) };
    found.push(entry);
    if (entry.stat.isDirectory() && name !== '.git') found.push(...entries(dir, entry.name));
  }
  return found;
}

/** Sorted, since Helm puts sub-charts in by chance; the times are its own. */
function membersOf(archive: string): string {
  const members: string[] = [];
  try {
    list({
      file: archive,
      sync: true,
      strict: true,
      onReadEntry(entry) {
        const chunks: Buffer[] = [];
        entry.on('data', (chunk: Buffer) => chunks.push(chunk));
        entry.on('end', () => {
          const bytes = Buffer.concat(chunks);
          members.push(
            `${entry.path} ${entry.mode?.toString(8)} ${isLock(entry.path) ? withoutTime(bytes) : sha256(bytes)}`,
          );
        });
      },
    });
  } catch {
    return `no archive, ${sha256(readFileSync(archive))}`;
  }
  if (members.length === 0) return `no archive, ${sha256(readFileSync(archive))}`;
  return `archive:\n${members.sort().join('\n')}`;
}

function isLock(path: string): boolean {
  return ['Chart.lock', 'requirements.lock'].includes(basename(path));
}

function withoutTime(lock: Buffer): string {
  return lock.toString('utf8').replace(/^generated: .*$/m, 'generated: (then)');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** All files below a directory, absolute. */
export function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
