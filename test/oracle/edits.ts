/** Everything that happens between two steps of Helm. */
import { CHART } from './edits/chart.ts';
import { CONTENT } from './edits/content.ts';
import { HARMLESS } from './edits/harmless.ts';
import { MACHINE } from './edits/machine.ts';
import { REACH } from './edits/reach.ts';
import { UPSTREAM } from './edits/upstream.ts';
import type { Edits } from './kind.ts';
import type { World } from './world.ts';

export const EDITS: Edits<World> = {
  ...CONTENT,
  ...CHART,
  ...UPSTREAM,
  ...MACHINE,
  ...HARMLESS,
  ...REACH,
};
