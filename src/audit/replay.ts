/**
 * Calls → accesses: relative paths are told by the current directory of who called, and what the command made itself is marked. Not seen:
 * what a command does through io_uring, and what a process does that it did not start (a daemon it talks to).
 */
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Access, AccessKind } from './access.ts';
import { type Call, descriptorOf, type Happened, textOf } from './calls.ts';
import { SYSCALLS } from './syscalls.ts';

/** The current directory of a process; threads share one. */
interface Place {
  cwd: string;
}

interface Born {
  readonly parent: number;
  readonly shares: boolean;
}

/** Who was started by whom. A child may be heard of before the call that started it has returned: the trace is read twice. */
export class Births {
  readonly #of = new Map<number, Born[]>();

  note(happened: Happened): void {
    if (happened.kind !== 'call' || SYSCALLS[happened.call.name]?.starts !== true || happened.call.result <= 0) return;
    const { pid, result, args } = happened.call;
    const shares = args.some((arg) => /\bCLONE_FS\b/.test(arg));
    this.#of.set(result, [...(this.#of.get(result) ?? []), { parent: pid, shares }]);
  }

  /** The next one of this number: numbers are given again. */
  take(pid: number): Born | undefined {
    return this.#of.get(pid)?.shift();
  }
}

export class Replay {
  readonly #births: Births;
  readonly #cwd: string;
  readonly #places = new Map<number, Place>();
  readonly #made = new Set<string>();
  readonly #accesses = new Map<string, Access>();

  /** @param cwd where the command was started */
  constructor(births: Births, cwd: string) {
    this.#births = births;
    this.#cwd = cwd;
  }

  /** Each kind of access to each path once, the first one. */
  get accesses(): readonly Access[] {
    return [...this.#accesses.values()];
  }

  /** Paths the command made: its own, whatever lay there before. */
  get made(): ReadonlySet<string> {
    return this.#made;
  }

  play(happened: Happened): void {
    switch (happened.kind) {
      case 'exit':
        this.#places.delete(happened.pid);
        return;
      case 'took-over':
        this.#places.set(happened.pid, { cwd: this.#placeOf(happened.thread).cwd });
        this.#places.delete(happened.thread);
        return;
      case 'call':
        this.#call(happened.call);
    }
  }

  #placeOf(pid: number): Place {
    const known = this.#places.get(pid);
    if (known !== undefined) return known;
    const born = this.#births.take(pid);
    const above = born === undefined ? { cwd: this.#cwd } : this.#placeOf(born.parent);
    const place = born?.shares === true ? above : { cwd: above.cwd };
    this.#places.set(pid, place);
    return place;
  }

  #call(call: Call): void {
    const place = this.#placeOf(call.pid);
    const meaning = SYSCALLS[call.name];
    if (meaning === undefined) return;
    const found = call.result >= 0;
    const { fd } = meaning;
    const behind = fd === undefined ? null : pathBehind(call.args[fd.at]);
    if (fd !== undefined && behind !== null && found) this.#note(fd.kind, behind, behind, call, found);
    const paths = (meaning.paths ?? []).map(({ at, dir }) => this.#pathAt(call, place, at, dir));
    const [first, second] = paths;
    if (meaning.moves === true && found && first != null && second != null) this.#moved(first, second, call);
    else
      for (const [i, { kind, makes }] of (meaning.paths ?? []).entries()) {
        const path = paths[i];
        if (path == null) continue;
        if (meaning.flags === undefined) this.#did(kind, makes === true, path, call, found);
        else this.#opened(path, call, call.args[meaning.flags] ?? '');
      }
    if (meaning.enters === true && found) place.cwd = first ?? behind ?? place.cwd;
  }

  /** @returns null for a call by descriptor alone (an empty path), or one whose path strace could not read */
  #pathAt({ args }: Call, place: Place, at: number, dir: number | undefined): string | null {
    const text = textOf(args[at]);
    if (text === null || text === '') return null;
    if (isAbsolute(text)) return resolve(text);
    const descriptor = dir === undefined ? null : descriptorOf(args[dir]);
    if (descriptor !== null) return isAbsolute(descriptor.path) ? join(descriptor.path, text) : null;
    return dir === undefined || args[dir] === 'AT_FDCWD' ? join(place.cwd, text) : null;
  }

  #opened(path: string, call: Call, flags: string): void {
    const real = call.opened !== null && isAbsolute(call.opened) ? call.opened : null;
    const has = (flag: string): boolean => new RegExp(`\\b${flag}\\b`).test(flags);
    if (has('O_TMPFILE') && real !== null) return; // a file without a name
    const makes = has('O_CREAT') && (has('O_EXCL') || has('O_TRUNC'));
    const writes = has('O_WRONLY') || has('O_RDWR') || has('O_CREAT');
    if (real === null || has('O_PATH')) this.#note('probe', path, real, call, real !== null);
    else if (!writes) this.#note('read', path, real, call, true);
    else {
      this.#note('write', path, real, call, true);
      if (makes) this.#make(path, real);
      // What it did not empty it may read.
      else if (has('O_RDWR')) this.#note('read', path, real, call, true);
    }
  }

  #did(kind: AccessKind, makes: boolean, path: string, call: Call, found: boolean): void {
    this.#note(kind === 'write' && !found ? 'probe' : kind, path, null, call, found);
    if (makes && found) this.#make(path, null);
  }

  #moved(from: string, to: string, call: Call): void {
    const own = this.#isOwn(from);
    this.#note('write', from, null, call, true);
    this.#note('write', to, null, call, true);
    if (!own) this.#note('read', from, null, call, true); // what lay there goes on in another place
    this.#make(to, null);
    for (const path of [...this.#made]) if (path.startsWith(`${from}/`)) this.#made.add(to + path.slice(from.length));
  }

  #make(path: string, real: string | null): void {
    this.#made.add(path);
    if (real !== null) this.#made.add(real);
  }

  /** @param real where it led; what is reached through a link the command made is not the command's for that */
  #isOwn(path: string, real: string | null = null): boolean {
    for (let at = path; ; at = dirname(at)) {
      if (this.#made.has(at) && (real === null || real.endsWith(path.slice(dirname(at).length)))) return true;
      if (dirname(at) === at) return real !== null && real !== path && this.#isOwn(real);
    }
  }

  #note(kind: AccessKind, path: string, real: string | null, { name }: Call, found: boolean): void {
    const own = this.#isOwn(path, real);
    const id = `${kind} ${found} ${own} ${path}`;
    if (!this.#accesses.has(id)) this.#accesses.set(id, { kind, path, real, syscall: name, found, own });
  }
}

/** A file or directory that is still there: no pipe, no socket, nothing deleted. */
function pathBehind(arg: string | undefined): string | null {
  const path = descriptorOf(arg)?.path ?? '';
  return isAbsolute(path) && !path.endsWith(' (deleted)') && !/>\(deleted\)$/.test(arg ?? '') ? path : null;
}
