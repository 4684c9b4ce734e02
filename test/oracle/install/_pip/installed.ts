/** What happens to what pip installed: packages, environments, their Python and pip. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { change, isLink, sameSize } from '../../edits/edit.ts';
import type { Edit, Edits } from '../../kind.ts';
import { meanwhile } from '../_base/edits.ts';
import type { PipTools, PipWorld } from './world.ts';

const VENV = '.venv';
const LIB = 'lib';

/** Files of packages in the environment or the `--target` directory, but for pip's own. */
function installed(world: PipWorld, fits: RegExp = /./): string[] {
  return [world.library(VENV), LIB].flatMap((dir) =>
    !world.has(dir)
      ? []
      : readdirSync(world.path(dir), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(world.root().length + 1))
          .filter((name) => fits.test(name) && !/\/pip-[^/]*\//.test(name)),
  );
}

/** pip looks at no file of a package that is there. */
const spoilt = (fits: RegExp, how: (file: string) => void): Edit<PipWorld> => ({
  apply: (world, random) => {
    const there = installed(world, fits).sort();
    return there.length === 0 ? false : world.damage(random.pick(there), how);
  },
});

/** What tells which packages are there. */
const list = (how: (file: string) => void): Edit<PipWorld> => ({
  apply: (world, random) => {
    const there = installed(world, /dist-info\/RECORD$/).sort();
    if (there.length === 0) return false;
    how(world.path(random.pick(there)));
  },
});

/** Nothing is installed there, and something else is other than before. */
const anew = (how: (world: PipWorld) => void): Edit<PipWorld> => ({
  directed: true,
  apply: (world) => {
    world.makeVenv(VENV);
    how(world);
  },
});

export function installedEdits(tools: PipTools): Edits<PipWorld> {
  return {
    'packages: a source edited': spoilt(/(alpha|beta|gamma)\/.*\.py$/, (file) => writeFileSync(file, 'edited = 1\n')),
    'packages: data edited': spoilt(/data\.txt$/, (file) => writeFileSync(file, 'edited\n')),
    'packages: a file gone': spoilt(/(alpha|beta|gamma)\/.*\.(py|txt)$/, rmSync),
    'packages: a compiled file gone': spoilt(/(alpha|beta|gamma)\/.*\.pyc$/, rmSync),
    'packages: a file with its time, and other bytes': {
      apply: (world, random) => {
        const there = installed(world, /more\.py$/).sort();
        if (there.length === 0) return false;
        const name = random.pick(there);
        let done = false;
        return world.damage(name, () => (done = sameSize(world, name))) && done;
      },
    },
    'packages: a list edited': list((file) => writeFileSync(file, `${readFileSync(file, 'utf8')}own.py,,\n`)),
    'packages: a list gone': list(rmSync),
    'packages: metadata edited': spoilt(/(alpha|beta|gamma)\S*\/METADATA$/, (file) =>
      writeFileSync(file, `${readFileSync(file, 'utf8')}\nwords\n`),
    ),
    'packages: who installed it': spoilt(/INSTALLER$/, (file) => writeFileSync(file, 'nobody\n')),
    'packages: asked for, or not': spoilt(/REQUESTED$/, rmSync),
    'packages: one by hand in another version': {
      apply: (world) => {
        const [from, to] = ['beta-1.0.0', 'beta-1.1.0'].map((name) =>
          world.path(world.library(VENV), `${name}.dist-info`),
        );
        if (from === undefined || to === undefined || !existsSync(from) || existsSync(to)) return false;
        renameSync(from, to);
        writeFileSync(join(to, 'METADATA'), readFileSync(join(to, 'METADATA'), 'utf8').replace('1.0.0', '1.1.0'));
        writeFileSync(
          join(to, 'RECORD'),
          readFileSync(join(to, 'RECORD'), 'utf8').replaceAll('beta-1.0.0', 'beta-1.1.0'),
        );
      },
    },
    'packages: a stranger': {
      apply: (world, random) => {
        const dir = random.pick([world.library(VENV), join(world.library(VENV), 'alpha')]);
        if (!world.has(dir)) return false;
        world.write(join(dir, `${random.word()}.py`), 'mine = 1\n');
      },
    },
    'packages: a stranger in the directory': {
      apply: (world, random) => {
        const name = `${LIB}/${random.word()}.py`;
        if (!world.has(LIB)) return false;
        world.write(name, 'mine = 1\n');
        return () => rmSync(world.path(name), { force: true });
      },
    },
    'packages: a link in the place of one': {
      apply: (world) => {
        const dir = world.path(world.library(VENV), 'beta');
        if (!existsSync(dir)) return false;
        rmSync(world.path('beta.kept'), { recursive: true, force: true });
        renameSync(dir, world.path('beta.kept'));
        symlinkSync(world.path('beta.kept'), dir);
        return () => world.makeVenv(VENV);
      },
    },
    'packages: the directory gone': { apply: (world) => rmSync(world.path(LIB), { recursive: true, force: true }) },
    'environment: a program gone': {
      apply: (world) => (world.has(`${VENV}/bin/gamma`) ? world.damage(`${VENV}/bin/gamma`, rmSync) : false),
    },
    'environment: a program nobody may run': {
      apply: (world) => world.damage(`${VENV}/bin/gamma-run`, (file) => chmodSync(file, 0o644)),
    },
    'environment: made anew': { apply: (world) => world.makeVenv(VENV) },
    'environment: made anew, for other versions': anew((world) => world.choose('1.1.0', '1.1.0')),
    'environment: made anew, by another Python': anew((world) => {
      rmSync(world.path(VENV, 'bin/python'));
      copyFileSync(tools.other, world.path(VENV, 'bin/python'));
    }),
    'environment: made anew, with another pip': anew((world) => {
      rmSync(world.path(world.library(VENV), 'pip'));
      symlinkSync(tools.otherPip, world.path(world.library(VENV), 'pip'));
    }),
    'environment: made anew, with a pip.conf': anew((world) =>
      world.write(`${VENV}/pip.conf`, '[install]\nno-compile = no\n'),
    ),
    'environment: made anew, and SOURCE_DATE_EPOCH': anew((world) => {
      world.env.SOURCE_DATE_EPOCH = '1700000000';
    }),
    'environment: without its library': {
      apply: (world) => {
        rmSync(world.path(world.library(VENV)), { recursive: true, force: true });
        return () => world.makeVenv(VENV);
      },
    },
    'environment: sees the packages of the system': meanwhile(`${VENV}/pyvenv.cfg`, (text) =>
      text.replace('false', 'true'),
    ),
    'environment: words in its configuration': {
      apply: (world, random) =>
        change(world, `${VENV}/pyvenv.cfg`, (text) => text.replace(/(prompt.*\n)?$/, `prompt = ${random.word()}\n`)),
    },
    'another Python in the environment': {
      apply: (world) => {
        const place = world.path(VENV, 'bin/python');
        if (!existsSync(place)) return false;
        const own = !isLink(world, `${VENV}/bin/python`);
        rmSync(place);
        if (own) symlinkSync(tools.version, place);
        else copyFileSync(tools.other, place);
      },
    },
    'another pip in the environment': {
      apply: (world) => {
        const place = world.path(world.library(VENV), 'pip');
        if (!existsSync(place)) return false;
        const other = readFileSync(join(place, '__init__.py'), 'utf8').includes('PIP_NO_COMPILE');
        rmSync(place);
        symlinkSync(other ? tools.pip : tools.otherPip, place);
      },
    },
  };
}
