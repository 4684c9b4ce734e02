/** A machine on which something is installed: paths get into what is made, so both runs have the same ones. */
import { bytesOf, type Tree } from '../../../e2e/trees.ts';
import type { Play, Verdict } from '../../kind.ts';
import { Machine, type Side } from '../../machine.ts';
import { mayRun } from '../../states.ts';

export const ACCEPTED = {
  'a hit while what is pinned cannot be had':
    'pins name the content; the command alone would fail for want of a download, and makes the same as soon as it can (played each time)',
  'modules that other steps fetched there':
    'a hit puts back what lay in the module cache when it was stored; each is the module its version names, by its bytes (looked at each time)',
  'damage that the hit repairs':
    'the command alone does not look at what lies there already; only what was damaged on purpose may differ',
} as const;

export abstract class InstallWorld extends Machine {
  override readonly inPlace: boolean = true;
  /** Files of the workspace that were damaged where the command does not look, as they then were. */
  readonly #damaged = new Map<string, string>();

  /** @returns false: there is no such file */
  damage(name: string, how: (file: string) => void): boolean {
    if (!this.has(name)) return false;
    how(this.path(name));
    this.#damaged.set(name, this.state('a')[name] ?? '(absent)');
    return true;
  }

  /** Paths of the workspace that are the tool's own business, not what the step is for. */
  protected isNoise(_name: string): boolean {
    return false;
  }

  override state(side: Side): Tree {
    const tree = Object.entries(bytesOf(this.root(side))).filter(([name]) => !this.isNoise(name));
    return mayRun(Object.fromEntries(tree));
  }

  /** Whether the words hold the progress of the moment, which a hit repeats as it was. */
  override words(text: string, _play: Play): string[] {
    return text.split('\n').filter((line) => !this.isProgress(line));
  }

  /** Whether a difference is something more that is as it ought to be. */
  protected isExtra(_difference: string): boolean {
    return false;
  }

  protected abstract isProgress(line: string): boolean;

  override accepts(_play: Play, { onceHealed, differences, exitAlone }: Verdict): string | null {
    const all = onceHealed ?? differences;
    // Damage may also stop the command alone: then its words and its end differ too.
    const stopped = exitAlone !== 0 && all.some((line) => this.#isRepair(line));
    const left = stopped ? all.filter((line) => !/^(stdout|stderr|exit): /.test(line)) : all;
    if (!left.every((line) => this.isExtra(line) || this.#isRepair(line))) return null;
    if (onceHealed !== null) return 'a hit while what is pinned cannot be had';
    return left.some((line) => this.#isRepair(line))
      ? 'damage that the hit repairs'
      : 'modules that other steps fetched there';
  }

  #isRepair(difference: string): boolean {
    const [, name = '', theirs] = /^(.*?): the command alone «(.*)», with wgcache «/.exec(difference) ?? [];
    return theirs !== undefined && this.#damaged.get(name) === theirs;
  }
}
