/** The members of a chart's `.tgz`, as far as Helm's reader and ours certainly see the same ones. */
import { gunzipSync } from 'node:zlib';
import { Header } from 'tar/header';

export interface Member {
  /** As in the archive: `chart/templates/x.yaml`. */
  readonly path: string;
  /** Without its first component, which Helm drops. */
  readonly inner: string;
  readonly mode: number;
  readonly data: Buffer;
}

/** Bytes that may still come out of archives, nested ones included: what a bomb costs at most. */
export interface Budget {
  bytes: number;
}

/** Helm's own limits: 100 MiB an archive, 5 MiB a file (v3). */
export const MAX_ARCHIVE_BYTES: number = 100 * 1024 * 1024;
const MAX_FILE_BYTES = 5 * 1024 * 1024;
const BLOCK = 512;
const TYPE_AT = 156;

/**
 * In archive order, directories left out. `undefined` for what is no archive, is too large, or is unusual: links, devices, sparse
 * files, duplicate names, names that leave the chart, further headers, bytes behind the end.
 */
export function readMembers(bytes: Uint8Array, budget: Budget): readonly Member[] | undefined {
  const tar = gunzip(bytes, budget);
  if (tar === undefined) return undefined;
  const members = new Map<string, Member>();
  let longPath: string | undefined;
  for (let at = 0; at < tar.length; ) {
    if (at + BLOCK > tar.length) return undefined;
    const header = headerAt(tar, at);
    if (header === undefined) return undefined;
    if (header.nullBlock) {
      // The end is two empty blocks; Go takes one as the end only where the file ends too.
      const isEnd = at + BLOCK === tar.length || headerAt(tar, at + BLOCK)?.nullBlock === true;
      return isEnd && longPath === undefined ? [...members.values()] : undefined;
    }
    const { size, mode, path = '' } = header;
    if (!header.cksumValid || size === undefined || mode === undefined || size > MAX_FILE_BYTES) return undefined;
    const start = at + BLOCK;
    if (start + size > tar.length) return undefined;
    const data = tar.subarray(start, start + size);
    const type = String.fromCharCode(tar[at + TYPE_AT] ?? 0);
    if (type === 'x' && longPath === undefined) {
      const pax = paxPath(data);
      if (pax === undefined) return undefined;
      longPath = pax;
    } else if (type === '0' || type === '\0') {
      const full = longPath || path;
      const inner = innerPath(full);
      if (inner === undefined || members.has(inner)) return undefined;
      members.set(inner, { path: full, inner, mode: mode & 0o7777, data });
      longPath = undefined;
    } else if (type === '5') longPath = undefined;
    else return undefined;
    at = start + (type === '5' ? 0 : Math.ceil(size / BLOCK) * BLOCK);
  }
  return longPath === undefined ? [...members.values()] : undefined;
}

/** `undefined` where the library refuses to read: a number beyond 2^53, a block cut short. */
function headerAt(tar: Buffer, at: number): Header | undefined {
  try {
    return new Header(tar, at);
  } catch {
    return undefined;
  }
}

/** No deflated byte becomes more bytes than this. */
const MAX_RATIO = 1032;

function gunzip(bytes: Uint8Array, budget: Budget): Buffer | undefined {
  if (bytes.length < 18 || bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) return undefined;
  // The last four bytes are the length of what comes out: else something follows the archive, or it is several.
  const size = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32LE(bytes.length - 4);
  if (size === 0 || size > budget.bytes || size > bytes.length * MAX_RATIO) return undefined;
  budget.bytes -= size; // spent, whatever comes of it: many that break off late would cost as much as one that does not
  try {
    // One piece of the right size: pieces joined would take the memory twice.
    const data = gunzipSync(bytes, { maxOutputLength: size, chunkSize: size + 64 });
    return data.length === size ? data : undefined;
  } catch {
    return undefined;
  }
}

/** The `path` of an extended header, `''` when it has only times; `undefined` when it says anything else. */
function paxPath(data: Buffer): string | undefined {
  let path = '';
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = Number(data.toString('latin1', at, space < 0 ? at : space));
    if (!(length > 0) || at + length > data.length || data[at + length - 1] !== 0x0a) return undefined;
    const record = data.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    const key = record.slice(0, equals);
    if (key === 'path') path = record.slice(equals + 1);
    else if (!['mtime', 'atime', 'ctime'].includes(key)) return undefined;
    at += length;
  }
  return path;
}

/** What Helm makes of a member's name; `undefined` where it would refuse it, or where we would rather not follow. */
function innerPath(path: string): string | undefined {
  const [base = '', ...rest] = path.split('/');
  if (rest.length === 0 || base === 'Chart.yaml' || /[\0-\x1f\x7f\\\ufffd]/.test(path)) return undefined;
  if ([base, ...rest].some((part) => part === '' || part === '.' || part === '..')) return undefined;
  const inner = rest.join('/');
  return inner.startsWith('..') || /^[a-zA-Z]:\//.test(inner) ? undefined : inner;
}
