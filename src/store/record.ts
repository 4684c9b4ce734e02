/**
 * A record: what a finished step left. Encoded once, kept and compared as the very bytes that were written, so that they can be
 * signed later. Decoding trusts nothing: a record may come from a damaged disk or, later, from somebody else.
 */
import { decodeChecked, encodeChecked } from '../base/checked.ts';
import { type Digest, isDigest } from '../base/digest.ts';
import { byCodeUnit, pathFault } from '../base/paths.ts';

export const RECORD_VERSION = 2;

/** 64-bit numbers are decimal strings: JSON numbers end at 2^53. */
type Int64 = string;

export type RecordedOutput =
  | {
      readonly type: 'file';
      readonly path: string;
      readonly digest: Digest;
      readonly size: Int64;
      readonly exec: boolean;
      /** For its owner alone: the command made it so. */
      readonly private?: true;
      /** Nanoseconds since 1970; present when the time itself is part of the result (`helm push` puts it in the manifest). */
      readonly mtime?: Int64;
      /** Another file with this value of the fact is as good. */
      readonly same?: { readonly fact: string; readonly field: string; readonly value: string };
    }
  | { readonly type: 'dir'; readonly path: string; readonly private?: true }
  | { readonly type: 'link'; readonly path: string; readonly target: string }
  | { readonly type: 'absent'; readonly path: string };

export interface RecordedLog {
  readonly stdout: Digest | null;
  readonly stderr: Digest | null;
  /** Lengths in the order they came: [1, n] for stdout, [2, n] for stderr. */
  readonly order: readonly (readonly [1 | 2, number])[];
  /** Which streams hold the root's place-holder instead of its path. */
  readonly rooted: readonly (1 | 2)[];
}

export interface RecordedTool {
  readonly name: string;
  readonly digest: Digest;
  /** For display only. */
  readonly version: string | null;
}

export interface StepRecord {
  readonly version: typeof RECORD_VERSION;
  readonly key: Digest;
  readonly scope: string;
  readonly root: Digest | null;
  readonly plugin: string;
  readonly label: string;
  readonly tool: RecordedTool | null;
  readonly outputs: readonly RecordedOutput[];
  readonly log: RecordedLog;
  /** Wall time of the command itself, milliseconds. */
  readonly ranMs: number;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  readonly envMode: 'strict' | 'loose' | null;
}

export function encodeRecord(record: StepRecord): Uint8Array {
  return encodeChecked('wgcache-record', RECORD_VERSION, Buffer.from(JSON.stringify(record)));
}

/** @returns null for anything that is not a whole, well-formed record of this version */
export function decodeRecord(bytes: Uint8Array): StepRecord | null {
  const body = decodeChecked('wgcache-record', RECORD_VERSION, bytes);
  if (body === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return null; // the checksum fits but the text is no JSON: not one of ours
  }
  return isRecord(value) ? value : null;
}

function isRecord(value: unknown): value is StepRecord {
  if (!isObject(value)) return false;
  const { version, key, scope, root, plugin, label, tool, outputs, log, ranMs, madeAt, envMode } = value;
  return (
    version === RECORD_VERSION &&
    isDigest(key) &&
    typeof scope === 'string' &&
    (root === null || isDigest(root)) &&
    typeof plugin === 'string' &&
    typeof label === 'string' &&
    (tool === null || isTool(tool)) &&
    Array.isArray(outputs) &&
    outputs.every(isOutput) &&
    isTidy(outputs) &&
    isLog(log) &&
    typeof ranMs === 'number' &&
    typeof madeAt === 'string' &&
    (envMode === null || envMode === 'strict' || envMode === 'loose')
  );
}

function isTool(value: unknown): value is RecordedTool {
  return (
    isObject(value) &&
    typeof value.name === 'string' &&
    isDigest(value.digest) &&
    (value.version === null || typeof value.version === 'string')
  );
}

function isOutput(value: unknown): value is RecordedOutput {
  if (!isObject(value) || typeof value.path !== 'string' || pathFault(value.path) !== null) return false;
  switch (value.type) {
    case 'file':
      return (
        isDigest(value.digest) &&
        isInt64(value.size) &&
        typeof value.exec === 'boolean' &&
        isFlag(value.private) &&
        (value.mtime === undefined || isInt64(value.mtime)) &&
        (value.same === undefined ||
          (isObject(value.same) &&
            ['fact', 'field', 'value'].every((name) => typeof (value.same as Fields)[name] === 'string')))
      );
    case 'dir':
      return isFlag(value.private);
    case 'absent':
      return true;
    case 'link':
      return typeof value.target === 'string' && value.target !== '' && !value.target.includes('\0');
    default:
      return false;
  }
}

/** In order, none twice, and none below another entry that is no directory: a link there could lead the write elsewhere. */
function isTidy(outputs: readonly RecordedOutput[]): boolean {
  const leaves = new Set(outputs.filter(({ type }) => type !== 'dir').map(({ path }) => path));
  return outputs.every(({ path }, at) => {
    if (at > 0 && byCodeUnit(outputs[at - 1]!.path, path) >= 0) return false;
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1))
      if (leaves.has(path.slice(0, end))) return false;
    return true;
  });
}

function isLog(value: unknown): value is RecordedLog {
  return (
    isObject(value) &&
    (value.stdout === null || isDigest(value.stdout)) &&
    (value.stderr === null || isDigest(value.stderr)) &&
    Array.isArray(value.order) &&
    value.order.every(
      (piece) =>
        Array.isArray(piece) && (piece[0] === 1 || piece[0] === 2) && Number.isSafeInteger(piece[1]) && piece[1] >= 0,
    ) &&
    Array.isArray(value.rooted) &&
    value.rooted.every((stream) => stream === 1 || stream === 2)
  );
}

type Fields = { readonly [name: string]: unknown };

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFlag(value: unknown): value is true | undefined {
  return value === undefined || value === true;
}

function isInt64(value: unknown): value is Int64 {
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value);
}
