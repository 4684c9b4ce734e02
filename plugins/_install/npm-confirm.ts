/** Whether what `npm ci` left is all that the lock asks for, and nothing that the key does not know. */
import type { NpmLock, NpmOptional } from '../../src/facts/values.ts';
import type { Context, Fact, MadeOutput, NotStoredReason } from '../../src/plugin.ts';

/** The interpreter's path stands in the first pages of a program that is linked dynamically. */
const HEAD = 65_536;

/** Which libc a Linux program is linked with, by its interpreter; null: by none of those, or it is no such program. */
export const libcOf: Fact<null, 'glibc' | 'musl' | null> = {
  name: 'npm-ci/libc',
  version: 1,
  compute(bytes) {
    const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, HEAD)).toString('latin1');
    const [, name] = (head.startsWith('\x7fELF') && /\/ld-(musl|linux)[\w.-]*\.so/.exec(head)) || [];
    return name === undefined ? null : name === 'musl' ? 'musl' : 'glibc';
  },
};

interface Installing {
  /** The lock's name. */
  readonly file: string;
  /** Packages whose scripts the key is made for; null: no scripts run. */
  readonly scripts: readonly string[] | null;
  readonly node: string;
  readonly os: string;
  readonly cpu: string;
  /** Null: that of node. */
  readonly libc: string | null;
  /** Kinds of packages that are left out. */
  readonly omit: string[];
}

export async function confirmInstalled(
  made: readonly MadeOutput[],
  after: Context,
  installing: Installing,
): Promise<NotStoredReason | null> {
  const text = (await unlisted(made, after, installing)) ?? (await lost(made, after, installing));
  return text === null ? null : { code: 'plugin', text };
}

/** By npm's own list of what it installed: a lock may lack hashes of packages for other platforms, but not of these; and packages bring locks of their own. */
async function unlisted(made: readonly MadeOutput[], after: Context, { scripts }: Installing): Promise<string | null> {
  const installed = await after.derive<null, NpmLock>('node_modules/.package-lock.json', 'npm-lock', null, {
    quiet: true,
  });
  if (!installed?.ok) return 'npm left no list of what it installed';
  const [loose] = installed.unpinned;
  if (loose !== undefined) return `the lock has no hash of ${loose}`;
  const ran = scripts === null ? [] : [...installed.scripts, ...compiled(made)];
  const unknown = ran.find((name) => scripts?.includes(name) === false);
  return unknown === undefined ? null : `${unknown} runs scripts, which the lock does not tell`;
}

/** npm builds whatever has a binding.gyp, told by the lock or not; node-gyp leaves this file. */
function compiled(made: readonly MadeOutput[]): string[] {
  return made.flatMap(
    ({ path }) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/build\/config\.gypi$/.exec(path)?.slice(1) ?? [],
  );
}

/** npm ends well, and says nothing, without an optional package that it could not fetch or build; the next run may get it. */
async function lost(made: readonly MadeOutput[], after: Context, installing: Installing): Promise<string | null> {
  const { file, node, os, cpu, omit } = installing;
  const libc = installing.libc ?? (await after.derive(node, libcOf, null, { quiet: true }));
  const params = { os, cpu, libc, omit };
  const optional = await after.derive<typeof params, NpmOptional>(file, 'npm-optional', params, { quiet: true });
  const there = new Set(made.map(({ path }) => path));
  const place = optional?.wanted.find((wanted) => !there.has(after.resolve(`${wanted}/package.json`)));
  return place === undefined ? null : `npm went on without ${place}, which is optional`;
}
