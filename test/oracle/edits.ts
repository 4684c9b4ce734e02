/**
 * Everything that happens between two steps. An edit says what it is to a cache: `harmless` ones change no result of any step, so a step
 * that was a hit or was stored must hit again; of the others only the result counts.
 */
import { CHART } from './edits/chart.ts';
import { CONTENT } from './edits/content.ts';
import type { Edit } from './edits/edit.ts';
import { HARMLESS } from './edits/harmless.ts';
import { MACHINE } from './edits/machine.ts';
import { REACH } from './edits/reach.ts';
import { UPSTREAM } from './edits/upstream.ts';

export const EDITS: Readonly<Record<string, Edit>> = {
  ...CONTENT,
  ...CHART,
  ...UPSTREAM,
  ...MACHINE,
  ...HARMLESS,
  ...REACH,
};
