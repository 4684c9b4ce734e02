/**
 * How Task was called that calls us, where the system tells (Linux): Task hands on neither the variables of its command line nor the name of a
 * Taskfile given there.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { errorCode } from '../base/atomic.ts';

export interface Caller {
  /** `NAME=value` words. */
  readonly vars: ReadonlyMap<string, string>;
  /** `--taskfile`, absolute. */
  readonly taskfile: string | null;
}

const NONE: Caller = { vars: new Map(), taskfile: null };

/** The nearest Task above this process. */
export function callerOf(pid: number): Caller {
  try {
    for (let at = pid; at > 1; at = parentOf(at)) {
      const words = readFileSync(`/proc/${at}/cmdline`, 'utf8').split('\0').slice(0, -1);
      if (/^(go-)?task(\.exe)?$/.test(basename(words[0] ?? '')))
        return read(words.slice(1), readlinkSync(`/proc/${at}/cwd`));
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
  return NONE;
}

function read(words: readonly string[], cwd: string): Caller {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  const vars = own.flatMap((word) => {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(word) ?? [];
    return name === undefined ? [] : [[name, value as string] as const];
  });
  const files = own.flatMap((word, index) => {
    const [, attached] = /^(?:--taskfile=|--taskfile$|-[A-Za-z]*?t=?)(.*)$/s.exec(word) ?? [];
    return attached === undefined ? [] : [attached === '' ? (own[index + 1] ?? '') : attached];
  });
  const file = files.at(-1);
  return { vars: new Map(vars), taskfile: file === undefined ? null : resolve(cwd, file) };
}

/** The name in the second field may hold anything, so the fields are counted from its end. */
function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
