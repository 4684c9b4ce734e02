/** `uv sync` of a project whose lock stays as it is, into an environment that is there, or that it makes. */
import type { Around, Kind, Mutation } from '../kind.ts';
import type { Spelt } from './_base/steps.ts';
import { alreadyThere } from './_pip/mutations.ts';
import { openUv } from './_uv/kind.ts';
import type { UvWorld } from './_uv/world.ts';

const SYNC = ['uv', 'sync'];

const STEPS: Readonly<Record<string, Spelt>> = {
  frozen: [
    'frozen',
    [...SYNC, '--frozen'],
    [...SYNC, '--frozen', '--no-progress'],
    [...SYNC, '--color', 'never', '--frozen', '--exact'],
  ],
  locked: ['locked', [...SYNC, '--locked']],
  'without a group': ['no dev', [...SYNC, '--frozen', '--no-dev'], [...SYNC, '--no-dev', '--frozen']],
  'a group alone': ['group', [...SYNC, '--frozen', '--only-group', 'dev']],
  'wheels alone': ['wheels', [...SYNC, '--frozen', '--no-build']],
  'a lock that may change': ['open', [...SYNC]],
};

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'the lock': {
    file: 'plugins/uv-sync.ts',
    find: "ctx.note('uv.lock', lock.meaning);",
    replace: '',
    also: [{ file: 'plugins/uv-sync.ts', find: "ctx.note('pyproject.toml', project.meaning);", replace: '' }],
    moves: [
      ['environment: gone', 'frozen'],
      ['requirements: other versions', 'frozen'],
      ['environment: gone', 'frozen'],
    ],
  },
  flags: {
    file: 'plugins/uv-sync.ts',
    find: "args: ['sync', ...spellFlags(line, FLAGS, UV_APART)],",
    replace: "args: ['sync'],",
    moves: [
      ['environment: gone', 'frozen'],
      ['environment: gone', 'no dev'],
    ],
  },
  'the project': {
    file: 'plugins/uv-sync.ts',
    find: "ctx.note('pyproject.toml', project.meaning);",
    replace: '',
    also: [{ file: 'plugins/_install/uv-settings.ts', find: "ctx.note('uv settings', counted);", replace: '' }],
    moves: [
      ['environment: gone', 'frozen'],
      ['project: no group by default', 'frozen'],
      ['environment: gone', 'frozen'],
    ],
  },
  'what is there already': alreadyThere('frozen'),
};

export async function openUvSync(around: Around): Promise<Kind<UvWorld>> {
  return await openUv(around, STEPS, MUTATIONS);
}
