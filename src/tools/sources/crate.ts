import { ToolFault } from '../problem.ts';
import type { Source } from '../work.ts';

export const crateSource: Source = {
  anyPlatform: true,
  versions: async () => {
    throw new ToolFault({ code: 'no-source', from: 'crate' });
  },
  pin: async () => null,
  make: async () => {
    throw new ToolFault({ code: 'no-source', from: 'crate' });
  },
};
