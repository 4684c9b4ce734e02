/** What may be taken out of what pip and uv have in common. */
import type { Mutation } from '../../kind.ts';
import { once } from '../_base/mutations.ts';

export const REQUIREMENTS: Mutation = {
  file: 'plugins/_install/requirements.ts',
  find: "ctx.note('requirements', texts);",
  replace: '',
  moves: [...once('required'), ['environment: made anew, for other versions', 'required']],
};

/** @param id of a step whose packages stay when they are there */
export const alreadyThere = (id: string): Mutation => ({
  file: 'plugins/_install/python-packages.ts',
  find: "part(found) === 'wanted') ctx.input(path.join(file, 'RECORD'), 'content');",
  replace: "part(found) === 'wanted') ctx.input(path.join(file, 'RECORD'), 'presence');",
  moves: [...once(id), ['packages: a list edited', id]],
});
