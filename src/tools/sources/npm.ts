import { ToolFault } from '../problem.ts';
import type { Source } from '../work.ts';

export const npmSource: Source = {
  anyPlatform: true,
  versions: async () => {
    throw new ToolFault({ code: 'no-source', from: 'npm' });
  },
  pin: async () => null,
  make: async () => {
    throw new ToolFault({ code: 'no-source', from: 'npm' });
  },
};
