/** What changes no result of any step. */
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Edits } from '../kind.ts';
import type { Machine } from '../machine.ts';
import type { World } from '../world.ts';
import { files, toggle, togglePath } from './edit.ts';

/** What no command cares about. @param files of the workspace that it may look at */
export const harmless = <W extends Machine>(files: (world: W) => readonly string[]): Edits<W> => ({
  umask: {
    harmless: true,
    apply: (world) => {
      world.umask = 0o077;
      return () => {
        world.umask = 0o022;
      };
    },
  },
  nothing: { harmless: true, apply: () => undefined },
  'touch of everything': {
    harmless: true,
    apply: (world) => {
      const now = new Date();
      for (const name of files(world)) utimesSync(world.path(name), now, now);
    },
  },
  'the clock moved back': {
    harmless: true,
    apply: (world) => {
      const then = new Date('2021-01-01T00:00:00Z');
      for (const name of files(world)) utimesSync(world.path(name), then, then);
    },
  },
  'every file written anew': {
    harmless: true,
    apply: (world) => {
      for (const name of files(world)) {
        const { mode } = statSync(world.path(name));
        const bytes = readFileSync(world.path(name));
        rmSync(world.path(name));
        writeFileSync(world.path(name), bytes, { mode });
        chmodSync(world.path(name), mode);
      }
    },
  },
  'cloned anew elsewhere': { harmless: true, apply: (world) => world.move(true) },
  'moved elsewhere': { harmless: true, apply: (world) => world.move(false) },
  TZ: { harmless: true, apply: (world) => toggle(world, 'TZ', 'Asia/Tokyo') },
  locale: { harmless: true, apply: (world) => toggle(world, 'LANG', 'de_DE.UTF-8') },
  'a variable of nobody': { harmless: true, apply: (world, random) => toggle(world, 'NOBODY', random.word()) },
  'PATH: an empty directory first': {
    harmless: true,
    apply: (world) => {
      mkdirSync(join(world.machine('a'), 'empty'), { recursive: true });
      return togglePath(world, '(machine)/empty');
    },
  },
  'a file beside the charts': { harmless: true, apply: (world, random) => world.write(`${random.word()}.txt`, 'x') },
});

export const HARMLESS: Edits<World> = {
  ...harmless<World>(files),
  'index: unrelated churn': {
    harmless: true,
    except: /^repo update/, // its outputs are the indexes themselves
    apply: ({ upstream: up }) => {
      up.churn++;
      up.list();
    },
  },
};
