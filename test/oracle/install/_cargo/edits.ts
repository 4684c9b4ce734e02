/** What happens to whoever uses cargo: the index, variables and configuration, the toolchain, the root. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { change, sameSize } from '../../edits/edit.ts';
import type { Edit, Edits } from '../../kind.ts';
import type { Machine } from '../../machine.ts';
import { another, briefly, quiet, setting, shim, variable } from '../_base/edits.ts';
import { type CargoTools, type CargoWorld, library, program } from './world.ts';

const ROOT = 'tools';
const HELLO = `${ROOT}/bin/hello`;

const HOME = (world: Machine): string => join(world.machine('a'), 'home/.cargo/config.toml');
const ABOVE = (world: Machine): string => join(world.machine('a'), '.cargo/config.toml');
const HERE = (world: Machine): string => world.path('.cargo/config.toml');

/** A program that was installed: cargo leaves it as it is, as long as its lists name it. */
const installed = (name: string, how: (file: string) => void): Edit<CargoWorld> => ({
  apply: (world) => {
    if (!world.has(name)) return false;
    how(world.path(name));
  },
});

const listed = (how: (text: string) => string): Edit<CargoWorld> => ({
  apply: (world, random) => change(world, `${ROOT}/${random.pick(['.crates.toml', '.crates2.json'])}`, how),
});

const noRegistry = (world: CargoWorld): void => rmSync(world.home('registry'), { recursive: true, force: true });

