/** Every other helm command: never watched, and the report says which it was. */
import type { Plugin } from '../src/plugin.ts';
import { helmCommand } from './_helm/subcommand.ts';

export const plugin: Plugin = {
  name: 'helm-other',
  version: 1,
  match: (argv) => helmCommand(argv) !== null,
  declare: async (ctx) => {
    const command = helmCommand(ctx.command.argv) ?? '';
    const what = `helm ${command}`.trimEnd();
    const [first = ''] = command.split(' ');
    return {
      bypass: ACTING.has(first) || ACTING.has(command) ? { code: 'side-effects', what } : { code: 'unsupported', what },
    };
  },
};

/** Commands whose point is what they change elsewhere. */
const ACTING = new Set([
  'create',
  'install',
  'plugin install',
  'plugin uninstall',
  'plugin update',
  'pull',
  'push',
  'registry',
  'repo index',
  'repo remove',
  'rollback',
  'test',
  'uninstall',
  'upgrade',
]);
