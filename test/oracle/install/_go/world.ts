/** A machine with Go, a module proxy of its own and its checksum database. The build cache is this machine's: Go names what is in it by content. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Verdict } from '../../kind.ts';
import type { Env, Side } from '../../machine.ts';
import { otherBuild, programOnPath } from '../_base/find.ts';
import { InstallWorld } from '../_base/world.ts';
import type { GoProxy } from './proxy.ts';

export interface GoTools {
  /** Where the go command lies. */
  readonly bin: string;
  readonly buildCache: string;
  /** Another build of it, in a GOROOT of its own. */
  readonly other: string;
}

/**
 * The second go command is the first with two words of its own changed, one that it writes into every binary and one it prints: another
 * build that is told apart by what it makes.
 * @param dir where it is made
 */
export function goTools(dir: string): GoTools {
  const { real } = programOnPath('go');
  const goroot = dirname(dirname(real));
  const second = join(dir, 'go-other');
  mkdirSync(join(second, 'bin'), { recursive: true });
  for (const entry of readdirSync(goroot, { withFileTypes: true })) {
    const [from, to] = [join(goroot, entry.name), join(second, entry.name)];
    if (entry.isFile()) copyFileSync(from, to);
    else if (entry.name !== 'bin') symlinkSync(from, to);
  }
  const other = otherBuild(real, join(second, 'bin/go'), [
    ['-compiler', '-compileX'],
    ['GoModSum', 'GoModSux'],
  ]);
  return { bin: dirname(real), buildCache: execFileSync(real, ['env', 'GOCACHE'], { encoding: 'utf8' }).trim(), other };
}

export class GoWorld extends InstallWorld {
  readonly proxy: GoProxy;
  readonly tools: GoTools;
  readonly #modcache: string;

  /** @param modcache with `(machine)` or `(root)` in it */
  constructor(parent: string, proxy: GoProxy, tools: GoTools, modcache: string) {
    super(parent);
    this.proxy = proxy;
    this.tools = tools;
    this.#modcache = modcache;
  }

  protected override own(side: Side): Env {
    return {
      PATH: `${join(this.machine(side), 'bin')}:${this.tools.bin}:/usr/bin:/bin`,
      GOPROXY: this.proxy.url,
      GOSUMDB: this.proxy.database.key,
      GOCACHE: this.tools.buildCache,
      GOMODCACHE: this.#modcache.replace('(machine)', this.machine(side)).replace('(root)', this.root(side)),
      GOBIN: join(this.root(side), '.wgcache/bin'),
      GOFLAGS: '-modcacherw',
      GOTOOLCHAIN: 'local',
      CGO_ENABLED: '0',
    };
  }

  /**
   * Locks, lists as they came, what Go remembers of the database, which grows, and what is left of a download that broke off, which Go deletes
   * with the next of that version; an empty directory of ours.
   */
  protected override isNoise(name: string): boolean {
    return (
      name === '.wgcache' ||
      /(^|\/)mod\/cache\/(lock$|download\/sumdb(\/|$)|.*(\.lock|@v\/list|\.zip\d+\.tmp)$)/.test(name)
    );
  }

  /** What is downloaded and compiled (`-v`) depends on what was there. */
  protected override isProgress(line: string): boolean {
    return /^go: downloading |^\{"ImportPath":.*"build-output"|^(example\.test|internal|runtime|unsafe)(\/\S*)?$/.test(
      line,
    );
  }

  /** Go downloads side by side, and stops all of it where one fails: which one that was, and how far the others came, is chance. */
  override isChance({ exit, exitAlone, differences }: Verdict): boolean {
    return (
      exit !== 0 &&
      exit === exitAlone &&
      differences.every((line) => /^(stderr: |\.wgcache\/(else\/)?mod\/)/.test(line))
    );
  }

  protected override isExtra(difference: string): boolean {
    const [, bytes] =
      /^\.wgcache\/(?:else\/)?mod\/.*: the command alone «\(absent\)», with wgcache «(?:file|program) ([0-9a-f]{64})»$/.exec(
        difference,
      ) ?? [];
    if (bytes !== undefined) return this.proxy.published.has(bytes);
    return /^\.wgcache\/.*: the command alone «\(absent\)», with wgcache «directory»$/.test(difference);
  }

  override heal(): (() => void) | null {
    const { proxy, env } = this;
    // Private modules are fetched where they lie, and there is no such place here.
    const { GOPRIVATE, GOPROXY } = env;
    const apart = GOPRIVATE !== undefined || GOPROXY === 'off';
    const ill = proxy.heal();
    if (ill === null && !apart) return null;
    if (apart) for (const name of ['GOPRIVATE', 'GOPROXY']) delete env[name];
    return () => {
      ill?.();
      if (GOPRIVATE !== undefined) env.GOPRIVATE = GOPRIVATE;
      if (GOPROXY !== undefined) env.GOPROXY = GOPROXY;
    };
  }
}
