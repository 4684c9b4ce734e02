/** What the kinds of uv have in common: all but their steps and mutations. */
import type { Around, Kind, Play } from '../../kind.ts';
import { type Spelt, spelt } from '../_base/steps.ts';
import { PackageIndex } from '../_pip/registry.ts';
import { ACCEPTED, pipTools, publishAll, VENVS } from '../_pip/world.ts';
import { uvEdits } from './edits.ts';
import { UvWorld } from './world.ts';

export async function openUv(
  { parent, programs: { uv } }: Around,
  steps: Readonly<Record<string, Spelt>>,
  mutations: Kind['mutations'],
): Promise<Kind<UvWorld>> {
  if (uv === undefined) throw new Error('the kinds of uv need --uv PATH');
  const index = new PackageIndex();
  await index.listen();
  const tools = pipTools(parent);
  return {
    edits: uvEdits(tools),
    steps: Object.keys(steps),
    accepted: ACCEPTED,
    mutations,
    step: (name, _, random): Play => ({ cwd: '.', ...spelt(steps[name]!, random) }),
    open: async (random) => {
      index.reset();
      publishAll(index, random);
      const world = new UvWorld(parent, index, tools, uv);
      world.write('README.md', 'read\n');
      for (const venv of VENVS) world.makeVenv(venv);
      world.choose('1.0.0', '1.0.0');
      return { world, prelude: [] };
    },
    close: () => index.close(),
  };
}
