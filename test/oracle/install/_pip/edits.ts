/** What happens to whoever uses pip: requirements, the index, variables and configuration, environments, Python. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { change, forNow, toggle } from '../../edits/edit.ts';
import type { Edit, Edits } from '../../kind.ts';
import type { Machine } from '../../machine.ts';
import { another, briefly, meanwhile, quiet, shim, variable } from '../_base/edits.ts';
import { installedEdits } from './installed.ts';
import { make, PACKAGES, type PipTools, type PipWorld } from './world.ts';

const VENV = '.venv';

const inIndex = (how: (world: PipWorld, word: string) => void): Edit<PipWorld> => ({
  apply: (world, random) => how(world, random.word()),
});

const turned = (what: 'honest' | 'json' | 'metadata' | 'reversed'): Edit<PipWorld> => ({
  apply: ({ index }) => {
    index[what] = !index[what];
  },
});

const noCache = (world: PipWorld): void =>
  rmSync(join(world.machine('a'), 'home/.cache/pip'), { recursive: true, force: true });

function forgeAll(world: PipWorld, word: string): void {
  for (const [name, version, more] of PACKAGES)
    world.index.forge({ name, version, files: make(name, version, word), ...more });
}

const CONFIGS: Readonly<Record<string, (world: Machine) => string>> = {
  user: (world) => join(world.machine('a'), 'home/.config/pip/pip.conf'),
  legacy: (world) => join(world.machine('a'), 'home/.pip/pip.conf'),
  venv: (world) => world.path(VENV, 'pip.conf'),
  named: (world) => world.path('pip.conf'),
};

/** One file as a whole, or none: pip refuses a section that is there twice. */
const config = (of: (world: Machine) => string, text: string): Edit<PipWorld> => ({
  apply: (world) => {
    const file = of(world);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return rmSync(file);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  },
});

/** For one step: with it nothing is cached. */
const onlyNow = (of: (world: Machine) => string, text: string): Edit<PipWorld> => ({
  apply: (world) => {
    const file = of(world);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return () => rmSync(file);
  },
});

