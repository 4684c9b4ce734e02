/** Edits that any install step may meet. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { change, forNow, read, toggle, togglePath } from '../../edits/edit.ts';
import { harmless } from '../../edits/harmless.ts';
import type { Edit, Edits } from '../../kind.ts';
import type { Machine } from '../../machine.ts';
import type { Random } from '../../random.ts';

/** Regular files of the workspace but those that steps make. @param made names of directories that hold those */
function sources(world: Machine, made: RegExp): string[] {
  const found: string[] = [];
  const walk = (dir: string): void => {
    for (const entry of readdirSync(world.path(dir), { withFileTypes: true })) {
      const name = join(dir, entry.name);
      if (entry.isFile()) found.push(name);
      else if (entry.isDirectory() && !made.test(entry.name)) walk(name);
    }
  };
  walk('.');
  return found.sort();
}

export const quiet = <W extends Machine>(made: RegExp = /^(\.git|\.wgcache|node_modules)$/): Edits<W> => ({
  ...harmless<W>((world) => sources(world, made)),
  'README: a line more': {
    harmless: true,
    apply: (world, random) => world.write('README.md', `# ${random.word()}\n`),
  },
  'credentials of nobody': {
    harmless: true,
    apply: (world, random) => void toggle(world, 'SOME_TOKEN', random.word()),
  },
});

/** A script of the same name comes first. */
export const shim = (name: string): Edit<Machine> => ({
  apply: (world) => {
    const dir = join(world.machine('a'), 'early');
    mkdirSync(dir, { recursive: true });
    const rest = '$(printf %s "$PATH" | sed "s|[^:]*/early:||")';
    writeFileSync(join(dir, name), `#!/bin/sh\nPATH="${rest}"\nexec ${name} "$@"\n`);
    chmodSync(join(dir, name), 0o755);
    return forNow(world, 'PATH', ['(machine)/early', world.env.PATH].filter((one) => one !== undefined).join(':'));
  },
});

/** Another file of this name comes first, for good or until the same edit again. */
export const another = (name: string, file: string): Edit<Machine> => ({
  apply: (world) => {
    const dir = join(world.machine('a'), 'other');
    mkdirSync(dir, { recursive: true });
    rmSync(join(dir, name), { force: true });
    symlinkSync(file, join(dir, name));
    return togglePath(world, '(machine)/other');
  },
});

/** A variable set, or taken away again. */
export const variable = (name: string, value: string): Edit<Machine> => ({
  apply: (world) => toggle(world, name, value),
});

/** A variable for one step only, since nothing works as long as it lasts. */
export const briefly = (name: string, value: string): Edit<Machine> => ({
  apply: (world) => forNow(world, name, value),
});

/** A file of the workspace changed, for one step only: nothing works as long as it lasts. */
export const meanwhile = (file: string, how: (text: string, random: Random) => string): Edit<Machine> => ({
  apply: (world, random) => {
    const before = world.has(file) ? read(world, file) : '';
    return change(world, file, (text) => how(text, random)) ? () => world.write(file, before) : false;
  },
});

/** A setting that a file of the machine has, or has not. @param of where it lies */
export const setting = (of: (world: Machine) => string, line: string): Edit<Machine> => ({
  apply: (world) => {
    const file = of(world);
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text.includes(line) ? text.replace(line, '') : `${text}${line}`);
  },
});
