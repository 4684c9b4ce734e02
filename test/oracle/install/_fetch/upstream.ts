/**
 * A server of files, with a clock of its own. It never lies: whenever bytes change, so do its ETag and its date; but an ETag may be weak or
 * missing, and a date is good to the second.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { LoopbackServer, type Reply } from '../_base/server.ts';

interface Published {
  readonly body: string;
  /** By the server's clock, in seconds. */
  readonly at: number;
}

export const FILES = ['/tool', '/lib.txt', '/one', '/two'] as const;

const START = Date.UTC(2024, 0, 1) / 1000;
const DAY = 86_400;

export class Upstream extends LoopbackServer {
  #files = new Map<string, Published>();
  #first = new Map<string, Published>();
  etag: 'strong' | 'weak' | 'none' | 'of date' = 'strong';
  dates: 'true' | 'none' | 'constant' = 'true';
  lengths = true;
  /** Of every answer; null: as it is. */
  status: number | null = null;
  /** Of answers to GET alone. */
  getStatus: number | null = null;
  /** Bodies end early. */
  cut = false;
  /** Where `/moved` leads to; null: it is a file itself. */
  target: string | null = '/tool';
  /** Everything as first published, and well. */
  honest = false;
  now: number = START;

  reset(): void {
    Object.assign(this, { down: false, etag: 'strong', dates: 'true', lengths: true, status: null, cut: false });
    Object.assign(this, { getStatus: null, target: '/tool', honest: false, now: START });
    this.#files = new Map();
    this.#first = new Map();
  }

  publish(path: string, body: string): void {
    const published = { body, at: this.now };
    this.#files.set(path, published);
    if (!this.#first.has(path)) this.#first.set(path, published);
  }

  /** The same number of bytes, others. */
  turn(path: string): void {
    const { body } = this.#files.get(path) ?? { body: '' };
    this.publish(path, [...body].reverse().join(''));
  }

  /** SHA-256 of what was first published, or of what is there now. */
  sum(path: string, when: 'first' | 'now'): string {
    const files = when === 'first' ? this.#first : this.#files;
    return createHash('sha256')
      .update(files.get(path)?.body ?? '')
      .digest('hex');
  }

  pass(seconds: number): void {
    this.now += seconds;
  }

  protected override answer(path: string, { method, headers }: IncomingMessage): Reply {
    const common = { date: time(this.now) };
    if (path === '/moved' && this.target !== null && !this.honest)
      return { status: 302, headers: { ...common, location: this.target, 'content-length': '6' }, body: 'moved\n' };
    const files = this.honest ? this.#first : this.#files;
    const file = files.get(path === '/moved' ? '/one' : path);
    const status = this.honest ? null : method === 'GET' ? (this.getStatus ?? this.status) : this.status;
    if (status !== null) return error(status, common);
    if (file === undefined) return error(404, common);
    // `/tool` is not the same for everybody.
    const { 'user-agent': agent = '' } = headers;
    const body = path === '/tool' && !/^(curl|Wget)\//.test(agent) ? `${file.body}for ${agent}\n` : file.body;
    const tag = this.#tagOf(file, body);
    return {
      status: 200,
      headers: {
        ...common,
        ...(this.lengths ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
        ...(tag === null ? {} : { etag: tag }),
        ...(this.dates === 'none' ? {} : { 'last-modified': time(this.dates === 'constant' ? 0 : file.at) }),
      },
      body,
      ...(this.cut && !this.honest ? { cut: 5 } : {}),
    };
  }

  #tagOf({ at }: Published, body: string): string | null {
    const tag = createHash('sha256').update(body).digest('hex').slice(0, 20);
    switch (this.etag) {
      case 'strong':
        return `"${tag}"`;
      case 'weak':
        return `W/"${at.toString(16)}"`;
      case 'of date':
        return `"${at.toString(16)}-${body.length.toString(16)}"`;
      case 'none':
        return null;
    }
  }
}

/** No date is said as a constant: a day after the epoch. */
function time(seconds: number): string {
  return new Date((seconds === 0 ? DAY : seconds) * 1000).toUTCString();
}

function error(status: number, headers: Readonly<Record<string, string>>): Reply {
  const body = `error ${status}\n`;
  return { status, headers: { ...headers, 'content-length': String(body.length) }, body };
}
