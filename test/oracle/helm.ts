/** The kind of step this all began with: Helm. */
import { EDITS } from './edits.ts';
import type { Around, Kind } from './kind.ts';
import { MUTATIONS } from './mutations.ts';
import { STEPS } from './steps.ts';
import { Upstream } from './upstream.ts';
import { ACCEPTED, furnish, World } from './world.ts';

/** `programs`: helm, registry; other-helm, which now and then takes the place of the first. */
export async function openHelm({ parent, programs }: Around): Promise<Kind<World>> {
  const { helm, registry, 'other-helm': other } = programs;
  if (helm === undefined || registry === undefined)
    throw new Error('helm and a registry are needed: run it by `npm run oracle`');
  const upstream = await Upstream.start(parent, helm, registry);
  return {
    edits: EDITS,
    steps: Object.keys(STEPS),
    accepted: ACCEPTED,
    mutations: MUTATIONS,
    step: (name, world, random) => STEPS[name]!(world, random),
    open: async (random) => {
      const world = new World(parent, upstream, other === undefined ? [helm] : [helm, other]);
      await upstream.reset();
      furnish(world, random);
      const prelude = [
        ['helm', 'repo', 'add', 'one', upstream.url('one')],
        ...['mid', 'old', 'app'].map((chart) => ['helm', 'dependency', 'update', `charts/${chart}`]),
      ];
      return { world, prelude };
    },
    close: () => upstream.close(),
  };
}
