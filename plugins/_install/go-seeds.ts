/** Go's own caches, as far as Go checks what it takes from them. */
import path from 'node:path';
import type { Seed } from '../../src/plugin.ts';
import { DATABASE, type GoSettings, unsummed } from './go-settings.ts';

/**
 * Compiled packages. Go finds an entry (`-a`) by a digest of all that made it: sources, flags, the compiler's own bytes; and what it names (`-d`) is
 * called by the SHA-256 of its bytes, which is checked here too. So an entry that does not fit is never found, and none fits another build of the toolchain.
 */
export function buildSeed({ cache }: GoSettings): Seed[] {
  const files = /^[0-9a-f]{2}\/([0-9a-f]{64}-a|(?<sha256>[0-9a-f]{64})-d)$/;
  return cache === null ? [] : [{ name: 'go-build', dir: cache, files, sameTool: true }];
}

/**
 * Modules as they came. Go checks a `.mod` against go.sum or the checksum database whenever it reads it, and so a `.zip` whose `.ziphash` is not
 * there, which is why that file is left out: Go would believe it. Left out too: the database's own answers (`sumdb/`), since what is checked
 * must not bring its own proof; `.info` and `list`, which nothing vouches for; `.lock` files. None where some modules have no sums. What one
 * database vouched for another may call wrong, and then Go fails, where it would have fetched what is right: each has seeds of its own.
 */
export function moduleSeed(settings: GoSettings): Seed[] {
  if (unsummed(settings) !== '') return [];
  const files = /^(?!sumdb\/).+\/@v\/[^/]+\.(zip|mod)$/;
  const name = settings.database === DATABASE ? 'go-mod' : `go-mod ${settings.database}`;
  return [{ name, dir: path.join(settings.modcache, 'cache/download'), files }];
}
