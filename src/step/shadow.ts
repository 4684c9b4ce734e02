/**
 * A shadow of a step: the workspace copied as it is, and Helm's own files, for the command to run in as if nothing were cached. Below a
 * temporary directory lies the root under its whole path, with links to what else the step reads outside of it: relative paths that leave
 * the root lead where they led. What the command writes elsewhere (its home, a server) it writes there.
 */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorCode } from '../base/atomic.ts';
import { insideName } from '../base/paths.ts';
import type { Command } from '../plugin.ts';
import type { Collected } from './collect.ts';
import { pathOf } from './collect.ts';
import { COPY_LIMITS, copyTree, TooLarge } from './copy-tree.ts';
import { type Homes, helmHomes } from './helm-homes.ts';
import type { Step } from './step.ts';

/** Why a hit could not be verified. */
export type Unverified =
  | { readonly code: 'too-large'; readonly files: number; readonly bytes: number }
  | { readonly code: 'cannot-copy'; readonly detail: string }
  | { readonly code: 'homes-by-flag'; readonly flag: string }
  /** The copy is another step: something in the key names where the workspace lies. */
  | { readonly code: 'not-alike'; readonly what: string }
  | { readonly code: 'changed-meanwhile'; readonly what: string };

export interface Shadow {
  /** The command, as it is called in the shadow. */
  readonly command: Command;
  /** Texts that name the shadow, and what stands for them in the original; the first that fits counts. */
  readonly names: readonly (readonly [shadow: string, original: string])[];
  close(): void;
}

/** Large, seldom an input, and linked to unless the command writes them. */
const LINKED = ['.git', 'node_modules'];

/** Casts the shadow of what lies there now: to be called before a hit puts anything in place. */
export function castShadow(step: Step, seen: Collected): Shadow | Unverified {
  const { command, plugin, config } = step;
  const homes = plugin.name.startsWith('helm-') ? helmHomes(command) : { dirs: [], variables: {} };
  if ('flag' in homes) return { code: 'homes-by-flag', flag: homes.flag };
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-shadow-')));
  const close = (): void => rmSync(base, { recursive: true, force: true });
  try {
    const root = base + command.root;
    const owned = seen.declaration.outputs.map((rule) => seen.context.resolve(pathOf(rule)));
    mkdirSync(dirname(root), { recursive: true });
    copyTree(command.root, root, { without: [config.dir, base], linked: LINKED, owned });
    linkOutside(base, command.root, seen);
    const names: [string, string][] = [[root, command.root]];
    const env = copyHomes(base, homes, names);
    names.push([base, '']);
    return { command: retold({ ...command, env: { ...command.env, ...env } }, command.root, root), names, close };
  } catch (error) {
    close();
    if (error instanceof TooLarge) return { code: 'too-large', ...COPY_LIMITS };
    if (errorCode(error) === undefined) throw error;
    return { code: 'cannot-copy', detail: (error as Error).message };
  }
}

/** Inputs outside the root are reached by links, each at the nearest place that is no directory above the root. */
function linkOutside(base: string, root: string, { context }: Collected): void {
  for (const path of new Set(context.places.values())) {
    if (insideName(root, path) !== null || insideName(base, path) !== null) continue;
    let at = path;
    while (insideName(dirname(at), root) === null) at = dirname(at);
    if (at === dirname(at) || existsSync(base + at) || !existsSync(at)) continue;
    mkdirSync(dirname(base + at), { recursive: true });
    symlinkSync(at, base + at);
  }
}

function copyHomes(base: string, { dirs, variables }: Homes, names: [string, string][]): Record<string, string> {
  const places = dirs.map((from, i) => [from, join(base, `home-${i}`)] as const);
  for (const [from, to] of places) {
    if (existsSync(from)) copyTree(from, to, { without: [base] });
    names.push([to, from]);
  }
  const moved = (path: string): string => {
    for (const [from, to] of places) {
      const inside = insideName(from, path);
      if (inside !== null) return join(to, inside);
    }
    return path;
  };
  return Object.fromEntries(Object.entries(variables).map(([name, path]) => [name, moved(path)]));
}

/** Arguments and variables that name the root name the shadow. */
function retold(command: Command, root: string, shadow: string): Command {
  const [program, ...args] = command.argv.map((word) => renamed(word, root, shadow));
  return {
    argv: [program as string, ...args],
    cwd: join(shadow, insideName(root, command.cwd) ?? '.'),
    root: shadow,
    env: Object.fromEntries(
      Object.entries(command.env).map(([name, value]) => [
        name,
        value === undefined || name === 'PATH' ? value : renamed(value, root, shadow),
      ]),
    ),
  };
}

/** `/work/app` in `/work/app/charts`, not in `/work/application`, nor in the middle of another path. */
function renamed(text: string, from: string, to: string): string {
  const name = from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\w./-])${name}(?![\\w.-])`, 'g'), () => to);
}
