/**
 * One machine in a directory: a workspace, a home, programs; and its twin, a fresh copy in which the command runs without wgcache. A kind of
 * step makes its own of it, and says what of it is looked at.
 */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Tree } from '../e2e/trees.ts';
import type { Play, Told, Verdict } from './kind.ts';

const run = promisify(execFile);

export type Env = Record<string, string>;
export type Side = 'a' | 'b';

export abstract class Machine {
  protected readonly dir: string;
  /** How the shell around is set: one value a variable, over the machine's own. */
  readonly env: Env = {};
  umask = 0o022;
  /** Where paths get into what is made, the copy takes the machine's place while the command alone runs. */
  readonly inPlace: boolean = false;
  #root = 'project';

  constructor(parent: string) {
    this.dir = realpathSync(mkdtempSync(join(parent, 'world-')));
    for (const made of ['a/home', 'a/bin', 'a/project/.git', 'tools'])
      mkdirSync(join(this.dir, made), { recursive: true });
  }

  /** The environment of this machine alone. */
  protected abstract own(side: Side): Env;

  /** What is compared of a machine: what steps leave. */
  abstract state(side: Side): Tree;

  /** Files that may come with other bytes each time they are made, by their bytes. */
  unstable(_side: Side): Tree {
    return {};
  }

  /** What is compared of words the command printed. */
  words(text: string, _play: Play): string[] {
    return text.split('\n');
  }

  comparesStderr(_told: Told): boolean {
    return true;
  }

  /** Of a run that is no hit: whether what differs is the command's own chance. */
  isChance(_verdict: Verdict): boolean {
    return false;
  }

  /** Why this difference of a hit is none by design; a key of the kind's `accepted`. */
  accepts(_play: Play, _verdict: Verdict): string | null {
    return null;
  }

  /** Told what came of a step. */
  played(_play: Play, _verdict: Verdict): void {}

  /** Ends what stops the command alone from getting what a pin names, and gives what brings it back; null: there is nothing of the kind. */
  heal(_play: Play): (() => void) | null {
    return null;
  }

  /** The long-lived machine, or its copy. Names of one length, so that tables Helm prints keep their shape. */
  machine(side: Side): string {
    return join(this.dir, side);
  }

  root(side: Side = 'a'): string {
    return join(this.machine(side), this.#root);
  }

  path(...parts: string[]): string {
    return join(this.root(), ...parts);
  }

  get cache(): string {
    return join(this.dir, 'cache');
  }

  environment(side: Side): Env {
    const env: Env = { HOME: join(this.machine(side), 'home'), TMPDIR: '/tmp', LANG: 'C.UTF-8', ...this.own(side) };
    env.WGCACHE_DIR = this.cache;
    for (const [name, value] of Object.entries(this.env)) {
      const here = value.replaceAll('(machine)', this.machine(side)).replaceAll('(root)', this.root(side));
      env[name] = name === 'PATH' ? `${here}:${env.PATH}` : here;
    }
    return env;
  }

  write(name: string, text: string | Uint8Array): void {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (typeof text === 'string' && text.startsWith('#!')) chmodSync(path, 0o755);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  /** The command alone in a fresh copy, and through wgcache here. */
  async bothWays<T>(alone: (side: Side) => Promise<T>, ours: (side: Side) => Promise<T>): Promise<[T, T]> {
    await this.#copy('a', 'b');
    if (!this.inPlace) return await Promise.all([alone('b'), ours('a')]);
    return [await this.again(alone), await ours('a')];
  }

  /** The command alone once more, in the copy as it is. */
  async again<T>(alone: (side: Side) => Promise<T>): Promise<T> {
    if (!this.inPlace) return await alone('b');
    this.#swap();
    try {
      return await alone('a');
    } finally {
      this.#swap();
    }
  }

  /** The long-lived machine as the command alone left its copy. */
  async takeOver(): Promise<void> {
    await this.#copy('b', 'a');
  }

  /** The workspace in another directory, by a copy (as a clone makes one) or by its name alone. */
  async move(clone: boolean): Promise<void> {
    const to = this.#root === 'project' ? 'another' : 'project';
    if (clone) {
      await run('cp', ['-r', this.root(), join(this.machine('a'), to)]);
      await run('rm', ['-rf', this.root()]);
    } else renameSync(this.root(), join(this.machine('a'), to));
    this.#root = to;
  }

  async close(): Promise<void> {
    await run('rm', ['-rf', this.dir]);
  }

  async #copy(from: Side, to: Side): Promise<void> {
    await run('rm', ['-rf', this.machine(to)]);
    await run('cp', ['-a', this.machine(from), this.machine(to)]);
  }

  #swap(): void {
    const aside = join(this.dir, 'aside');
    renameSync(this.machine('a'), aside);
    renameSync(this.machine('b'), this.machine('a'));
    renameSync(aside, this.machine('b'));
  }
}
