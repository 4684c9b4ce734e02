/**
 * A file from a server, piece by piece onto the disk. What was interrupted goes on where it stopped, if the server says that it still has
 * the same file (Range with If-Range); else it starts anew. Nothing here says what the bytes should be: that is for a checksum.
 */
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { errorCode, PRIVATE_FILE, writeAll } from '../base/atomic.ts';
import type { Client, HttpResponse } from './http.ts';
import { type RetryOptions, StatusError, withRetries } from './retry.ts';

export interface DownloadRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is there already, and where it goes. Beside it, in `FILE.from`, is what tells whether it may be gone on with. */
  readonly file: string;
  readonly retry: RetryOptions;
  /** Default 8 GiB. */
  readonly maxBytes?: number;
  /** Bytes so far, and of all if the server says. */
  readonly onProgress?: (done: number, total: number | null) => void;
}

export interface Downloaded {
  readonly size: number;
  /** Bytes of an earlier, interrupted attempt that were not asked for again. */
  readonly resumed: number;
}

/** @throws NetError; what has come stays in the file then, for the next time */
export async function download(client: Client, what: DownloadRequest): Promise<Downloaded> {
  let resumed = 0;
  let before = 0;
  const attempt = async (): Promise<Downloaded> => {
    const partial = partialOf(what);
    before = partial?.size ?? 0;
    const progress = await receive(client, what, partial);
    if (progress.from > 0) resumed = progress.from;
    return { size: progress.done, resumed };
  };
  const done = await withRetries(what.retry, attempt, () => (sizeOf(what.file) ?? 0) > before);
  rmSync(noteOf(what.file), { force: true });
  return done;
}

/** Forgets what was begun. */
export function discardDownload(file: string): void {
  rmSync(file, { force: true });
  rmSync(noteOf(file), { force: true });
}

interface Partial {
  readonly size: number;
  /** For If-Range. */
  readonly validator: string;
}

interface Note {
  readonly url: string;
  readonly validator: string;
}

async function receive(
  client: Client,
  what: DownloadRequest,
  partial: Partial | null,
): Promise<{ from: number; done: number }> {
  let fd: number | null = null;
  let trouble: unknown = null;
  let from = 0;
  let done = 0;
  const headers = { ...what.headers };
  if (partial !== null) Object.assign(headers, { range: `bytes=${partial.size}-`, 'if-range': partial.validator });
  let response: HttpResponse;
  try {
    response = await client.request({
      url: what.url,
      headers,
      maxBytes: what.maxBytes ?? 8 * 2 ** 30,
      receive: ({ status, headers: got }) => {
        const goesOn = status === 206 && partial !== null && startOf(got['content-range']) === partial.size;
        if (status !== 200 && !goesOn) return null;
        from = goesOn && partial !== null ? partial.size : 0;
        done = from;
        fd = openSync(what.file, goesOn ? 'a' : 'w', PRIVATE_FILE);
        if (!goesOn) keepNote(what, got);
        const length = got['content-length'];
        const total = length === undefined ? null : from + Number(length);
        return (chunk) => {
          try {
            writeAll(fd as number, chunk);
          } catch (error) {
            trouble = error; // a full disk is not the server's fault
            throw error;
          }
          done += chunk.length;
          what.onProgress?.(done, total);
        };
      },
    });
  } catch (error) {
    throw trouble ?? error;
  } finally {
    if (fd !== null) closeSync(fd);
  }
  if (fd !== null) {
    if (response.status === 200 || response.status === 206) return { from, done };
  }
  // The server has less than we have, or a part we did not ask for: what we have is of no use.
  if (partial !== null && (response.status === 416 || response.status === 206)) {
    discardDownload(what.file);
    return await receive(client, what, null);
  }
  throw new StatusError(response);
}

/** `bytes 100-199/200` → 100. */
function startOf(range: string | undefined): number | null {
  const [, start] = /^bytes (\d+)-/.exec(range ?? '') ?? [];
  return start === undefined ? null : Number(start);
}

/** A weak ETag says nothing of bytes. A date stands for them only where there is no better. */
function keepNote({ url, file }: DownloadRequest, headers: Readonly<Record<string, string>>): void {
  const { etag, 'last-modified': modified } = headers;
  const validator = etag?.startsWith('"') ? etag : modified;
  if (validator === undefined || headers['accept-ranges'] === 'none') rmSync(noteOf(file), { force: true });
  else writeFileSync(noteOf(file), JSON.stringify({ url, validator } satisfies Note), { mode: PRIVATE_FILE });
}

function partialOf({ file, url }: DownloadRequest): Partial | null {
  const size = sizeOf(file);
  if (size === null || size === 0) return null;
  try {
    const note = JSON.parse(readFileSync(noteOf(file), 'utf8')) as Note;
    return typeof note.validator === 'string' && note.url === url ? { size, validator: note.validator } : null;
  } catch (error) {
    if (errorCode(error) === undefined && !(error instanceof SyntaxError)) throw error;
    return null;
  }
}

function noteOf(file: string): string {
  return `${file}.from`;
}

function sizeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.size ?? null;
}

/** A short text, with the same patience. @throws NetError */
export async function fetchText(
  client: Client,
  what: { readonly url: string; readonly headers?: Readonly<Record<string, string>>; readonly retry: RetryOptions },
): Promise<string> {
  return await withRetries(what.retry, async () => {
    const response = await client.request({ url: what.url, headers: what.headers ?? {}, maxBytes: MAX_TEXT });
    if (response.status !== 200) throw new StatusError(response);
    return new TextDecoder().decode(response.body);
  });
}

const MAX_TEXT = 16 * 1024 * 1024;
