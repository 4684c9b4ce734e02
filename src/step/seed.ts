/**
 * A miss whose plugin declares caches of the tool: what earlier runs left there is put back before the run, and what this one adds is kept
 * after it. A seed is never a hit and never an output. Loaded only on such a miss.
 */
import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { errorCode } from '../base/atomic.ts';
import type { Digest } from '../base/digest.ts';
import { insideName, isUtf8Name, pathFault } from '../base/paths.ts';
import { seedBound } from '../config/seeds.ts';
import { sizeOnDisk } from '../store/files.ts';
import type { StepRecord } from '../store/record.ts';
import { filesOf, growSeed, readSeed, type SeedFile, type SeedKey, seedKey } from '../store/seeds.ts';
import { type Collected, pathOf } from './collect.ts';
import { LOCAL_SCOPE, type Miss } from './lookup.ts';
import type { Made } from './make.ts';
import { isExecutable } from './observe.ts';
import type { MissReason, Sown } from './outcome.ts';
import { type Answers, answersToKeep, type Kept, wholeAnswers } from './seed-answers.ts';
import { listSeed, SeedDir } from './seed-dir.ts';
import type { Step } from './step.ts';

export interface Seeding {
  /** Null: nothing was put anywhere, and the run is a plain miss. */
  readonly sown: Sown | null;
  /** After the run: keeps what it added to the tool's caches, if it was stored. */
  keep(made: Made): Promise<void>;
}

/** Never fails the step: what goes wrong is trouble with the cache. */
export async function seed(step: Step, seen: Collected, miss: Miss): Promise<Seeding> {
  const beds = bedsOf(step, seen);
  const sown: Sown[] = [];
  for (const bed of beds) {
    await step.troubles.guardAsync(async () => {
      bed.before = listBed(bed);
      if (miss.reason.code === 'forced') return; // whoever says --force does not want what was there before
      const plan = await planOf(step, bed);
      if (plan !== null) await sow(step, bed, plan, sown);
    }, undefined);
  }
  return {
    sown: summed(sown),
    keep: async ({ stored, tool }) => {
      if (!stored.stored) return;
      for (const bed of beds) await step.troubles.guardAsync(() => keepAdded(step, seen, bed, tool), undefined);
    },
  };
}

/** What a miss would put, for those who only ask. Looks at names alone. */
export async function wouldSow(step: Step, seen: Collected, { code }: MissReason): Promise<Sown | null> {
  const sown: Sown[] = [];
  if (code === 'forced') return null;
  for (const bed of bedsOf(step, seen)) {
    await step.troubles.guardAsync(async () => {
      bed.before = listBed(bed);
      const plan = await planOf(step, bed);
      if (plan === null) return;
      const bytes = plan.files.reduce((sum, { size }) => sum + Number(size), 0);
      sown.push({ from: sourceOf(plan.record), files: plan.files.length, bytes });
    }, undefined);
  }
  return summed(sown);
}

/** A cache that may be filled. */
interface Bed {
  readonly dir: string;
  readonly key: SeedKey;
  readonly maxSize: number;
  readonly promise: Promised;
  readonly answers: Answers | null;
  /** What lies there before the run; null: nobody could look. */
  before: Set<string> | null;
}

interface Plan {
  readonly record: StepRecord;
  readonly files: readonly SeedFile[];
}

/** The caches that may be filled: none where the switch is off. */
function bedsOf(step: Step, seen: Collected): Bed[] {
  const { seeds = [], tool } = seen.declaration;
  const maxSize = seeds.length === 0 ? null : seedBound(step.config.seeds, step.command.env);
  if (maxSize === null) return [];
  return seeds.flatMap(({ name, dir, files, sameTool, answers = null }) => {
    if (!isAbsolute(dir) || !isApart(step, seen, dir)) return [];
    const key = seedKey({
      plugin: seen.key.parts.plugin.name,
      name,
      tool: basename(tool?.name ?? ''),
      platform: seen.key.parts.platform,
      digest: sameTool === true ? seen.context.digestAt(step.tool.real) : null,
    });
    return { dir: resolve(dir), key, maxSize, promise: promiseOf(files), answers, before: null };
  });
}

/** Neither part of an output, nor around one; nor of our own store. What lies there would be taken for the command's work. */
function isApart(step: Step, { declaration, context }: Collected, dir: string): boolean {
  const place = realOf(dir);
  const others = [...declaration.outputs.map((rule) => context.resolve(pathOf(rule))), step.store.layout.base];
  return others.map(realOf).every((other) => insideName(other, place) === null && insideName(place, other) === null);
}

