/**
 * Lines of `strace -f -y -xx` → system calls. All texts come as `\x2f…`, so no quote, bracket or comma in a path can mislead; a call that
 * another process interrupted comes in two lines, which are joined here.
 */

/** A descriptor, with what the kernel says lies behind it: an absolute path, `pipe:[7]`, `socket:[7]`, … */
export interface Descriptor {
  readonly fd: string;
  readonly path: string;
}

/** A call that has returned. */
export interface Call {
  readonly pid: number;
  readonly name: string;
  /** As strace writes them. {@link textOf} and {@link descriptorOf} read them. */
  readonly args: readonly string[];
  /** Negative: it failed. */
  readonly result: number;
  /** `ENOENT`; null: it did not fail. */
  readonly error: string | null;
  /** Of a call that returns a descriptor: the path behind it, links followed. */
  readonly opened: string | null;
}

/** What happened, in the order it was over. */
export type Happened =
  | { readonly kind: 'call'; readonly call: Call }
  /** A call whose end is not seen: of a process that ended in it. */
  | { readonly kind: 'exit'; readonly pid: number }
  /** A thread has executed a program: the process goes on under its own number, in the state of that thread. */
  | { readonly kind: 'took-over'; readonly pid: number; readonly thread: number };

/** Joins what strace wrote in two lines. One reader reads one trace, from its beginning. */
export class CallReader {
  readonly #unfinished = new Map<number, string>();

  /** @returns null for a line that tells of no call, or of the first half of one */
  read(line: string): Happened | null {
    const space = line.indexOf(' ');
    const pid = Number(line.slice(0, space));
    if (space <= 0 || !Number.isInteger(pid)) return null;
    return this.#told(pid, line.slice(space).trim());
  }

  #told(pid: number, told: string): Happened | null {
    if (told.startsWith('---')) return null; // a signal
    if (told.startsWith('+++')) {
      const thread = /superseded by execve in pid (\d+)/.exec(told)?.[1];
      if (thread === undefined) {
        this.#unfinished.delete(pid);
        return { kind: 'exit', pid };
      }
      const head = this.#unfinished.get(Number(thread));
      if (head !== undefined) this.#unfinished.set(pid, head);
      this.#unfinished.delete(Number(thread));
      return { kind: 'took-over', pid, thread: Number(thread) };
    }
    const head = UNFINISHED.exec(told)?.[1];
    if (head !== undefined) {
      this.#unfinished.set(pid, head);
      return null;
    }
    return this.#resumed(pid, told);
  }

  #resumed(pid: number, told: string): Happened | null {
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(told);
    if (resumed === null) return called(pid, told);
    const head = this.#unfinished.get(pid);
    this.#unfinished.delete(pid);
    return head === undefined ? null : called(pid, `${head}${resumed[1]}`);
  }
}

const UNFINISHED = /^(.*?)\s*<(?:unfinished|pid changed to \d+) \.\.\.>$/;

function called(pid: number, told: string): Happened | null {
  const open = told.indexOf('(');
  const close = told.lastIndexOf(') ');
  const name = told.slice(0, Math.max(0, open));
  const [, result = '', opened, error] =
    /^\)\s+= (-?\d+|\?|0x[0-9a-f]+)(?:<([^>]*)>\S*)?(?: ([A-Z][A-Z0-9_]*))?/.exec(told.slice(close)) ?? [];
  if (close < open || !/^\w+$/.test(name) || result === '' || result === '?') return null;
  return {
    kind: 'call',
    call: {
      pid,
      name,
      args: split(told.slice(open + 1, close)),
      result: Number(result),
      error: error ?? null,
      opened: opened === undefined ? null : decoded(opened),
    },
  };
}

/** At commas that stand in no bracket of any kind. */
function split(text: string): string[] {
  const args: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if ('([{<'.includes(char)) depth++;
    else if (')]}>'.includes(char)) depth--;
    else if (char === ',' && depth === 0) {
      args.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === '' && args.length === 0 ? [] : [...args, last];
}

/** The text an argument holds; null for what is none (a null pointer, an address that could not be read). */
export function textOf(arg: string | undefined): string | null {
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(arg ?? '')?.[1];
  return quoted === undefined ? null : decoded(quoted);
}

/** `3<path>` and `AT_FDCWD<path>`; null for what is no open descriptor. */
export function descriptorOf(arg: string | undefined): Descriptor | null {
  const [, fd = '', path = ''] = /^(AT_FDCWD|\d+)<([^>]*)>/.exec(arg ?? '') ?? [];
  return fd === '' ? null : { fd, path: decoded(path) };
}

/** Names that are no UTF-8 come out with replacement characters: they can be shown, and are never an input. */
function decoded(text: string): string {
  if (!text.includes('\\x')) return text;
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const hex = text[at] === '\\' && text[at + 1] === 'x' ? text.slice(at + 2, at + 4) : '';
    if (/^[0-9a-f]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 3;
    } else bytes.push(text.charCodeAt(at));
  }
  return Buffer.from(bytes).toString('utf8');
}
