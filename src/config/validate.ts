/** Reads a config value into a {@link FileConfig}. cache-spec/config.schema.json says the same for editors; a test holds the two together. */
import { resolve } from 'node:path';
import type { Refresh } from '../plugin.ts';
import {
  asIs,
  ConfigFault,
  choice,
  command,
  duration,
  expected,
  isMapping,
  mapping,
  orNone,
  type Path,
  type Read,
  size,
  sizeOrNone,
  text,
  texts,
  toDuration,
  variableNames,
  yesOrNo,
} from './read.ts';
import { tools } from './tools.ts';
import type { EnvMode, FileConfig, GcConfig, LogMode, StepConfig } from './types.ts';

/** @param dir directory of the file: what paths in it are relative to. @throws ConfigFault */
export function validateConfig(value: unknown, dir: string): FileConfig {
  const top = mapping(
    value,
    [],
    ['$schema', 'helm', 'log', 'strict', 'envMode', 'gc', 'seeds', 'verifyHits', 'plugins', 'steps', 'tools'],
  );
  top('$schema', text);
  const helm = mapping(top('helm', asIs) ?? {}, ['helm'], ['refresh', 'unpinnedTtl']);
  return {
    refresh: helm('refresh', refresh),
    unpinnedTtl: helm('unpinnedTtl', duration),
    log: top('log', choice<LogMode>('full', 'errors', 'none')),
    strict: top('strict', yesOrNo),
    envMode: top('envMode', choice<EnvMode>('strict', 'loose')),
    gc: top('gc', gc),
    seeds: top('seeds', seeds),
    verifyHits: top('verifyHits', percent),
    steps: top('steps', steps) ?? [],
    tools: top('tools', tools) ?? [],
    plugins: (top('plugins', texts) ?? []).map((path) => resolve(dir, path)),
  };
}

function gc(value: unknown, path: Path): GcConfig {
  const get = mapping(value, path, ['auto', 'every', 'maxSize', 'maxAge']);
  return {
    auto: get('auto', yesOrNo),
    every: get('every', duration),
    maxSize: get('maxSize', sizeOrNone),
    maxAge: get('maxAge', orNone(duration)),
  };
}

const seeds: Read<number | null> = (value, path) => {
  if (value === 'off') return 0;
  if (!isMapping(value)) throw expected(path, 'off or a mapping', value);
  return mapping(value, path, ['maxSize'])('maxSize', size);
};

function steps(value: unknown, path: Path): StepConfig[] {
  if (!isMapping(value)) throw expected(path, 'a mapping from names to steps', value);
  return Object.entries(value).map(([name, entry]) => step(name, entry, [...path, name]));
}

function step(name: string, value: unknown, path: Path): StepConfig {
  if (name === '') throw new ConfigFault(path, 'a step needs a name');
  const get = mapping(value, path, [
    'command',
    'inputs',
    'outputs',
    'env',
    'secrets',
    'tools',
    'sha256',
    'envMode',
    'prewarm',
  ]);
  const match = get('command', command);
  if (match?.[1] === 'wrap' && /(^|\/)wgcache$/.test(match[0] ?? ''))
    throw new ConfigFault(
      [...path, 'command'],
      `${path.join('.')}.command has wgcache wrap in it`,
      'It is what stands behind `wrap --`.',
    );
  const prewarm = get('prewarm', yesOrNo) ?? false;
  if (prewarm && match === null)
    throw new ConfigFault(
      [...path, 'prewarm'],
      `${path.join('.')} cannot be prewarmed without a command`,
      '`command:` has the words to run.',
    );
  return {
    name,
    match,
    inputs: get('inputs', texts) ?? [],
    outputs: get('outputs', texts) ?? [],
    env: get('env', variableNames) ?? [],
    secrets: get('secrets', variableNames) ?? [],
    tools: get('tools', texts) ?? [],
    sha256: get('sha256', sums) ?? [],
    envMode: get('envMode', choice<EnvMode>('strict', 'loose')),
    prewarm,
  };
}

/** One, or a list in the order the command names its files. */
const sums: Read<string[]> = (value, path) => {
  const all = Array.isArray(value) ? texts(value, path) : [text(value, path)];
  const wrong = all.find((sum) => !/^[0-9a-fA-F]{64}$/.test(sum));
  if (wrong !== undefined) throw expected(path, 'a SHA-256 sum of 64 hex digits, or a list of them', wrong);
  return all.map((sum) => sum.toLowerCase());
};

const percent: Read<number> = (value, path) => {
  if (typeof value !== 'number' || !(value >= 0 && value <= 100)) throw expected(path, 'a number from 0 to 100', value);
  return value;
};

const refresh: Read<Refresh> = (value, path) => {
  if (value === 'always' || value === 'never') return value;
  const parsed = toDuration(value);
  if (parsed === null) throw expected(path, 'always, never or a duration such as 10m', value);
  return parsed;
};