export function pipEdits(tools: PipTools): Edits<PipWorld> {
  const all = quiet<PipWorld>(/^(\.git|\.wgcache|\.venv2?|lib2?)$/);
  return {
    ...all,
    // What is in an environment names it.
    'moved elsewhere': { ...all['moved elsewhere']!, except: /^(?!target)/ },
    'cloned anew elsewhere': { ...all['cloned anew elsewhere']!, except: /./ },
    'requirements: other versions': {
      apply: (world, random) => world.choose(`1.${random.int(2)}.0`, `1.${random.int(2)}.0`),
    },
    'requirements: words for readers': {
      harmless: true,
      apply: (world, random) => change(world, 'requirements.txt', (text) => `# ${random.word()}\n${text}\n`),
    },
    'requirements: other order': {
      apply: (world) =>
        change(world, 'requirements.txt', (text) => `${text.trimEnd().split('\n').reverse().join('\n')}\n`),
    },
    'requirements: lines that go on': {
      harmless: true,
      apply: (world) => change(world, 'requirements.txt', (text) => text.replaceAll(/ (--hash)/g, ' \\\n    $1')),
    },
    'requirements: hashes of all builds': {
      apply: (world) => {
        world.allBuilds = !world.allBuilds;
        world.choose('1.1.0', '1.0.0');
      },
    },
    'requirements: a name written otherwise': {
      apply: (world) =>
        change(world, 'requirements.txt', (text) =>
          text.includes('Beta') ? text.replace('Beta', 'beta') : text.replace('beta', 'Beta'),
        ),
    },
    'requirements: a version written otherwise': {
      apply: (world) => change(world, 'requirements.txt', (text) => text.replace(/==(1\.\d)\.0 /, '==$1 ')),
    },
    'requirements: a marker that fits, or not': {
      apply: (world, random) =>
        change(world, 'requirements.txt', (text) =>
          text.includes(';')
            ? text.replace(/ ;.*?(?= --hash)/g, '')
            : text.replace(/^(beta==\S+)/m, `$1 ; python_version ${random.pick(['>=', '<'])} "3"`),
        ),
    },
    'requirements: a package gone': {
      apply: (world) => {
        const before = readFileSync(world.path('requirements.txt'), 'utf8');
        world.write('requirements.txt', before.replace(/^alpha.*\n/m, ''));
        return () => world.write('requirements.txt', before);
      },
    },
    'requirements: a file more': {
      apply: (world) =>
        change(world, 'requirements.txt', (text) =>
          text.includes('-r more') ? text.replace('-r more.txt\n', '') : `-r more.txt\n${text}`,
        ),
    },
    'requirements: constraints': {
      apply: (world) =>
        change(world, 'requirements.txt', (text) =>
          text.includes('-c ') ? text.replace('-c constraints.txt\n', '') : `-c constraints.txt\n${text}`,
        ),
    },
    'requirements: an index of its own': {
      apply: (world) =>
        change(world, 'requirements.txt', (text) =>
          /^--index/m.test(text)
            ? text.replace(/^--index.*\n/m, '')
            : `--index-url ${world.index.url}/mirror/simple\n${text}`,
        ),
    },
    'requirements: wheels alone': {
      apply: (world) =>
        change(world, 'requirements.txt', (text) =>
          text.includes('--only') ? text.replace('--only-binary :all:\n', '') : `--only-binary :all:\n${text}`,
        ),
    },
    'requirements: a hash changed': meanwhile('requirements.txt', (text) => text.replace(/sha256:..../, 'sha256:0000')),
    'requirements: a hash gone': meanwhile('requirements.txt', (text) => text.replace(/ --hash=\S+/, '')),
    'requirements: all hashes gone': meanwhile('requirements.txt', (text) =>
      text.replaceAll(/( \\\n *)? --hash=\S+/g, ''),
    ),
    'requirements: no version': meanwhile('requirements.txt', (text) => text.replace(/==\S+/, '>=1')),
    'requirements: a package that needs what is not there': meanwhile('requirements.txt', (text) =>
      text.replace(/^beta.*\n/m, ''),
    ),
    'requirements: nonsense': meanwhile('requirements.txt', (text) => `${text}--nonsense\n`),
    'requirements: gone': {
      apply: (world) => {
        renameSync(world.path('requirements.txt'), world.path('aside.txt'));
        return () => renameSync(world.path('aside.txt'), world.path('requirements.txt'));
      },
    },
    'the other file of requirements': {
      apply: (world) =>
        change(world, 'dev.txt', (text) =>
          text.includes('delta') ? text.replace(/^delta.*\n/m, '') : text + world.pin('delta_dash', '1.0.0'),
        ),
    },
    'constraints: another': { apply: (world, random) => world.write('constraints.txt', `beta<${2 + random.int(3)}\n`) },
    'constraints: none fits': {
      apply: (world) => {
        world.write('constraints.txt', 'beta<1\n');
        return () => world.write('constraints.txt', 'beta<2\n');
      },
    },
    'index: a new version': {
      harmless: true,
      apply: ({ index }, random) => {
        const version = `1.${2 + random.int(9)}.0`;
        index.publish({ name: random.pick(['alpha', 'beta']), version, files: make('alpha', version, random.word()) });
      },
    },
    'index: a build more, or less': { apply: ({ index }) => void index.list('alpha', '1.1.0-1') },
    'index: a version taken back, or no longer': {
      harmless: true,
      apply: ({ index }, random) => index.yank(random.pick(['alpha', 'beta']), random.pick(['1.0.0', '1.1.0'])),
    },
    'index: a version gone': {
      apply: ({ index }, random) => {
        const [name, version] = [random.pick(['alpha', 'beta', 'gamma']), '1.0.0'];
        index.list(name, version);
        return () => void index.list(name, version);
      },
    },
    'index: versions published again': inIndex(forgeAll),
    'index: versions published again, no cache': inIndex((world, word) => {
      forgeAll(world, word);
      noCache(world);
    }),
    'index: versions as first published': turned('honest'),
    'index: other order': { harmless: true, ...turned('reversed') },
    'index: as JSON, or as pages': { harmless: true, ...turned('json') },
    'index: metadata beside': { harmless: true, ...turned('metadata') },
    'index: down': {
      apply: ({ index }) => {
        index.down = true;
        return () => {
          index.down = false;
        };
      },
    },
    "pip's cache gone": { harmless: true, apply: noCache },
    ...Object.fromEntries(
      Object.entries(CONFIGS).flatMap(([name, of]) => [
        [`pip.conf (${name}): no-compile`, config(of, '[global]\nno-compile = no\n')],
        [`pip.conf (${name}): no-deps`, config(of, '[install]\nno-deps = yes\n')],
        [`pip.conf (${name}): for all sections`, onlyNow(of, '[DEFAULT]\nno-compile = no\n[global]\ntimeout = 20\n')],
      ]),
    ),
    'pip.conf: how it is shown': config(CONFIGS.user!, '[global]\ntimeout = 30\n# nothing of this\n'),
    'pip.conf: user': onlyNow(CONFIGS.user!, '[install]\nuser = true\n'),
    'pip.conf: set in as a whole': onlyNow(CONFIGS.user!, '  [install]\n  no-compile = no\n'),
    PIP_CONFIG_FILE: variable('PIP_CONFIG_FILE', '(root)/pip.conf'),
    PIP_NO_DEPS: variable('PIP_NO_DEPS', '1'),
    // A switch that is no is a switch that is given.
    PIP_NO_COMPILE: variable('PIP_NO_COMPILE', 'no'),
    PIP_REQUIRE_HASHES: variable('PIP_REQUIRE_HASHES', '1'),
    PIP_EXTRA_INDEX_URL: {
      apply: (world) => toggle(world, 'PIP_EXTRA_INDEX_URL', `${world.index.url}/mirror/simple`),
    },
    PIP_TIMEOUT: { harmless: true, ...variable('PIP_TIMEOUT', '20') },
    PIP_PREFER_BINARY: variable('PIP_PREFER_BINARY', '1'),
    PIP_UPGRADE: variable('PIP_UPGRADE', '1'),
    PIP_NO_INDEX: briefly('PIP_NO_INDEX', '1'),
    PIP_INDEX_URL: briefly('PIP_INDEX_URL', 'http://127.0.0.1:9/simple'),
    PIP_TARGET: briefly('PIP_TARGET', '(root)/elsewhere'),
    PIP_PREFIX: briefly('PIP_PREFIX', '(root)/elsewhere'),
    PIP_REQUIREMENT: briefly('PIP_REQUIREMENT', 'more.txt'),
    PIP_CONSTRAINT: briefly('PIP_CONSTRAINT', 'constraints.txt'),
    PIP_IGNORE_INSTALLED: briefly('PIP_IGNORE_INSTALLED', '1'),
    PIP_FORCE_REINSTALL: briefly('PIP_FORCE_REINSTALL', '1'),
    PIP_DRY_RUN: briefly('PIP_DRY_RUN', '1'),
    'PIP_ONLY_BINARY=:none:': briefly('PIP_ONLY_BINARY', ':none:'),
    PYTHONDONTWRITEBYTECODE: variable('PYTHONDONTWRITEBYTECODE', '1'),
    PYTHONOPTIMIZE: variable('PYTHONOPTIMIZE', '1'),
    PYTHONPYCACHEPREFIX: briefly('PYTHONPYCACHEPREFIX', '(root)/compiled'),
    PYTHONHOME: briefly('PYTHONHOME', '(machine)/nowhere'),
    PYTHONPATH: {
      apply: (world) => {
        mkdirSync(world.path('paths'), { recursive: true });
        return forNow(world, 'PYTHONPATH', '(root)/paths');
      },
    },
    'PYTHONPATH: another pip': {
      apply: (world) => {
        rmSync(world.path('paths'), { recursive: true, force: true });
        mkdirSync(world.path('paths'));
        symlinkSync(tools.otherPip, world.path('paths/pip'));
        return forNow(world, 'PYTHONPATH', '(root)/paths');
      },
    },
    PYTHONHASHSEED: { harmless: true, ...variable('PYTHONHASHSEED', '1') },
    SOURCE_DATE_EPOCH: variable('SOURCE_DATE_EPOCH', '1700000000'),
    VIRTUAL_ENV: { harmless: true, ...variable('VIRTUAL_ENV', '(root)/.venv') },
    ...installedEdits(tools),
    'another python3 first on PATH': another('python3', tools.other),
    'a shim before python3': shim('python3'),
    'a python3 of its own, which calls the next': {
      apply: (world) => {
        const file = join(world.machine('a'), 'bin/python3');
        if (existsSync(file)) rmSync(file);
        else
          writeFileSync(file, '#!/bin/sh\nPATH="$(printf %s "$PATH" | sed "s|[^:]*/a/bin:||")"\nexec python3 "$@"\n', {
            mode: 0o755,
          });
      },
    },
  };
}
