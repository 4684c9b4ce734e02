/** pip's own cache of downloads, as far as the hashes of the requirements vouch for what is in it. */
import path from 'node:path';
import type { Context, Seed } from '../../src/plugin.ts';
import type { PipSettings } from './pip-settings.ts';
import type { Requirements } from './requirements.ts';
import type { Line } from './words.ts';

/** As CacheControl names them: SHA-224 of the address, five directories deep. */
const FILES = /^(?:[0-9a-f]\/){5}[0-9a-f]{56}(?:\.body)?$/;
/** In a head: cookies a server set, and what `Vary` has pip keep of its own request, such as `Authorization`. */
const CREDENTIALS = /cookie|authori[sz]|token|secret|signature|credential|password|api-?key/i;

/**
 * Wheels as they came (`http-v2`, pip ≥ 23.3). pip checks each against the requirement, from its cache or not. Pages of the index lie beside them, under names
 * that do not tell which is which, and may hold credentials; no requirement has their hash. Wheels that pip built itself (`wheels/`) are left out: nothing vouches for them.
 */
export function pipSeed(ctx: Context, line: Line, settings: PipSettings, { pins }: Requirements): Seed[] {
  // Whatever its value: pip takes a false one for the same (pip._internal.cli.cmdoptions).
  if (line.on('no-cache-dir') || settings.quiet('no-cache-dir') !== undefined) return [];
  const home = ctx.where('HOME') ?? '';
  const own = path.join(ctx.where('XDG_CACHE_HOME') || path.join(home, '.cache'), 'pip');
  const dir = (line.value('cache-dir') ?? (settings.quiet('cache-dir') || own)).replace(/^~(?=\/)/, home);
  const sha256 = pins
    .flatMap(({ hashes }) => hashes)
    .flatMap((hash) => /^sha256:([0-9a-f]{64})$/.exec(hash)?.[1] ?? []);
  if (!path.isAbsolute(dir) || sha256.length === 0) return [];
  const answers = { suffix: '.body', sha256, without: CREDENTIALS };
  return [{ name: 'pip', dir: path.join(dir, 'http-v2'), files: FILES, answers }];
}
