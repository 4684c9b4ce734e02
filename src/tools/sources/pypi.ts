import { ToolFault } from '../problem.ts';
import type { Source } from '../work.ts';

export const pypiSource: Source = {
  anyPlatform: true,
  versions: async () => {
    throw new ToolFault({ code: 'no-source', from: 'pypi' });
  },
  pin: async () => null,
  make: async () => {
    throw new ToolFault({ code: 'no-source', from: 'pypi' });
  },
};
