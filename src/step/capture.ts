/**
 * Outputs → blobs and a record. Called only with a miss in hand. Blobs first, record last; a file is hashed from the copy that is
 * kept, and a file that changes while it is copied is not stored.
 */
import { accessSync, type BigIntStats, constants, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorCode, makePrivate } from '../base/atomic.ts';
import { haveSameBytes, includesBytes } from '../base/file-bytes.ts';
import { byCodeUnit, insideName, isUtf8Name, pathFault } from '../base/paths.ts';
import type { MadeOutput, NotStoredReason, OutputRule, SameBy } from '../plugin.ts';
import type { LocalStore } from '../store/local.ts';
import { firstOfMeaning } from '../store/meaning.ts';
import {
  encodeRecord,
  RECORD_VERSION,
  type RecordedOutput,
  type RecordedTool,
  type StepRecord,
} from '../store/record.ts';
import type { Collected } from './collect.ts';
import type { StepContext } from './context.ts';
import { fieldOf, ownedIn } from './fresh.ts';
import { type KeptLog, keepLog, type Pieces } from './log.ts';
import { LOCAL_SCOPE, type Miss, rootId } from './lookup.ts';
import { isExecutable, portableTarget } from './observe.ts';
import { listMade } from './output-tree.ts';
import { isPrivate, liesShut, umaskIn } from './permissions.ts';
import { covers, pathsOf } from './rules.ts';

export interface Captured {
  readonly outputs: readonly RecordedOutput[];
  readonly made: readonly MadeOutput[];
  readonly namesRoot: boolean;
}

/** Raised when what was made cannot be kept. */
class NotStorable extends Error {
  readonly reason: NotStoredReason;
  constructor(reason: NotStoredReason) {
    super(reason.code);
    this.reason = reason;
  }
}

/**
 * @param after a fresh look at the step, after the run
 * @param since when the run began, in milliseconds since 1970
 */
export async function captureOutputs(
  store: LocalStore,
  rules: readonly OutputRule[],
  after: StepContext,
  since: number,
): Promise<Captured | NotStoredReason> {
  const outputs = new Map<string, RecordedOutput>();
  const made: MadeOutput[] = [];
  let namesRoot = false;
  const root = Buffer.from(plainPart(after.command.root));
  const umask = once(() => {
    makePrivate(store.layout.temp);
    return umaskIn(store.layout.temp);
  });
  try {
    for (const rule of rules) {
      for (const file of await madeBy(rule, after)) {
        const { path } = file;
        if (file.top) refuseUnfit(path, rule, rules, after);
        else refuseWrittenThrough(path, rules, after, since);
        const output = await captureOne(store, file, after, umask);
        outputs.set(output.path, output);
        if (output.type !== 'file') continue;
        made.push({ path, digest: output.digest, size: Number(output.size) });
        namesRoot ||= mayInclude(store.layout.blob(output.digest), root);
      }
    }
  } catch (error) {
    if (error instanceof NotStorable) return error.reason;
    throw error;
  }
  return { outputs: [...outputs.values()].sort((a, b) => byCodeUnit(a.path, b.path)), made, namesRoot };
}

/** Absolute paths that {@link captureOutputs} would keep; null: it would keep nothing. */
export async function pathsMade(rules: readonly OutputRule[], after: StepContext): Promise<string[] | null> {
  try {
    return (await Promise.all(rules.map((rule) => madeBy(rule, after)))).flat().map(({ path }) => path);
  } catch (error) {
    if (error instanceof NotStorable) return null;
    throw error;
  }
}

export interface Finished {
  readonly pieces: Pieces;
  readonly ranMs: number;
  readonly tool: RecordedTool | null;
}

