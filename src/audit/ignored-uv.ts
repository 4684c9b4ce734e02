/** What uv touches beside its work. Each was seen in an audit of uv 0.13 (test/e2e/audit-uv.test.ts), and what it does was tried. */
import { basename, dirname, join } from 'node:path';
import { insideName } from '../base/paths.ts';
import type { Command } from '../plugin.ts';
import { type Ignorable, LOOKING } from './ignorable.ts';

function cacheOf({ env }: Command): string {
  return env.UV_CACHE_DIR || join(env.XDG_CACHE_HOME || join(env.HOME ?? '', '.cache'), 'uv');
}

export const UV: readonly Ignorable[] = [
  {
    fits: (path, { command }) =>
      insideName(cacheOf(command), path) !== null || insideName(path, cacheOf(command)) !== null,
    why: "uv's cache: what it was told of an interpreter goes by its time, wheels by the hashes asked for; what was installed is held against the list of each wheel before it is stored",
  },
  {
    kinds: LOOKING,
    fits: (path, { command }) =>
      /\/lib\/(python3[\d.]*t?(\/|$)|python3\d+\.zip$)/.test(path) && insideName(command.root, path) === null,
    why: 'the library of an interpreter that uv asks for its version and platform: it comes with the bytes of the interpreter, which count',
  },
  {
    kinds: LOOKING,
    fits: (path) => /\/[^/]+-[^/-]+\.dist-info\/(METADATA|WHEEL)$/.test(path),
    why: 'what a package says of itself, where that is not what its list of files says, which counts, uv installs it again: a hit puts it back',
  },
  {
    kinds: LOOKING,
    fits: (path) => /\/[^/]+-[^/-]+\.dist-info(\/RECORD)?$|\/site-packages\/\w+$/.test(path),
    why: 'a package that goes, by its list: where it may stay it counts, and is declared; a hit deletes what the list names',
  },
  {
    kinds: ['probe'],
    fits: (path, { command: { env } }) =>
      path === join(env.XDG_DATA_HOME || join(env.HOME ?? '', '.local/share'), 'uv'),
    why: "uv's own directory: Pythons in it count where uv looks for one; tools and credentials never do",
  },
  {
    kinds: ['probe'],
    fits: (path) =>
      /\/(pyvenv\.cfg|python3?[\d.]*\._pth|pybuilddir\.txt|Modules\/Setup(\.local)?)$/.test(path) ||
      /\/bin\/lib(64)?\//.test(path),
    why: 'an interpreter on where it lies: beside an environment that counts, or a Python that is none',
  },
  {
    kinds: LOOKING,
    fits: (path) =>
      ['/bin/sh', '/etc/os-release', '/usr/lib/os-release', '/etc/lsb-release', '/etc/debian_version'].includes(path) ||
      /\/ld-(linux|musl)[^/]*\.so\.\d+$/.test(path),
    why: 'which libc the system has, told by a program of it: its library counts by its bytes. And the name of the system, for the index to count',
  },
  {
    fits: (path, { command }) =>
      basename(path) === '.lock' ||
      (/^uv-[\da-f]+\.lock$/.test(basename(path)) && dirname(path) === (command.env.TMPDIR || '/tmp')),
    why: 'the empty file by which one uv waits for another',
  },
  {
    kinds: ['probe'],
    fits: (path) => path === '/etc/rjem_malloc.conf' || path === '/etc/_rjem_malloc.conf',
    why: 'its allocator: how a program runs, not what it makes',
  },
];
