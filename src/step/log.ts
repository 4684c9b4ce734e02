/** The log of a step: kept as two blobs and the order of their pieces, replayed byte for byte. */
import type { Digest } from '../base/digest.ts';
import type { RecordedLog } from '../store/record.ts';
import type { Store } from '../store/store.ts';

/** Stands for the root's path in a stored log. Holds NUL, which no text output does; output that holds it itself is not made portable. */
export const ROOT_MARK = '\0wgcache-root\0';

export type Pieces = readonly (readonly [1 | 2, Uint8Array])[];

/** @returns null when a blob is missing or damaged, or is not what the pieces say: nothing may be written then */
export async function readLog(store: Store, log: RecordedLog, root: string): Promise<Pieces | null> {
  const streams: Record<1 | 2, Buffer> = { 1: Buffer.alloc(0), 2: Buffer.alloc(0) };
  for (const [stream, digest] of [
    [1, log.stdout],
    [2, log.stderr],
  ] as const) {
    if (digest === null) continue;
    const bytes = await store.readBlob(digest);
    if (bytes === null) return null;
    streams[stream] = bytes;
  }
  const at = { 1: 0, 2: 0 };
  const pieces = log.order.map(([stream, length]): [1 | 2, Uint8Array] => {
    const piece = streams[stream].subarray(at[stream], at[stream] + length);
    at[stream] += length;
    return [stream, log.rooted.includes(stream) ? unmark(piece, root) : piece];
  });
  return at[1] === streams[1].length && at[2] === streams[2].length ? pieces : null;
}

function unmark(bytes: Buffer, root: string): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll(ROOT_MARK, Buffer.from(root).toString('latin1')), 'latin1');
}

export interface KeptLog {
  readonly log: RecordedLog;
  /** The root's path is still in it. */
  readonly namesRoot: boolean;
}

/**
 * Stores a log. Lines that match one of `portable` have the root's path replaced by a mark.
 * Pieces are joined where a line may span them, so order is kept between lines, exact within a stream.
 */
export async function keepLog(
  store: Store,
  pieces: Pieces,
  root: string,
  portable: readonly RegExp[],
): Promise<KeptLog> {
  const rooted: (1 | 2)[] = [];
  const kept: Record<1 | 2, Digest | null> = { 1: null, 2: null };
  let namesRoot = false;
  let order: (readonly [1 | 2, number])[] = merge(pieces.map(([stream, bytes]) => [stream, bytes.length] as const));
  for (const stream of [1, 2] as const) {
    const all = Buffer.concat(pieces.filter(([from]) => from === stream).map(([, bytes]) => bytes));
    if (all.length === 0) continue;
    let bytes: Buffer = all;
    if (portable.length > 0 && all.includes(root) && !all.includes('\0')) {
      bytes = mark(all, root, portable);
      rooted.push(stream);
      order = [...order.filter(([from]) => from !== stream), [stream, bytes.length]]; // lengths moved: one piece
    }
    namesRoot ||= bytes.includes(root);
    kept[stream] = await store.addBytes(bytes);
  }
  return { log: { stdout: kept[1], stderr: kept[2], order, rooted }, namesRoot };
}

function mark(bytes: Buffer, root: string, portable: readonly RegExp[]): Buffer {
  const path = Buffer.from(root).toString('latin1');
  const lines = bytes.toString('latin1').split(/(?<=\n)/);
  return Buffer.from(
    lines
      .map((line) =>
        portable.some((pattern) => Buffer.from(line, 'latin1').toString('utf8').search(pattern) >= 0)
          ? line.replaceAll(path, ROOT_MARK)
          : line,
      )
      .join(''),
    'latin1',
  );
}

function merge(order: readonly (readonly [1 | 2, number])[]): (readonly [1 | 2, number])[] {
  const merged: [1 | 2, number][] = [];
  for (const [stream, length] of order) {
    const last = merged.at(-1);
    if (last !== undefined && last[0] === stream) last[1] += length;
    else merged.push([stream, length]);
  }
  return merged;
}
