/** The `WGCACHE_*` variables that go over the config. An empty one counts as absent. */
import { parseDuration } from '../base/duration.ts';
import { isPercent } from '../base/percent.ts';
import { WgcacheError } from '../errors.ts';
import type { Refresh } from '../plugin.ts';
import type { Environment, EnvMode, LogMode, ReportMode } from './types.ts';

const LOG_MODES: readonly LogMode[] = ['full', 'errors', 'none'];
const REPORT_MODES: readonly ReportMode[] = ['line', 'none'];
const ENV_MODES: readonly EnvMode[] = ['strict', 'loose'];

/** Whether `WGCACHE` switches us off. Reads no file. Throws a usage error for a value that says neither. */
export function isOff(env: Environment): boolean {
  return readSwitch(env, 'WGCACHE') === false;
}

/** What the environment says; `null`: nothing. Throws a usage error for a value there is not. */
export interface EnvironmentConfig {
  readonly refresh: Refresh | null;
  readonly log: LogMode | null;
  readonly strict: boolean | null;
  readonly envMode: EnvMode | null;
  readonly report: ReportMode | null;
  readonly verifyHits: number | null;
}

export function readEnvironment(env: Environment): EnvironmentConfig {
  return {
    refresh: readRefresh(env),
    log: readChoice(env, 'WGCACHE_LOG', LOG_MODES),
    strict: readSwitch(env, 'WGCACHE_STRICT'),
    envMode: readChoice(env, 'WGCACHE_ENV_MODE', ENV_MODES),
    report: readChoice(env, 'WGCACHE_REPORT', REPORT_MODES),
    verifyHits: readPercent(env),
  };
}

export function readSwitch(env: Environment, name: string): boolean | null {
  const value = env[name] ?? '';
  switch (value.toLowerCase()) {
    case '':
      return null;
    case 'on':
    case '1':
    case 'true':
      return true;
    case 'off':
    case '0':
    case 'false':
      return false;
    default:
      throw unexpected(name, value, 'on (1, true) or off (0, false)');
  }
}

function readChoice<T extends string>(env: Environment, name: string, choices: readonly T[]): T | null {
  const value = env[name] ?? '';
  if (value === '') return null;
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw unexpected(name, value, choices.join(' or '));
  return choice;
}

function readRefresh(env: Environment): Refresh | null {
  const value = env.WGCACHE_HELM_REFRESH ?? '';
  if (value === '') return null;
  if (value === 'always' || value === 'never') return value;
  const duration = parseDuration(value);
  if (duration === null) throw unexpected('WGCACHE_HELM_REFRESH', value, 'always, never or a duration such as 10m');
  return duration;
}

function readPercent(env: Environment): number | null {
  const value = env.WGCACHE_VERIFY_HITS ?? '';
  if (value === '') return null;
  if (!isPercent(value)) throw unexpected('WGCACHE_VERIFY_HITS', value, 'a number from 0 to 100');
  return Number(value);
}

export function unexpected(name: string, value: string, expected: string): WgcacheError {
  return new WgcacheError('usage', `${name}=${value}: expected ${expected}`);
}
