/** A machine for install steps: real clients against the registries this machine is set up for, with download caches shared by all tests. */
import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Rig, type WrapOptions, type Wrapped } from './rig.ts';
import { bytesOf, type Tree } from './trees.ts';

/** How the registries of this machine are reached. */
const WAYS =
  /^(SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|PIP_CERT|PIP_INDEX_URL|npm_config_registry|GOPROXY|GOSUMDB|RUSTUP_HOME|CARGO_HOME|(https?|no)_proxy|(HTTPS?|NO)_PROXY)$/;

export async function openInstallRig(env: Readonly<Record<string, string>> = {}): Promise<Rig> {
  const ways = Object.entries(process.env).filter(
    (entry): entry is [string, string] => WAYS.test(entry[0]) && entry[1] !== undefined,
  );
  return await Rig.open({ env: { ...Object.fromEntries(ways), ...env } });
}

/** Go with its own caches, so that the standard library is not compiled for each test, and binaries in the workspace. */
export async function openGoRig(env: Readonly<Record<string, string>> = {}): Promise<Rig> {
  const [cache = '', modcache = '', proxy = '', toolchain = ''] = goEnv(
    'GOCACHE',
    'GOMODCACHE',
    'GOPROXY',
    'GOTOOLCHAIN',
  );
  const rig = await openInstallRig({
    GOCACHE: cache,
    GOMODCACHE: modcache,
    GOPROXY: proxy,
    GOTOOLCHAIN: toolchain,
    CGO_ENABLED: '0',
    ...env,
  });
  return rig.write({ 'tools.txt': '' });
}

export function goEnv(...names: string[]): string[] {
  return execFileSync('go', ['env', ...names], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
}

export const NPM_CACHE: string = join(homedir(), '.npm');

/** What lies in a directory of the workspace; without permissions, of which only the exec bit is kept. */
export function contents(rig: Rig, dir: string): Tree {
  const tree = bytesOf(rig.path(dir));
  return Object.fromEntries(
    Object.entries(tree).map(([name, text]) => [
      name,
      text.replace(/^file ([0-7])[0-7]* /, (_, mode: string) => (Number(mode) & 1 ? 'exec ' : 'file ')),
    ]),
  );
}

interface LikeBareOptions extends WrapOptions {
  /** Directory that the step makes, in the workspace. */
  readonly made: string;
  /** Leaves out of it what the tool itself does not keep stable. */
  readonly pass?: (tree: Tree) => Tree;
}

/** Wraps a command, and runs it bare in a copy of the machine as it was: what it makes and how it ends must be equal. */
export async function madeLikeBare(
  rig: Rig,
  argv: readonly string[],
  { made, pass = (tree) => tree, ...options }: LikeBareOptions,
): Promise<Wrapped> {
  const twin = rig.twin();
  const ours = await rig.wrap(argv, options);
  const { flags: _, ...plain } = options;
  const theirs = await twin.bare(argv, { ...plain, env: moved(plain.env, rig, twin) });
  const told = `${argv.join(' ')}: ${ours.outcome.outcome}`;
  expect({ told, exit: ours.exit, made: contentsOrNothing(rig, made, pass) }).toEqual({
    told,
    exit: theirs.exit,
    made: contentsOrNothing(twin, made, pass),
  });
  return ours;
}

function moved(env: WrapOptions['env'], from: Rig, to: Rig): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(env ?? {}).map(([name, value]) => [name, value?.replaceAll(from.base, to.base)]),
  );
}

function contentsOrNothing(rig: Rig, dir: string, pass: (tree: Tree) => Tree): Tree | null {
  try {
    return pass(contents(rig, dir));
  } catch {
    return null;
  }
}

/** The outcome, and the code of its reason where it has one. */
export function toldOf({ outcome }: Wrapped): string {
  const stored = outcome.stored === false ? ` (not stored: ${outcome.notStored?.code})` : '';
  return `${outcome.outcome}${outcome.reason === undefined ? '' : ` ${outcome.reason.code}`}${stored}`;
}
