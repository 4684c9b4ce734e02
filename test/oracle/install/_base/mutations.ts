/** What may be taken out of the engine, whatever the kind of step. */
import type { Mutation } from '../../kind.ts';

export type Moves = Mutation['moves'];

/** A step on which nothing was done before. */
export const once = (id: string): Moves => [['nothing', id]];

export const toolBytes = (moves: Moves): Mutation => ({
  file: 'src/step/collect.ts',
  find: 'const digest = context.digestAt(tool.real);',
  replace: "const digest = context.digestAt(tool.real) === null ? null : '0'.repeat(64);",
  also: [
    {
      file: 'src/step/context.ts',
      find: 'tool === null ? null : this.digestAt(tool.real)',
      replace: "tool === null ? null : '0'",
    },
  ],
  moves,
});

export const environment = (moves: Moves): Mutation => ({
  file: 'src/step/context.ts',
  find: 'this.environment.set(name, words);',
  replace: '',
  moves,
});