/** Writes the record: from now on the step hits. */
export async function storeRecord(
  store: LocalStore,
  miss: Miss,
  collected: Collected,
  captured: Captured,
  run: Finished,
): Promise<void> {
  const { declaration, key, context } = collected;
  const { root } = context.command;
  const kept: KeptLog = await keepLog(store, run.pieces, root, declaration.namesRoot ?? []);
  const bound = captured.namesRoot || kept.namesRoot ? rootId(root) : null;
  const record: StepRecord = {
    version: RECORD_VERSION,
    key: miss.key,
    scope: LOCAL_SCOPE,
    root: bound,
    plugin: key.parts.plugin.name,
    label: declaration.label,
    tool: run.tool,
    outputs: captured.outputs,
    log: kept.log,
    ranMs: run.ranMs,
    madeAt: new Date().toISOString(),
    envMode: declaration.environment === undefined ? null : (context.described?.envMode ?? null),
  };
  await store.addBytes(Buffer.from(key.canonical)); // the blob named by the key: what a later miss is compared with
  await store.writeRecord({ scope: LOCAL_SCOPE, key: miss.key, root: bound }, encodeRecord(record));
}

interface MadeFile {
  readonly path: string;
  readonly sameBy: SameBy | undefined;
  readonly keepMtime: boolean;
  /** Named by the rule itself, not merely below a directory that is. */
  readonly top: boolean;
  /** Its permissions are those of what was there before. */
  readonly inPlace?: boolean;
}

async function madeBy(rule: OutputRule, after: StepContext): Promise<MadeFile[]> {
  switch (rule.kind) {
    case 'file': {
      const path = after.resolve(rule.path);
      if (rule.required && after.see(path).type === 'absent')
        throw new NotStorable({ code: 'output-missing', path: after.nameOf(path) });
      const { sameBy, keepMtime = false, inPlace = false } = rule;
      return [{ path, sameBy, keepMtime, top: true, inPlace }];
    }
    case 'tree': {
      const path = after.resolve(rule.path);
      if (after.see(path).type === 'absent')
        throw new NotStorable({ code: 'output-missing', path: after.nameOf(path) });
      const keepMtime = rule.keepMtime === true;
      return listMade(path).map((entry) => ({ path: entry, sameBy: undefined, keepMtime, top: entry === path }));
    }
    case 'members':
      return pathsOf(rule, after).map((path) => {
        if (after.see(path).type === 'absent')
          throw new NotStorable({ code: 'output-missing', path: after.nameOf(path) });
        return { path, sameBy: undefined, keepMtime: rule.keepMtime === true, top: false };
      });
    case 'listed': {
      const { namedBy } = await import('./packages.ts');
      const files = await namedBy(rule, after);
      return files.map((path) => ({ path, sameBy: undefined, keepMtime: false, top: false }));
    }
    case 'packages': {
      const { listedBy } = await import('./packages.ts');
      const made: MadeFile[] = [];
      for (const { list, files } of await listedBy(rule, after, rule.owns)) {
        const outside = files === null ? list : files.find((path) => !covers(rule, path, after));
        if (outside !== undefined) {
          const detail = files === null ? 'it is missing or empty' : 'it lies outside of what the step installs into';
          throw new NotStorable({ code: 'output-unsupported', path: after.nameOf(outside), detail });
        }
        for (const path of files ?? [])
          if (after.see(path).type !== 'absent') made.push({ path, sameBy: undefined, keepMtime: true, top: false });
      }
      return made;
    }
    case 'set': {
      const made: MadeFile[] = [];
      for (const path of await ownedIn(rule, after)) {
        const value = await after.derive(path, rule.fact, null, { quiet: true });
        made.push({ path, sameBy: rule.sameBy?.(value), keepMtime: false, top: true });
      }
      return made;
    }
  }
}

/** What was written through a link would be lost, and a directory where a rule says file: neither is kept. */
function refuseUnfit(path: string, rule: OutputRule, rules: readonly OutputRule[], after: StepContext): void {
  const { type, link } = after.see(path);
  const refuse = (detail: string): never => {
    throw new NotStorable({ code: 'output-unsupported', path: after.nameOf(path), detail });
  };
  if (link !== null && !rules.some((other) => covers(other, resolve(dirname(path), link), after)))
    refuse('it is a link, and what it leads to is no output');
  if (type === 'dir' && rule.kind === 'file') refuse('it is a directory');
  if (type === 'dir' && rule.kind === 'tree' && insideName(path, after.cacheDir) !== null)
    refuse('the cache lies in it (WGCACHE_DIR)');
}

