/** What happens to whoever uses uv: what happens to pip's packages and index, the lock, variables and settings of uv. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { change } from '../../edits/edit.ts';
import type { Edits } from '../../kind.ts';
import { briefly, meanwhile, variable } from '../_base/edits.ts';
import { pipEdits } from '../_pip/edits.ts';
import type { PipTools } from '../_pip/world.ts';
import type { UvWorld } from './world.ts';

/** What is pip's alone, or names its variables and files. */
const OF_PIP =
  /^(pip\.conf|PIP_|pip's|environment: made anew, (with|by|and)|another (pip|Python|python3)|a python3|a shim|PYTHON)/;

const cacheOf = (world: UvWorld): string => join(world.machine('a'), 'home/.cache/uv');

export function uvEdits(tools: PipTools): Edits<UvWorld> {
  return {
    ...Object.fromEntries(Object.entries(pipEdits(tools)).filter(([name]) => !OF_PIP.test(name))),
    VIRTUAL_ENV: variable('VIRTUAL_ENV', '(root)/.venv'), // with it uv does not look for an environment
    'environment: gone': { apply: (world) => rmSync(world.path('.venv'), { recursive: true, force: true }) },
    'lock: words for readers': {
      harmless: true,
      apply: (world, random) => change(world, 'uv.lock', (text) => `${text}# ${random.word()}\n`),
    },
    'lock: a hash changed': meanwhile('uv.lock', (text) => text.replace(/sha256:..../, 'sha256:0000')),
    'lock: a package gone': meanwhile('uv.lock', (text) => text.replace(/ {4}\{ name = "gamma" \},\n/, '')),
    'lock: nonsense': meanwhile('uv.lock', (text) => `${text}[[package]]\n`),
    'project: a table of another tool': {
      harmless: true,
      apply: (world, random) =>
        change(world, 'pyproject.toml', (text) => `${text.split('[tool')[0]}[tool.own]\na = "${random.word()}"\n`),
    },
    'project: no group by default': {
      apply: (world) =>
        change(world, 'pyproject.toml', (text) =>
          text.includes('[tool.uv]')
            ? (text.split('[tool')[0] ?? '')
            : `${text.split('[tool')[0]}[tool.uv]\ndefault-groups = []\n`,
        ),
    },
    '.python-version': {
      apply: (world) =>
        world.has('.python-version')
          ? rmSync(world.path('.python-version'))
          : world.write('.python-version', `${tools.version.slice('python'.length)}\n`),
    },
    "uv's cache gone": {
      harmless: true,
      apply: (world) => rmSync(cacheOf(world), { recursive: true, force: true }),
    },
    // uv believes what lies in its cache.
    "environment: made anew, and uv's cache edited": {
      directed: true,
      apply: (world) => {
        world.makeVenv('.venv');
        const cache = cacheOf(world);
        const names = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) =>
          name.endsWith('beta/data.txt'),
        );
        for (const name of names) {
          rmSync(join(cache, name)); // not in the environments it is linked to
          writeFileSync(join(cache, name), 'edited\n');
        }
        return names.length > 0;
      },
    },
    "environment: made anew, uv's cache gone": {
      directed: true,
      apply: (world) => {
        world.makeVenv('.venv');
        rmSync(cacheOf(world), { recursive: true, force: true });
      },
    },
    'uv.toml: nothing in it': {
      apply: (world) => (world.has('uv.toml') ? rmSync(world.path('uv.toml')) : world.write('uv.toml', '')),
    },
    UV_NO_CACHE: variable('UV_NO_CACHE', '1'),
    UV_LINK_MODE: variable('UV_LINK_MODE', 'copy'),
    UV_REQUIRE_HASHES: variable('UV_REQUIRE_HASHES', '1'),
    UV_NO_DEV: variable('UV_NO_DEV', '1'),
    UV_OFFLINE: briefly('UV_OFFLINE', '1'),
    UV_COMPILE_BYTECODE: briefly('UV_COMPILE_BYTECODE', '1'),
  };
}
