/**
 * Which program a step would really run, and what it is: the SHA-256 of the bytes behind PATH (promise of design 5b). Version
 * strings lie; bytes do not.
 */
import { accessSync, closeSync, constants, openSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path';
import { errorCode } from '../base/atomic.ts';
import { WgcacheError } from '../errors.ts';
import type { Command } from '../plugin.ts';

export interface Tool {
  readonly name: string;
  /** What is executed: as found, links not resolved (some programs look at their own name). */
  readonly path: string;
  /** What is hashed: the file behind it. */
  readonly real: string;
  readonly script: boolean;
}

/** Set for every command we run: the program we took it for. A shim that calls us again with it is passed over. */
export const CALLED_AS = 'WGCACHE_CALLED_AS';

/** Programs that run another one in their own name; they are asked which (see `multiplexer.ts`). */
const MULTIPLEXERS = new Set([
  'mise',
  'rtx',
  'asdf',
  'aqua',
  'aqua-proxy',
  'snap',
  'volta',
  'volta-shim',
  'pyenv',
  'rbenv',
  'proto',
  'proto-shim',
]);
const MULTIPLEXER_SCRIPT = /\b(mise|asdf|pyenv|rbenv)\b[^\n]*\bexec\b/;
/** A script that sends its command through us is a way in, not the tool. */
const SHIM_SCRIPT = /\bwgcache\b[^\n]*\bwrap\b/;
/** Where `exec` looks when there is no PATH at all (POSIX `confstr`). */
const DEFAULT_PATH = '/bin:/usr/bin';
/** Wrapper scripts are short; nothing longer is read for its text. */
const SCRIPT_READ = 64 * 1024;

/**
 * Finds a program as a shell would, passing over our own shims.
 * @throws WgcacheError not-found (127) or not-executable (126)
 */
export async function findTool(name: string, command: Command): Promise<Tool> {
  const guard = command.env[CALLED_AS];
  let refused: string | null = null;
  let guarded: Tool | null = null; // called us already: perhaps a shim, perhaps a script that wraps itself; taken when there is no other
  for (const path of candidates(name, command)) {
    const type = typeOf(path);
    if (type !== 'file' || !canExecute(path)) {
      if (type === 'file' || (type === 'other' && isPath(name))) refused ??= path;
      continue;
    }
    const real = realpathSync(path);
    const text = scriptText(real);
    if (text !== null && !isPath(name) && SHIM_SCRIPT.test(text)) continue;
    if (text !== null && !isPath(name) && path === guard) {
      guarded ??= { name, path, real, script: true };
      continue;
    }
    if (MULTIPLEXERS.has(basename(real)) || (text !== null && MULTIPLEXER_SCRIPT.test(text))) {
      const { askMultiplexer } = await import('./multiplexer.ts');
      const chosen = askMultiplexer(real, text, name, command);
      if (chosen !== null && canExecute(chosen))
        return { name, path: chosen, real: realpathSync(chosen), script: scriptText(chosen) !== null };
    }
    return { name, path, real, script: text !== null };
  }
  if (guarded !== null) return guarded;
  if (refused !== null)
    throw new WgcacheError('not-executable', `${refused}: cannot be executed`, {
      hint: `chmod +x ${refused}, or check the name`,
    });
  throw new WgcacheError(
    'not-found',
    `${name}: command not found`,
    isPath(name) ? {} : { hint: `is it installed, and its directory on PATH?` },
  );
}

/** Null: there is none that can be executed. */
export async function lookForTool(name: string, command: Command): Promise<Tool | null> {
  try {
    return await findTool(name, command);
  } catch (error) {
    if (error instanceof WgcacheError) return null;
    throw error;
  }
}

/**
 * Everywhere one had to look to find this program, itself included, in order. The same things there make it the same program again.
 * @returns null when that is not all it takes: a multiplexer was asked, or a script passed over that may be none of ours
 */
export function triedFor({ name, path: found }: Tool, command: Command): readonly string[] | null {
  const tried: string[] = [];
  for (const path of candidates(name, command)) {
    tried.push(path);
    if (path === found) return asksAnother(realpathSync(path)) ? null : tried;
    if (typeOf(path) !== null && !SHIM_SCRIPT.test(scriptText(path) ?? '')) return null;
  }
  return null;
}

function asksAnother(real: string): boolean {
  return MULTIPLEXERS.has(basename(real)) || MULTIPLEXER_SCRIPT.test(scriptText(real) ?? '');
}

function candidates(name: string, { cwd, env }: Command): string[] {
  if (isPath(name)) return [resolve(cwd, name)];
  return (env.PATH ?? DEFAULT_PATH)
    .split(delimiter)
    .map((dir) => join(isAbsolute(dir) ? dir : resolve(cwd, dir), name));
}

function isPath(name: string): boolean {
  return name.includes('/') || name.includes('\\');
}

/** Null: nothing there, or nothing one may look at (a circle of links, a file for a directory, a directory of another user). */
function typeOf(path: string): 'file' | 'other' | null {
  return refusedAs(null, () => (statSync(path).isFile() ? 'file' : 'other'));
}

function canExecute(path: string): boolean {
  return refusedAs(false, () => {
    accessSync(path, constants.X_OK);
    return true;
  });
}

/** What the operating system refuses counts as `otherwise`: a shell goes on to the next directory. */
function refusedAs<T, O>(otherwise: O, look: () => T): T | O {
  try {
    return look();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return otherwise;
  }
}

/** A shell takes a file for a program by a NUL this early; every format of programs has one. */
const HEAD = 80;

/** Text of a script (with `#!`, or without, which a shell runs itself), at most its first 64 KiB; null for a binary, and for what may be executed but not read. */
export function scriptText(path: string): string | null {
  return refusedAs(null, () => {
    const fd = openSync(path, 'r');
    try {
      const head = Buffer.alloc(HEAD);
      if (head.subarray(0, readSync(fd, head, 0, HEAD, 0)).includes(0)) return null;
    } finally {
      closeSync(fd);
    }
    return readFileSync(path).subarray(0, SCRIPT_READ).toString('utf8');
  });
}