/** A link below an output may lead out of it: what the command wrote there would be lost. Of a directory only names are noticed. */
function refuseWrittenThrough(path: string, rules: readonly OutputRule[], after: StepContext, since: number): void {
  const at = lstatSync(path, QUIET);
  const target = at?.isSymbolicLink() === true ? realpathOf(path) : null;
  if (target === null || rules.some((rule) => covers(rule, target, after))) return;
  const { dev, mtimeMs, ctimeMs } = lstatSync(target);
  if (dev === at?.dev && Math.max(mtimeMs, ctimeMs) > since - TICK_MS)
    // elsewhere things change by themselves, as in /proc
    throw new NotStorable({
      code: 'output-unsupported',
      path: after.nameOf(path),
      detail: 'it is a link, and what it leads to was written meanwhile',
    });
}

const QUIET = { throwIfNoEntry: false } as const;

/** Files are stamped with a clock of this coarseness, or less. */
const TICK_MS = 20;

/** Null: it leads nowhere. */
function realpathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return null;
  }
}

async function captureOne(
  store: LocalStore,
  { path, sameBy, keepMtime, top, inPlace = false }: MadeFile,
  after: StepContext,
  umask: () => number,
): Promise<RecordedOutput> {
  const { root } = after.command;
  const name = insideName(root, path) ?? path;
  const fault = isUtf8Name(path) ? pathFault(name) : 'is no UTF-8';
  if (fault !== null) throw new NotStorable({ code: 'output-unsupported', path: name, detail: `its path ${fault}` });
  const before = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (before === undefined) return { type: 'absent', path: name };
  // A directory above that is no output comes back as open as the umask has it.
  const shut = top && !inPlace && liesShut(path, root, umask);
  const closed = (kind: 'file' | 'dir') =>
    shut || (!inPlace && isPrivate(kind, before.mode, umask)) ? { private: true as const } : {};
  if (before.isDirectory()) return { type: 'dir', path: name, ...closed('dir') };
  if (before.isSymbolicLink()) {
    const target = readlinkSync(path);
    if (!isUtf8Name(target))
      throw new NotStorable({ code: 'output-unsupported', path: name, detail: 'the target of the link is no UTF-8' });
    return { type: 'link', path: name, target: portableTarget(root, target) };
  }
  if (!before.isFile())
    throw new NotStorable({ code: 'output-unsupported', path: name, detail: 'neither file, directory nor link' });
  if (!mayRead(path)) throw new NotStorable({ code: 'output-unsupported', path: name, detail: 'it cannot be read' });
  let added = await store.addFile(path);
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  // Within a tick of the file system's clock a write leaves the stat as it was: a file that is still so young is read once more.
  if (!isSame(before, now) || (isYoung(before) && !haveSameBytes(path, store.layout.blob(added.digest))))
    throw new NotStorable({ code: 'outputs-changed', path: name });
  let same: { fact: string; field: string; value: string } | undefined;
  if (sameBy !== undefined) {
    const value = fieldOf(await after.derive(path, sameBy.fact, null, { quiet: true }), sameBy.field);
    if (value !== null) {
      same = { fact: sameBy.fact, field: sameBy.field, value };
      if (same.fact === 'chart-archive' && same.field === 'meaning') added = firstOfMeaning(store, value, added);
    }
  }
  return {
    type: 'file',
    path: name,
    digest: added.digest,
    size: String(added.size),
    exec: isExecutable(before),
    ...closed('file'),
    ...(keepMtime ? { mtime: String(before.mtimeNs) } : {}),
    ...(same === undefined ? {} : { same }),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function mayRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return false;
  }
}

function isSame(a: BigIntStats, b: BigIntStats | undefined): boolean {
  return b !== undefined && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/** The coarsest file systems stamp every two seconds; a server's clock may be ahead of ours. */
function isYoung({ mtimeNs, ctimeNs }: BigIntStats): boolean {
  const since = BigInt(Date.now() - 2_000) * 1_000_000n;
  return mtimeNs > since || ctimeNs > since;
}

/** A shell's scripts, and addresses, write what is special in a path another way: its longest part without that stands for it. */
function plainPart(root: string): string {
  const parts = root.match(/[\w./-]+/g) ?? [];
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '') || root;
}

/** A blob that is gone again may: to bind the record to this root is always safe. */
function mayInclude(path: string, needle: Buffer): boolean {
  try {
    return includesBytes(path, needle);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}
