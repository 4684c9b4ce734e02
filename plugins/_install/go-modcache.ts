/**
 * Whether a module cache may be kept: it holds what others put there too, and Go looks at nothing twice. A module as it was unpacked must
 * have the hash that Go took when it came, and one the checksum database does not vouch for a hash in go.sum. Not looked into: zips.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { MadeOutput, NotStoredReason } from '../../src/plugin.ts';
import { matchesPrefix } from './go-settings.ts';

/** What go.sum pins: `PATH VERSION`, of modules and of their go.mod alone. */
export interface Pins {
  readonly modules: ReadonlySet<string>;
  readonly mods: ReadonlySet<string>;
}

/** @param patterns of modules that the checksum database does not vouch for */
export function confirmModules(
  made: readonly MadeOutput[],
  modcache: string,
  patterns: 'all' | string,
  pins: Pins,
): NotStoredReason | null {
  const unpacked = new Map<string, [name: string, digest: string][]>();
  const hashes = new Map<string, string>();
  for (const { path: file, digest } of made) {
    const name = path.relative(modcache, file).replaceAll('\\', '/');
    const [, target, version, kind] = /^cache\/download\/(.*)\/@v\/(.*)\.(ziphash|zip|mod)$/.exec(name) ?? [];
    if (target !== undefined && version !== undefined) {
      const module = `${unescaped(target)} ${unescaped(version)}`;
      if (kind === 'ziphash') hashes.set(module, digest);
      const pinned = kind === 'mod' ? pins.mods : pins.modules;
      const loose = patterns === 'all' || matchesPrefix(patterns, unescaped(target));
      if (loose && !pinned.has(module)) return refused(`the checksum database does not vouch for ${module} there`);
    } else if (!name.startsWith('cache/')) {
      const [, dir, at, rest] = /^([^@]*)@([^/]*)\/(.*)$/.exec(name) ?? [];
      if (dir === undefined || at === undefined || rest === undefined) return refused(`${name} belongs to no module`);
      const module = `${unescaped(dir)} ${unescaped(at)}`;
      const files = unpacked.get(module) ?? [];
      unpacked.set(module, files);
      files.push([`${module.replace(' ', '@')}/${rest}`, digest]);
    }
  }
  for (const [module, files] of unpacked) {
    if (hashes.get(module) !== createHash('sha256').update(h1(files)).digest('hex'))
      return refused(`${module} there is not as it was downloaded`);
  }
  return null;
}

function refused(text: string): NotStoredReason {
  return { code: 'plugin', text: `module cache: ${text}` };
}

/** golang.org/x/mod/sumdb/dirhash.Hash1, which is all that a `.ziphash` holds. */
function h1(files: readonly (readonly [name: string, digest: string])[]): string {
  const lines = [...files].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const text = lines.map(([name, digest]) => `${digest}  ${name}\n`).join('');
  return `h1:${createHash('sha256').update(text).digest('base64')}`;
}

/** module.UnescapePath: a capital letter is `!` and the small one. */
function unescaped(text: string): string {
  return text.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
