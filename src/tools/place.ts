/**
 * A tool's record → its directory, `.wgcache/tools/NAME/VERSION/`. All files are fetched and verified elsewhere, then the directory is renamed
 * to its name. A file is cloned or copied; linked to the store only when the user asks.
 */
import { chmodSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, uniqueName } from '../base/atomic.ts';
import { type Digest, digestFile } from '../base/digest.ts';
import type { LocalStore } from '../store/local.ts';
import type { StepRecord } from '../store/record.ts';
import { ToolFault } from './problem.ts';
import { staysInside } from './record.ts';

export interface Placed {
  readonly files: number;
  readonly bytes: number;
}

export interface PlaceOptions {
  /** Hard links to the store where it lies on the same file system: no copy, and read-only. */
  readonly link: boolean;
}

/** What a killed one left is removed after this time. */
const LEFT_MS = 3_600_000;
const STAGE = '.new-';

/** @returns null when a blob is missing or damaged: nothing has changed then */
export async function placeTool(
  store: LocalStore,
  record: StepRecord,
  target: string,
  options: PlaceOptions,
): Promise<Placed | null> {
  const parent = dirname(target);
  mkdirSync(parent, { recursive: true });
  sweep(parent);
  const stage = join(parent, STAGE + uniqueName());
  mkdirSync(stage, { mode: 0o777 });
  try {
    const placed = await fill(store, record, stage, options);
    if (placed !== null) swap(stage, target);
    return placed;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

async function fill(
  store: LocalStore,
  record: StepRecord,
  stage: string,
  { link }: PlaceOptions,
): Promise<Placed | null> {
  const mode = statSync(stage).mode & 0o777; // less the umask
  let files = 0;
  let bytes = 0;
  for (const output of record.outputs) {
    const path = join(stage, output.path);
    mkdirSync(dirname(path), { recursive: true });
    if (output.type === 'dir') mkdirSync(path, { recursive: true });
    if (output.type === 'link') {
      if (!staysInside(output.path, output.target))
        throw new ToolFault({ code: 'unsafe', path: output.path, detail: `a link to ${output.target}` });
      symlinkSync(output.target, path);
    }
    if (output.type !== 'file') continue;
    if (!(await fetch(store, output.digest, path, { link, mode: output.exec ? mode : mode & 0o666 }))) return null;
    files += 1;
    bytes += Number(output.size);
  }
  return { files, bytes };
}

/** False: the blob is missing or damaged. */
async function fetch(
  store: LocalStore,
  digest: Digest,
  path: string,
  how: PlaceOptions & { mode: number },
): Promise<boolean> {
  const blob = store.layout.blob(digest);
  if (how.link && linked(blob, path, how.mode)) return digestFile(path).digest === digest || discard(blob);
  return await store.fetchTo(digest, path, how.mode);
}

/** False where the file system cannot, or nothing is there: then it is copied, or told to be gone. */
function linked(blob: string, path: string, mode: number): boolean {
  try {
    linkSync(blob, path);
    chmodSync(path, mode & 0o555); // the blob's own mode too: nobody writes to either
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'EXDEV' || code === 'EPERM' || code === 'EMLINK' || code === 'ENOTSUP')
      return false;
    throw error;
  }
}

function discard(blob: string): false {
  rmSync(blob, { force: true, recursive: true });
  return false;
}

/** One directory in place of another. Between the two renames there is none: who looks then finds the tool missing, not half of it. */
function swap(stage: string, target: string): void {
  try {
    renameSync(stage, target);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    const old = join(dirname(target), STAGE + uniqueName());
    renameSync(target, old);
    renameSync(stage, target);
    rmSync(old, { recursive: true, force: true });
  }
}

function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(STAGE)) continue;
    const since = statSync(join(parent, name), { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > LEFT_MS) rmSync(join(parent, name), { recursive: true, force: true });
  }
}
