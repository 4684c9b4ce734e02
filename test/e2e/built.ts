/** Where the build puts what the tests drive, and the tools they drive it with. */
import { join } from 'node:path';

/** A long run works on a copy: a build meanwhile would take the ground away. */
const dist = process.env.WGCACHE_TEST_DIST ?? join(import.meta.dirname, '../../dist');

/** Both are executables. */
export const BUILT: Readonly<Record<'npm' | 'bin', string>> = {
  npm: join(dist, 'cli.js'),
  bin: join(dist, 'bin', 'wgcache'),
};

/** The one this project tests. */
export function builtCommand(): string {
  const form = process.env.WGCACHE_E2E;
  if (form !== 'npm' && form !== 'bin')
    throw new Error('WGCACHE_E2E must be npm or bin: run a project of vitest.config.ts');
  return BUILT[form];
}

/** The helm that tests of the whole command go through: each form does one, since what tells the forms apart is not in Helm. */
export function helms(): readonly (3 | 4)[] {
  return builtCommand() === BUILT.npm ? [3] : [4];
}

/** Of cases in which the form of the command plays one and the same part the package takes these few; the executable file, which starts in a tenth of the time, takes all. */
export function casesOf<T>(all: readonly T[], few: readonly T[]): readonly T[] {
  return builtCommand() === BUILT.npm ? few : all;
}

/** A tool that setup.ts found. */
export function toolPath(name: 'HELM3' | 'HELM4' | 'TASK' | 'REGISTRY' | 'UV'): string {
  const path = process.env[`WGCACHE_TEST_${name}`];
  if (path === undefined) throw new Error(`WGCACHE_TEST_${name} is not set: test/e2e/setup.ts does that`);
  return path;
}

/** Where tests make their directories: in memory, where there is room. `disk`: where temporary files of this machine lie. */
export function temporaryParent(on: 'any' | 'disk' = 'any'): string {
  const dir = on === 'disk' ? process.env.WGCACHE_TEST_DISK : process.env.WGCACHE_TEST_DIR;
  if (dir === undefined) throw new Error('WGCACHE_TEST_DIR is not set: test/e2e/setup.ts does that');
  return dir;
}