export function cargoEdits(tools: CargoTools): Edits<CargoWorld> {
  const rust = tools.host.toUpperCase().replaceAll('-', '_');
  return {
    ...quiet<CargoWorld>(/^(\.git|\.wgcache|tools|more)$/),
    'index: a newer program': {
      harmless: true,
      apply: ({ index }, random) => index.publish(program(index, 'hello', `1.${2 + random.int(9)}.0`, random.word())),
    },
    'index: a newer dependency': {
      harmless: true,
      except: /bare/,
      apply: ({ index }, random) => index.publish(library(`0.1.${2 + random.int(9)}`, random.word())),
    },
    'index: a program taken back': {
      apply: ({ index }) => {
        index.yank('hello', '1.0.0');
        return () => index.yank('hello', '1.0.0');
      },
    },
    'index: a dependency taken back, or no longer': {
      harmless: true,
      except: /bare/,
      apply: ({ index }) => index.yank('worder', '0.1.0'),
    },
    'index: a dependency published again': {
      apply: ({ index }, random) => index.forge(library('0.1.0', random.word())),
    },
    'index: a dependency published again, nothing kept': {
      apply: (world, random) => {
        world.index.forge(library('0.1.0', random.word()));
        noRegistry(world);
      },
    },
    'index: as first published': {
      apply: ({ index }) => {
        index.honest = !index.honest;
      },
    },
    'index: other order': {
      harmless: true,
      apply: ({ index }) => {
        index.reversed = !index.reversed;
      },
    },
    'index: down': {
      apply: ({ index }) => {
        index.down = true;
        return () => {
          index.down = false;
        };
      },
    },
    'what cargo keeps of the index gone': { harmless: true, apply: noRegistry },
    'config: rustflags': setting(HOME, '[build]\nrustflags = ["--cfg", "other"]\n'),
    'config: of the target': setting(HOME, `[target.${tools.host}]\nrustflags = ["--cfg=other"]\n`),
    'config: variables': setting(HOME, '[env]\nHELLO_WORD = "of the config"\n'),
    'config: a profile': setting(HOME, '[profile.release]\nstrip = true\n'),
    'config: words for readers': { harmless: true, ...setting(HOME, '# nothing of this\n') },
    'config above: rustflags': setting(ABOVE, '[build]\nrustflags = ["--cfg", "other"]\n'),
    'config of the workspace': { harmless: true, ...setting(HERE, '[build]\nrustflags = ["--cfg", "other"]\n') },
    RUSTFLAGS: variable('RUSTFLAGS', '--cfg other'),
    CARGO_ENCODED_RUSTFLAGS: variable('CARGO_ENCODED_RUSTFLAGS', '--cfg\u001fother'),
    CARGO_BUILD_RUSTFLAGS: variable('CARGO_BUILD_RUSTFLAGS', '--cfg other'),
    CARGO_PROFILE_RELEASE_OPT_LEVEL: variable('CARGO_PROFILE_RELEASE_OPT_LEVEL', '1'),
    CARGO_PROFILE_RELEASE_STRIP: variable('CARGO_PROFILE_RELEASE_STRIP', 'true'),
    CARGO_PROFILE_RELEASE_DEBUG: variable('CARGO_PROFILE_RELEASE_DEBUG', '1'),
    CARGO_INCREMENTAL: variable('CARGO_INCREMENTAL', '1'),
    CARGO_INSTALL_ROOT: { harmless: true, except: /no root/, ...variable('CARGO_INSTALL_ROOT', '(root)/more') },
    CARGO_TERM_COLOR: { harmless: true, ...variable('CARGO_TERM_COLOR', 'never') },
    CARGO_BUILD_JOBS: { harmless: true, ...variable('CARGO_BUILD_JOBS', '1') },
    CARGO_NET_OFFLINE: briefly('CARGO_NET_OFFLINE', 'true'),
    CARGO_TARGET_DIR: briefly('CARGO_TARGET_DIR', '(machine)/home/target'),
    CARGO_BUILD_TARGET: briefly('CARGO_BUILD_TARGET', tools.host),
    'a linker by its variable': variable(`CARGO_TARGET_${rust}_LINKER`, 'gcc'),
    RUSTC: briefly('RUSTC', tools.rustc),
    RUSTC_WRAPPER: briefly('RUSTC_WRAPPER', '/usr/bin/env'),
    RUSTC_BOOTSTRAP: variable('RUSTC_BOOTSTRAP', '1'),
    CC: variable('CC', 'gcc'),
    'a variable a program knows': variable('HELLO_WORD', 'set'),
    'a variable a script knows': {
      apply: (world, random) => {
        world.env.SCRIPTED_WORD = random.word();
      },
    },
    'another rustc first on PATH': another('rustc', tools.rustc),
    'another cargo first on PATH': another('cargo', tools.cargo),
    'a shim before cargo': shim('cargo'),
    'a shim before rustc': shim('rustc'),
    'a linker of its own': {
      apply: (world) => {
        const file = join(world.machine('a'), 'bin/cc');
        if (existsSync(file)) rmSync(file);
        else writeFileSync(file, '#!/bin/sh\nexec /usr/bin/cc -Wl,--build-id=0x0123 "$@"\n', { mode: 0o755 });
      },
    },
    'root: gone': { apply: (world) => rmSync(world.path(ROOT), { recursive: true, force: true }) },
    'root: a program gone': installed(HELLO, rmSync),
    'root: a program edited': installed(HELLO, (file) => writeFileSync(file, 'edited\n')),
    'root: a program with a byte more': installed(HELLO, (file) =>
      writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('x')])),
    ),
    'root: a program nobody may run': installed(HELLO, (file) => chmodSync(file, 0o644)),
    'root: a program that is a link': installed(HELLO, (file) => {
      renameSync(file, `${file}.kept`);
      symlinkSync(`${file}.kept`, file);
    }),
    'root: one of two programs gone': installed(`${ROOT}/bin/twin-a`, rmSync),
    'root: gone, and a stranger in the place of a program': {
      apply: (world) => {
        rmSync(world.path(ROOT), { recursive: true, force: true });
        world.write(HELLO, 'mine\n');
        return () => rmSync(world.path(ROOT), { recursive: true, force: true });
      },
    },
    'root: a stranger': { apply: (world, random) => world.write(`${ROOT}/bin/${random.word()}`, 'mine\n') },
    'root: a list gone': {
      apply: (world, random) => {
        const name = `${ROOT}/${random.pick(['.crates.toml', '.crates2.json'])}`;
        if (!world.has(name)) return false;
        rmSync(world.path(name));
        return () => rmSync(world.path(ROOT), { recursive: true, force: true });
      },
    },
    'root: lists gone': {
      apply: (world) => {
        for (const name of ['.crates.toml', '.crates2.json']) rmSync(world.path(ROOT, name), { force: true });
        return () => rmSync(world.path(ROOT), { recursive: true, force: true });
      },
    },
    'root: a list that names another version': listed((text) => text.replace('hello 1.0.0', 'hello 1.1.0')),
    'root: a list with the same size and time': {
      apply: (world, random) => {
        const done = sameSize(world, `${ROOT}/${random.pick(['.crates.toml', '.crates2.json'])}`);
        return done ? () => rmSync(world.path(ROOT), { recursive: true, force: true }) : false;
      },
    },
    'root: both lists name another version': {
      apply: (world) => {
        const done = ['.crates.toml', '.crates2.json'].map((name) =>
          change(world, `${ROOT}/${name}`, (text) => text.replace('hello 1.0.0', 'hello 0.9.0')),
        );
        return done.includes(true);
      },
    },
    'root: other features in its list': {
      apply: (world) =>
        change(world, `${ROOT}/.crates2.json`, (text) => text.replace('"features":[]', '"features":["extra"]')),
    },
    'root: broken lists': {
      apply: (world) => {
        world.write(`${ROOT}/.crates2.json`, '{ "installs": ');
        return () => rmSync(world.path(ROOT), { recursive: true, force: true });
      },
    },
    'root: that is a link': {
      apply: (world) => {
        if (!world.has(ROOT)) return false;
        const kept = world.path('kept', ROOT);
        rmSync(kept, { recursive: true, force: true });
        mkdirSync(dirname(kept), { recursive: true });
        renameSync(world.path(ROOT), kept);
        symlinkSync(kept, world.path(ROOT));
        return () => {
          rmSync(world.path(ROOT));
          renameSync(kept, world.path(ROOT));
        };
      },
    },
  };
}
