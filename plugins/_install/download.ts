/** What a line of curl or wget asks for, whichever of them it is. */
import path from 'node:path';
import { unsupported } from '../_helm/bypass.ts';
import type { Line } from './words.ts';

export interface Download {
  readonly url: string;
  /** As the command would open it, against the cwd. */
  readonly file: string;
}

export interface Plan {
  readonly downloads: readonly Download[];
  /** Flags that count, in one spelling. */
  readonly args: readonly string[];
  /** Why what a server says of the file does not tell what the command would get; null: it does. A sum tells in any case. */
  readonly loose: string | null;
  /** The time of the file is the server's. */
  readonly keepMtime: boolean;
  /** Missing directories are made. */
  readonly makesDirs: boolean;
  /** A file that is there is left alone. */
  readonly unlessThere: boolean;
  /** Redirects are followed. */
  readonly follows: boolean;
  /** As the command would send them. None is a secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** Roots to trust in place of the system's. */
  readonly caFile: string | undefined;
}

/** The first of these flags that is given. */
export function given(line: Line, names: readonly string[]): string | null {
  const name = names.find((one) => line.values.has(one));
  return name === undefined ? null : `--${name}`;
}

/** Headers that ask for a representation. Any other may be a secret, or change what a server answers in ways it alone knows. */
const PLAIN = /^(accept|accept-language|cache-control|user-agent)$/;

/** `-H`/`--header` values; null: one is not to be repeated by us. */
export function plainHeaders(values: readonly string[]): Record<string, string> | null {
  const headers: Record<string, string> = {};
  for (const value of values) {
    const [, name = '', text = ''] = /^([\w-]+):\s*(\S.*)$/.exec(value) ?? [];
    if (!PLAIN.test(name.toLowerCase())) return null;
    headers[name.toLowerCase()] = text.trim();
  }
  return headers;
}

/** What both programs certainly take for the same name. */
export function nameIn(url: string, tool: string): string {
  const name = /^[a-z]+:\/\/[^/?#]+\/(?:[^?#]*\/)?([^/?#]*)$/i.exec(url)?.[1] ?? '';
  if (!/^[\w.+~@=,-]+$/.test(name) || name === '.' || name === '..')
    unsupported(`a file named after ${hidden(url)}; name it: ${tool} FILE`);
  return name;
}

/** A URL fit for messages: without user info and query. */
export function hidden(url: string): string {
  return url.replace(/:\/\/[^/@]*@/, '://').replace(/[?#].*$/s, '');
}

/** The query may hold a secret under any name: the engine seals what stands behind such a word. */
export function urlWords(url: string): string[] {
  const { origin, pathname, search } = new URL(url);
  return [origin + pathname, ...(search === '' ? [] : [`query-secret=${search}`])];
}

/** curl puts the directory before an absolute path, too. */
export function join(dir: string | undefined, file: string): string {
  return dir === undefined ? file : path.join(dir, file);
}
