/** How much the cache may hold: environment over config over defaults. Loaded only when something may be removed. */
import { parseDuration } from '../base/duration.ts';
import { parseSize } from '../base/size.ts';
import { WgcacheError } from '../errors.ts';
import { readSwitch, unexpected } from './environment.ts';
import type { Environment, GcConfig } from './types.ts';

export interface GcSettings {
  /** Collect along the way. */
  readonly auto: boolean;
  readonly everyMs: number;
  /** Bytes on disk; null: no bound. */
  readonly maxSize: number | null;
  /** Null: no bound. */
  readonly maxAgeMs: number | null;
}

const DAY_MS = 86_400_000;
const DEFAULTS = { everyMs: DAY_MS, maxSize: 10e9, maxAgeMs: 30 * DAY_MS } as const;

const SIZE = 'a size such as 10GB or 512MiB (a bare number is bytes), or none';
const DURATION = 'a duration such as 30d or 12h (a bare number is seconds)';

/** @param flags `--max-size` and `--max-age` as they were typed. @throws WgcacheError `usage` */
export function gcSettings(
  said: GcConfig | null,
  env: Environment,
  flags: { readonly maxSize: string | null; readonly maxAge: string | null },
): GcSettings {
  const maxSize =
    fromFlag('--max-size', flags.maxSize, parseSize, SIZE) ?? fromEnv(env, 'WGCACHE_GC_MAX_SIZE', parseSize, SIZE);
  const maxAge =
    fromFlag('--max-age', flags.maxAge, parseDuration, `${DURATION}, or none`) ??
    fromEnv(env, 'WGCACHE_GC_MAX_AGE', parseDuration, `${DURATION}, or none`);
  return {
    auto: readSwitch(env, 'WGCACHE_GC') ?? said?.auto ?? true,
    everyMs: said?.every ?? DEFAULTS.everyMs,
    maxSize: bound(maxSize ?? said?.maxSize ?? DEFAULTS.maxSize),
    maxAgeMs: bound(maxAge ?? said?.maxAge ?? DEFAULTS.maxAgeMs),
  };
}

type Parse = (text: string) => number | null;

function bound(value: number | 'none'): number | null {
  return value === 'none' ? null : value;
}

function fromEnv(env: Environment, name: string, parse: Parse, expected: string): number | 'none' | null {
  const text = env[name] ?? '';
  if (text === '') return null;
  const value = text === 'none' ? text : parse(text);
  if (value === null) throw unexpected(name, text, expected);
  return value;
}

function fromFlag(name: string, text: string | null, parse: Parse, expected: string): number | 'none' | null {
  if (text === null) return null;
  const value = text === 'none' ? text : parse(text);
  if (value === null) throw new WgcacheError('usage', `wgcache gc: ${name} ${text}: expected ${expected}`);
  return value;
}
