/** Readers of config values: each gives one kind of value, or faults what is none. */
import { parseDuration } from '../base/duration.ts';
import { nearest } from '../base/nearest.ts';
import { parseSize } from '../base/size.ts';

/** Keys and indexes from the top down to the value meant. */
export type Path = readonly (string | number)[];

/** One fault, and where: whoever knows the file turns it into a line. */
export class ConfigFault extends Error {
  readonly path: Path;
  readonly hint: string | undefined;

  constructor(path: Path, message: string, hint?: string) {
    super(message);
    this.path = path;
    this.hint = hint;
  }
}

export type Read<T> = (value: unknown, path: Path) => T;

/** A reader of a mapping's values that gives `null` for what is not there. Faults every key not in `keys`. */
export function mapping(
  value: unknown,
  path: Path,
  keys: readonly string[],
): <T>(key: string, read: Read<T>) => T | null {
  if (!isMapping(value)) throw expected(path, 'a mapping', value);
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    const near = nearest(key, keys);
    const hint =
      near === null ? `Keys: ${keys.filter((known) => known !== '$schema').join(', ')}.` : `Did you mean ${near}?`;
    throw new ConfigFault([...path, key], `unknown key ${key}`, hint);
  }
  return (key, read) => (Object.hasOwn(value, key) ? read(value[key], [...path, key]) : null);
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const asIs: Read<unknown> = (value, path) => {
  if (!isMapping(value)) throw expected(path, 'a mapping', value);
  return value;
};

export const text: Read<string> = (value, path) => {
  if (typeof value !== 'string' || value === '') throw expected(path, 'a text', value);
  return value;
};

export const texts: Read<string[]> = (value, path) => {
  if (!Array.isArray(value)) throw expected(path, 'a list of texts', value);
  return value.map((item, index) => text(item, [...path, index]));
};

export const variableNames: Read<string[]> = (value, path) => {
  const names = texts(value, path);
  const wrong = names.findIndex((name) => /[=\s*?]/.test(name));
  if (wrong >= 0) throw expected([...path, wrong], 'the name of one variable', names[wrong]);
  return names;
};

/** A text is split at blanks; what a shell would read otherwise must be a list. */
export const command: Read<string[]> = (value, path) => {
  const plain = typeof value === 'string' && /^[^\s'"`\\$|&;<>()]+( +[^\s'"`\\$|&;<>()]+)*$/.test(value);
  if (plain) return value.split(/ +/);
  if (!Array.isArray(value) || value.length === 0) {
    throw expected(path, 'a command without quotes or shell signs, or a list of its words', value);
  }
  return texts(value, path);
};

export const yesOrNo: Read<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw expected(path, 'true or false', value);
  return value;
};

export const duration: Read<number> = (value, path) => {
  const parsed = toDuration(value);
  if (parsed === null) throw expected(path, 'a duration such as 90s, 10m or 1h30m (a bare number is seconds)', value);
  return parsed;
};

const SIZE = 'a size such as 10GB or 512MiB (a bare number is bytes)';

export const size: Read<number> = (value, path) => toSize(value) ?? fault(expected(path, SIZE, value));

export const sizeOrNone: Read<number | 'none'> = (value, path) =>
  value === 'none' ? value : (toSize(value) ?? fault(expected(path, `${SIZE}, or none`, value)));

function toSize(value: unknown): number | null {
  if (typeof value === 'string') return parseSize(value);
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}

function fault(found: ConfigFault): never {
  throw found;
}

export function orNone<T>(read: Read<T>): Read<T | 'none'> {
  return (value, path) => (value === 'none' ? value : read(value, path));
}

export function toDuration(value: unknown): number | null {
  if (typeof value === 'string') return parseDuration(value);
  return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value * 1_000 : null;
}

export function choice<T extends string>(...choices: readonly T[]): Read<T> {
  return (value, path) => {
    const chosen = choices.find((candidate) => candidate === value);
    if (chosen === undefined) throw expected(path, choices.join(' or '), value);
    return chosen;
  };
}

export function expected(path: Path, what: string, value: unknown): ConfigFault {
  return new ConfigFault(path, `${path.length === 0 ? 'a config' : path.join('.')} is ${what}, not ${shown(value)}`);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isMapping(value)) return 'a mapping';
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'function') return 'a function';
  return JSON.stringify(value);
}