/** With links resolved as far as it is there. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    const parent = dirname(path);
    return parent === path ? path : join(realOf(parent), basename(path));
  }
}

/** What a file's path promises: a digest; null: nothing; false: the file does not count. */
type Promised = (path: string) => Digest | null | false;

function promiseOf({ source, flags }: RegExp): Promised {
  const files = new RegExp(source, flags.replace(/[gy]/g, '')); // those remember where they stopped
  return (path) => {
    if (!isUtf8Name(path) || pathFault(path) !== null) return false;
    const found = files.exec(path);
    return found === null ? false : (found.groups?.sha256 ?? null);
  };
}

function isTrue({ promise }: Bed, { path, digest }: { readonly path: string; readonly digest: Digest }): boolean {
  const promised = promise(path);
  return promised === null || promised === digest;
}

function listBed({ dir, promise }: Bed): Set<string> {
  return listSeed(dir, (path) => promise(path) !== false);
}

/** Null: there is nothing to put. */
async function planOf(step: Step, bed: Bed): Promise<Plan | null> {
  const { answers, before } = bed;
  const record = await readSeed(step.store, bed.key);
  if (record === null || before === null) return null;
  const counted = filesOf(step.store, record).filter((file) => isTrue(bed, file));
  const wanted = answers === null ? counted : wholeAnswers(answers, counted, before);
  const files = wanted.filter(({ path }) => !before.has(path));
  return files.length === 0 ? null : { record, files };
}

/** Counts as it goes: what was put before something went wrong is there. */
async function sow(step: Step, bed: Bed, { record, files }: Plan, sown: Sown[]): Promise<void> {
  const place = new SeedDir(step.store, bed.dir);
  const done = { from: sourceOf(record), files: 0, bytes: 0 };
  for (const file of files) {
    if (!(await place.put(file))) continue;
    bed.before?.add(file.path);
    done.files += 1;
    done.bytes += Number(file.size);
    if (done.files === 1) sown.push(done);
  }
  if (done.files > 0) step.store.noteUse({ scope: LOCAL_SCOPE, key: bed.key.key, root: null });
}

function sourceOf({ label, madeAt }: StepRecord): Sown['from'] {
  return { label, at: madeAt };
}

function summed(sown: readonly Sown[]): Sown | null {
  const [newest] = sown.toSorted((a, b) => (a.from.at < b.from.at ? 1 : -1));
  if (newest === undefined) return null;
  const sum = (of: (one: Sown) => number): number => sown.reduce((total, one) => total + of(one), 0);
  return { from: newest.from, files: sum(({ files }) => files), bytes: sum(({ bytes }) => bytes) };
}

async function keepAdded(step: Step, seen: Collected, bed: Bed, tool: string | null): Promise<void> {
  const { key, maxSize, before, answers, dir } = bed;
  if (before === null) return;
  const paths = [...listBed(bed)].filter((path) => !before.has(path));
  const kept = answers === null ? paths.map((path) => ({ path })) : answersToKeep(answers, dir, paths);
  const added: SeedFile[] = [];
  let used = 0;
  for (const one of kept) {
    const file = await addOne(step, bed, one, maxSize - used);
    if (file === null) continue;
    used += sizeOnDisk({ size: Number(file.size) });
    added.push(file);
  }
  if (added.length === 0) return;
  const digest = seen.context.digestAt(step.tool.real);
  await growSeed(step.store, key, {
    label: seen.declaration.label,
    tool: digest === null ? null : { name: seen.declaration.tool?.name ?? '', digest, version: tool },
    added,
    maxSize,
  });
}

/** Null: too large for what is left, gone, or written to meanwhile. */
async function addOne(step: Step, bed: Bed, { path, bytes }: Kept, room: number): Promise<SeedFile | null> {
  const full = join(bed.dir, path);
  const look = () => lstatSync(full, { bigint: true, throwIfNoEntry: false });
  const before = look();
  if (!before?.isFile() || sizeOnDisk({ size: Number(before.size) }) > room) return null;
  let added: { readonly digest: Digest; readonly size: number };
  try {
    added =
      bytes === undefined
        ? await step.store.addFile(full)
        : { digest: await step.store.addBytes(bytes), size: bytes.length };
  } catch (error) {
    if (look() === undefined) return null;
    throw error;
  }
  const { digest, size } = added;
  const after = look();
  if (after?.ino !== before.ino || after.size !== before.size || after.mtimeNs !== before.mtimeNs) return null;
  if (!isTrue(bed, { path, digest })) return null;
  const mtime = String(BigInt(Date.now()) * 1_000_000n);
  return { type: 'file', path, digest, size: String(size), exec: isExecutable(before), mtime };
}
