/** Builds the command with one part taken out, and plays the moves that must show it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import type { Mutation } from './mutations.ts';
import type { Move } from './play.ts';
import { randomFrom } from './random.ts';
import { STEPS } from './steps.ts';
import type { World } from './world.ts';

const ROOT = join(import.meta.dirname, '../..');

/** @returns the file to run with Node. @throws when the text to take out is not there exactly once */
export async function buildMutant({ file, find, replace }: Mutation, dir: string): Promise<string> {
  let changed = 0;
  const plugin = {
    name: 'mutation',
    transform(code: string, id: string) {
      if (id !== join(ROOT, file)) return null;
      changed = code.split(find).length - 1;
      return code.replace(find, () => replace);
    },
  };
  const made = await rolldown({ cwd: ROOT, input: { cli: 'src/cli.ts' }, platform: 'node', plugins: [plugin] });
  await made.write({ dir, format: 'cjs', codeSplitting: false, entryFileNames: '[name].js' });
  await made.close();
  if (changed !== 1) throw new Error(`${file}: «${find}» is there ${changed} times: the mutation must follow the code`);
  writeFileSync(join(dir, 'package.json'), '{ "type": "commonjs" }\n');
  return join(dir, 'cli.js');
}

/** Moves by the names of edits and the ids of steps. */
export function directed({ moves }: Mutation): Move[] {
  return moves.map(([edit, id], salt) => ({ edit, ...stepOf(id), salt }));
}

/** Finds the kind of step and the spelling that give this id. */
function stepOf(id: string): Pick<Move, 'step' | 'spelling'> {
  const nowhere = { upstream: { url: () => '' } } as unknown as World;
  for (const step of Object.keys(STEPS))
    for (let spelling = 0; spelling < 100; spelling++)
      if (STEPS[step]?.(nowhere, randomFrom(spelling)).id === id) return { step, spelling };
  throw new Error(`no step has the id ${id}`);
}
