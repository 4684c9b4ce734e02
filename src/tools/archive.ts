/** What was downloaded → `bin/NAME` and, if wanted, all that lies beside it. */
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join, normalize, relative } from 'node:path';
import type { ReadEntry } from 'tar';
import { errorCode } from '../base/atomic.ts';
import type { ToolArchive } from '../config.ts';
import { ToolFault } from './problem.ts';
import { fill } from './template.ts';
import { valuesOf } from './values.ts';
import type { Choice } from './work.ts';

/**
 * @param file what was downloaded @param name as it was called there
 * @param dir an empty directory
 * @throws ToolFault `archive`, `not-in-archive`
 */
export async function unpack(file: string, name: string, choice: Choice, dir: string): Promise<void> {
  const { definition, name: tool } = choice.wanted;
  const kind = definition.archive ?? kindOf(name);
  const values = valuesOf(choice);
  mkdirSync(join(dir, 'bin'), { recursive: true });
  if (kind === 'none') {
    const [program = tool] = Object.keys(definition.bin ?? {});
    putProgram(file, dir, program);
    return;
  }
  const wanted = Object.entries(definition.bin ?? { [tool]: `${tool}{exe}` }).map(
    ([program, path]) => [program, normalize(fill(path, values))] as const,
  );
  const all = definition.keep === 'all';
  // Beside `bin/`, so that nothing in the archive can stand in its way.
  const inside = join(dir, all ? 'all' : '.unpacked');
  mkdirSync(inside);
  const there = await extract(kind, file, name, inside, all ? null : wanted.map(([, path]) => path));
  for (const [program, path] of wanted) {
    const from = join(inside, path);
    const stat = lstatSync(from, { throwIfNoEntry: false });
    if (stat === undefined || stat.isDirectory())
      throw new ToolFault({ code: 'not-in-archive', path, there: there.slice(0, 20) });
    if (all) {
      if (stat.isFile()) chmodSync(from, 0o755);
      symlinkSync(relative(join(dir, 'bin'), from), join(dir, 'bin', program));
    } else {
      if (!stat.isFile()) throw new ToolFault({ code: 'archive', file: name, detail: `${path} is no file; ${ALL}` });
      putProgram(from, dir, program);
    }
  }
  if (!all) rmSync(inside, { recursive: true });
}

/** Executable, whatever the archive says. @param dir has a `bin/` */
export function putProgram(file: string, dir: string, program: string): void {
  const path = join(dir, 'bin', program);
  copyFileSync(file, path);
  chmodSync(path, 0o755);
}

export function kindOf(name: string): ToolArchive {
  if (/\.(tar\.gz|tgz)$/i.test(name)) return 'tar.gz';
  if (/\.tar$/i.test(name)) return 'tar';
  if (/\.(zip|whl)$/i.test(name)) return 'zip';
  if (/\.(tar\.(xz|bz2|zst)|txz|tbz2?|xz|bz2|zst|gz|7z|rar|deb|rpm|dmg|pkg|msi)$/i.test(name))
    throw new ToolFault({ code: 'archive', file: name, detail: 'archives of this kind are not known' });
  return 'none';
}

const ALL = '`keep: all` takes what a link leads to';

/** @param only paths to take; null: all. @returns what there is */
async function extract(
  kind: Exclude<ToolArchive, 'none'>,
  file: string,
  name: string,
  dir: string,
  only: readonly string[] | null,
): Promise<string[]> {
  const there: string[] = [];
  const takes = (path: string): boolean => {
    const tidy = normalize(path).replace(/\/$/, '');
    there.push(tidy);
    return only === null || only.includes(tidy);
  };
  try {
    if (kind === 'zip') {
      const { unzip } = await import('./zip.ts');
      await unzip(file, dir, takes);
    } else {
      await untar(file, dir, kind === 'tar.gz', takes);
    }
  } catch (error) {
    if (error instanceof ToolFault) throw error;
    // The file behind a hard link was not taken.
    const alone = only !== null && errorCode(error) === 'ENOENT';
    throw new ToolFault({
      code: 'archive',
      file: name,
      detail: alone ? `a program in it is a link; ${ALL}` : (error as Error).message,
    });
  }
  return there;
}

/** Members of a kind the library passes over (sparse files) are an error, when they are wanted. */
async function untar(file: string, dir: string, gzip: boolean, takes: (path: string) => boolean): Promise<void> {
  const { Unpack } = await import('tar');
  await new Promise<void>((resolve, reject) => {
    const source = createReadStream(file);
    const unpacker = new Unpack({ cwd: dir, strict: true, filter: takes, gzip });
    const fail = (error: unknown): void => {
      source.destroy();
      reject(error);
    };
    unpacker.on('ignoredEntry', ({ path, type }: ReadEntry) => {
      if (!FILTERED.has(type) && takes(path)) fail(new Error(`${path} is of a kind that is not known (${type})`));
    });
    unpacker.on('error', fail);
    unpacker.on('close', resolve);
    source.on('error', fail);
    source.pipe(unpacker as unknown as NodeJS.WritableStream);
  });
}

/** What is passed over because nobody takes it, and the label of the whole. */
const FILTERED: ReadonlySet<string> = new Set([
  'File',
  'OldFile',
  'ContiguousFile',
  'Link',
  'SymbolicLink',
  'Directory',
  'TapeVolumeHeader',
]);

/** Programs in a directory of their own: `bin/` of what a client left. @throws ToolFault `no-program` */
export function onlyPrograms(dir: string, names: readonly string[] | null, of: string): void {
  const bin = join(dir, 'bin');
  const there = lstatSync(bin, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(bin) : [];
  const missing = (names ?? []).filter((name) => !there.includes(name));
  if (there.length === 0 || missing.length > 0)
    throw new ToolFault({
      code: 'no-program',
      of,
      detail: there.length === 0 ? 'it has no program' : `it has ${there.join(', ')}, and no ${missing.join(', ')}`,
    });
}
