/** What a step declared, by path: how much of each counts. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Collected } from '../step/collect.ts';
import { findTool } from '../step/tool.ts';
import type { Asked } from './asked.ts';

/**
 * How much of a path was declared, the more the higher.
 * - `named`: it was found in a listing, and left out of the key on purpose or by mistake.
 * - `presence`: that it is there, not what is in it.
 * - `content`: its bytes, or a value computed from them.
 */
export type Level = 'named' | 'presence' | 'content';

const LEVELS: readonly Level[] = ['named', 'presence', 'content'];

export class DeclaredPaths {
  readonly #levels = new Map<string, Level>();
  readonly #listed = new Set<string>();
  readonly #partly = new Set<string>();
  readonly #directories = new Set<string>();
  /** Directories on the way to what is declared. */
  readonly #above = new Set<string>();
  readonly #real = new Map<string, string>();

  add(path: string, level: Level): void {
    for (const place of new Set([path, this.real(path)])) {
      const known = this.#levels.get(place);
      if (known === undefined || LEVELS.indexOf(level) > LEVELS.indexOf(known)) this.#levels.set(place, level);
      this.addAbove(place);
      if (isDirectory(place)) this.#directories.add(place);
    }
  }

  addListed(dir: string): void {
    for (const place of [dir, this.real(dir)]) this.#listed.add(place);
  }

  /** What else lies in it may not be seen: that nothing is there proves nothing. */
  addPartlyListed(dir: string): void {
    for (const place of [dir, this.real(dir)]) this.#partly.add(place);
  }

  addAbove(path: string): void {
    for (let at = dirname(path); !this.#above.has(at); at = dirname(at)) this.#above.add(at);
  }

  /** @returns null when nobody looked at this path */
  level(path: string): Level | null {
    return this.#levels.get(path) ?? null;
  }

  isListed(dir: string): boolean {
    return this.#listed.has(dir) || this.#partly.has(dir);
  }

  isAbove(path: string): boolean {
    return this.#above.has(path);
  }

  /** Nothing was there, and that was seen: the nearest thing above it that was looked at has no such entry, or is no directory. */
  isAbsent(path: string): boolean {
    if (this.#levels.has(path)) return false;
    for (let at = dirname(path); at !== dirname(at); at = dirname(at))
      if (this.#levels.has(at)) return this.#listed.has(at) || !this.#directories.has(at);
    return false;
  }

  /** Links resolved as far as something is there. */
  real(path: string): string {
    const known = this.#real.get(path);
    if (known !== undefined) return known;
    let real: string;
    try {
      real = realpathSync(path);
    } catch {
      real = dirname(path) === path ? path : join(this.real(dirname(path)), basename(path));
    }
    this.#real.set(path, real);
    return real;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Before the command runs: what lies there then is what was declared. */
export async function declaredPaths(asked: Asked, seen: Collected): Promise<DeclaredPaths> {
  const { context, declaration, mirrors, tool } = seen;
  const paths = new DeclaredPaths();
  for (const { dir, entries, quiet, depth } of asked.trees) {
    paths.add(dir, 'presence');
    if (entries === null) continue;
    paths.addListed(dir);
    for (const { path, rel, type } of entries) {
      paths.add(path, quiet ? 'named' : 'presence');
      if (type === 'dir' && rel.split('/').length < depth) paths.addListed(path);
    }
  }
  for (const { path, aspect } of asked.inputs)
    paths.add(path, aspect === 'content' || aspect === 'meaning' ? 'content' : 'presence');
  for (const path of [...asked.derived, ...asked.programs, tool.path, tool.real]) paths.add(path, 'content');
  for (const name of [...(declaration.alsoTools ?? []), ...(context.described?.tools ?? [])]) {
    const { path, real } = await findTool(name, context.command);
    for (const place of [path, real]) paths.add(place, 'content');
  }
  // A place may have both names: what the user described is declared by content.
  for (const [name, path] of context.places)
    if (!/ \((presence|permissions)\)( #\d+)?$/.test(name)) paths.add(path, 'content');
  addPatterns(paths, seen);
  for (const { index, names } of mirrors) for (const place of [index, names]) paths.add(place, 'content');
  for (const place of asked.remotes.flatMap(filesOf)) paths.add(context.resolve(place), 'content');
  return paths;
}

/**
 * Directories in which the user's patterns look. `docs/**` sees all that may appear there; `src/*.c` what ends so: the user's word that
 * nothing else in there counts.
 */
function addPatterns(paths: DeclaredPaths, { context }: Collected): void {
  const patterns = context.described?.inputs ?? [];
  const isComplete = !patterns.some((pattern) => pattern.startsWith('!'));
  for (const written of patterns.filter((pattern) => !pattern.startsWith('!'))) {
    const pattern = written.replace(/^\?/, '');
    const words = pattern.split('/');
    const at = words.findIndex((word) => /[*?{[]/.test(word));
    if (at < 0) continue;
    const base = context.resolve(words.slice(0, at).join('/') || (pattern.startsWith('/') ? '/' : '.'));
    if (!isDirectory(base)) continue;
    const dirs = pattern.includes('**')
      ? [base, ...directoriesIn(base)]
      : [base, ...directoriesOf(context.places.values(), base)];
    for (const dir of dirs) {
      paths.add(dir, 'presence');
      if (isComplete && /(^|\/)\*\*(\/\*)?$/.test(pattern)) paths.addListed(dir);
      else paths.addPartlyListed(dir);
    }
  }
}

/** Links are not followed: no pattern does. */
function directoriesIn(dir: string): string[] {
  const below = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return below.map(({ name }) => join(dir, name)).flatMap((path) => [path, ...directoriesIn(path)]);
}

function directoriesOf(files: Iterable<string>, base: string): string[] {
  const found = new Set<string>();
  for (const file of files)
    for (let at = dirname(file); at.length > base.length && at.startsWith(base); at = dirname(at)) found.add(at);
  return [...found];
}

/** Files by which a server is asked: what they say decides whether it answers, and its answer is in the key. */
function filesOf(request: Asked['remotes'][number]): string[] {
  const files: (string | undefined)[] = [];
  if (request.kind === 'index') files.push(request.repository?.file);
  if (request.kind === 'oci-manifest' || request.kind === 'oci-tags') files.push(request.registryConfig);
  if (request.kind !== 'resource') files.push(request.tls?.caFile, request.tls?.certFile, request.tls?.keyFile);
  return files.filter((file): file is string => file !== undefined && file !== '');
}
