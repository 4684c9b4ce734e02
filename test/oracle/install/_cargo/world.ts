/** A machine with cargo, an index of its own in the place of the public one, and crates so small that they build in a second. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Env, Side } from '../../machine.ts';
import type { Files } from '../_base/archives.ts';
import { programOnPath, startingBuild } from '../_base/find.ts';
import { ACCEPTED as ANY, InstallWorld } from '../_base/world.ts';
import type { Crate, CrateIndex } from './registry.ts';

export const ACCEPTED: Readonly<Record<string, string>> = {
  'a hit while what is pinned cannot be had': ANY['a hit while what is pinned cannot be had'],
};

export interface CargoTools {
  /** Where the toolchain's own programs lie, behind whatever chooses it. */
  readonly bin: string;
  readonly host: string;
  /** A rustc that builds something else. */
  readonly rustc: string;
  /** A cargo that has it build something else. */
  readonly cargo: string;
}

export function cargoTools(dir: string): CargoTools {
  const say = (...args: string[]): string => execFileSync(programOnPath('rustc').path, args, { encoding: 'utf8' });
  const bin = join(say('--print', 'sysroot').trim(), 'bin');
  const cfg = ['--cfg', 'other'];
  // Its libraries are those of the first.
  mkdirSync(join(dir, 'rust-other'));
  symlinkSync(join(bin, '../lib'), join(dir, 'rust-other/lib'));
  return {
    bin,
    host: /^host: (.*)$/m.exec(say('-vV'))?.[1] ?? '',
    rustc: startingBuild(join(bin, 'rustc'), join(dir, 'rust-other/bin/rustc'), { words: cfg }),
    cargo: startingBuild(join(bin, 'cargo'), join(dir, 'cargo-other/cargo'), { env: ['RUSTFLAGS', cfg.join(' ')] }),
  };
}

const SAYS = (name: string, word: string): string =>
  `fn main() { println!("${name} ${word} {} {} {:?}", cfg!(other), cfg!(feature = "extra"), option_env!("${name.toUpperCase().replaceAll('-', '_')}_WORD")); }\n`;

/** A program, with a lock of its own, or without. */
export function program(index: CrateIndex, name: string, version: string, word: string): Crate {
  const dependencies = name === 'hello' || name === 'bare' ? { worder: '^0.1' } : {};
  const files: Record<string, Files> = {
    hello: { 'src/main.rs': SAYS(name, `${version} ${word}`).replace('{ ', '{ worder::say(); ') },
    bare: { 'src/main.rs': SAYS(name, word).replace('{ ', '{ worder::say(); ') },
    twin: { 'src/bin/twin-a.rs': SAYS('twin-a', word), 'src/bin/twin-b.rs': SAYS('twin-b', word) },
    scripted: {
      'src/main.rs': 'fn main() { println!("{}", env!("MADE")); }\n',
      'build.rs': `fn main() { println!("cargo:rustc-env=MADE=${word} {}", std::env::var("SCRIPTED_WORD").unwrap_or_default()); }\n`,
    },
  };
  return {
    name,
    version,
    dependencies,
    features: ['default', 'extra'],
    files: { ...files[name], ...(name === 'bare' ? {} : { 'Cargo.lock': lock(index, name, version) }) },
  };
}

export function library(version: string, word: string): Crate {
  return { name: 'worder', version, files: { 'src/lib.rs': `pub fn say() { println!("${version} ${word}"); }\n` } };
}

/** `worder` as it was first. */
function lock(index: CrateIndex, name: string, version: string): string {
  const needs = name === 'hello';
  const worder = `[[package]]\nname = "worder"\nversion = "0.1.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "${index.checksum('worder', '0.1.0')}"\n`;
  return `version = 4\n\n[[package]]\nname = "${name}"\nversion = "${version}"\n${needs ? `dependencies = [\n "worder",\n]\n\n${worder}` : ''}`;
}

export class CargoWorld extends InstallWorld {
  readonly index: CrateIndex;
  readonly tools: CargoTools;

  constructor(parent: string, index: CrateIndex, tools: CargoTools) {
    super(parent);
    this.index = index;
    this.tools = tools;
  }

  protected override own(side: Side): Env {
    return {
      PATH: `${join(this.machine(side), 'bin')}:${this.tools.bin}:/usr/bin:/bin`,
      CARGO_NET_RETRY: '0',
      CARGO_PROFILE_RELEASE_OPT_LEVEL: '0',
    };
  }

  /** cargo's own directory on this machine. */
  home(...names: string[]): string {
    return join(this.machine('a'), 'home/.cargo', ...names);
  }

  /** The index in the place of the public one, and what else is set. */
  configure(more = ''): void {
    mkdirSync(this.home(), { recursive: true });
    writeFileSync(
      this.home('config.toml'),
      `[source.crates-io]\nreplace-with = "own"\n\n[source.own]\nregistry = "sparse+${this.index.url}/index/"\n${more}`,
    );
  }

  /** What was yanked is said at each build: a hit repeats what was said at its own. */
  protected override isProgress(line: string): boolean {
    return /^ *(Updating|Downloading|Downloaded|Locking|Adding|Compiling|Finished|Installing|Installed|Replacing|Replaced|Removing|Removed|Ignored|Blocking) |^warning: (be sure to add|spurious|package `worder v0\.1\.0` in Cargo\.lock is yanked)|^ *$/.test(
      line,
    );
  }

  override heal(): (() => void) | null {
    const { index, env } = this;
    const { CARGO_NET_OFFLINE } = env;
    const ill = index.heal();
    if (ill === null && !index.hasYanked && CARGO_NET_OFFLINE === undefined) return null;
    const back = index.keep();
    delete env.CARGO_NET_OFFLINE;
    return () => {
      ill?.();
      back();
      if (CARGO_NET_OFFLINE !== undefined) env.CARGO_NET_OFFLINE = CARGO_NET_OFFLINE;
    };
  }
}
