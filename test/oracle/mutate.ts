/** Builds the command with one part taken out, and plays the moves that must show it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import type { Kind, Mutation } from './kind.ts';
import type { Move } from './play.ts';
import { randomFrom } from './random.ts';

const ROOT = join(import.meta.dirname, '../..');

/** @returns the file to run with Node. @throws when the text to take out is not there exactly once */
export async function buildMutant(mutation: Mutation, dir: string): Promise<string> {
  const places = [mutation, ...(mutation.also ?? [])];
  const found = new Map(places.map((place) => [place, 0]));
  const plugin = {
    name: 'mutation',
    transform(code: string, id: string) {
      const here = places.filter(({ file }) => id === join(ROOT, file));
      for (const place of here) found.set(place, code.split(place.find).length - 1);
      return here.length === 0
        ? null
        : here.reduce((text, { find, replace }) => text.replace(find, () => replace), code);
    },
  };
  const made = await rolldown({ cwd: ROOT, input: { cli: 'src/cli.ts' }, platform: 'node', plugins: [plugin] });
  await made.write({ dir, format: 'cjs', codeSplitting: false, entryFileNames: '[name].js' });
  await made.close();
  for (const [{ file, find }, times] of found)
    if (times !== 1) throw new Error(`${file}: «${find}» is there ${times} times: the mutation must follow the code`);
  writeFileSync(join(dir, 'package.json'), '{ "type": "commonjs" }\n');
  return join(dir, 'cli.js');
}

/** Moves by the names of edits and the ids of steps. */
export function directed(kind: Kind, { moves }: Mutation): Move[] {
  return moves.map(([edit, id], salt) => ({ edit, ...stepOf(kind, id), salt }));
}

/** Finds the kind of step and the spelling that give this id. */
function stepOf(kind: Kind, id: string): Pick<Move, 'step' | 'spelling'> {
  for (const step of kind.steps)
    for (let spelling = 0; spelling < 100; spelling++)
      if (kind.step(step, null, randomFrom(spelling)).id === id) return { step, spelling };
  throw new Error(`no step has the id ${id}`);
}
