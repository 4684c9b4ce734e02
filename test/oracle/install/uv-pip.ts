/** `uv pip install` and `uv pip sync` of small packages into environments and directories. */
import type { Around, Kind, Mutation } from '../kind.ts';
import { once } from './_base/mutations.ts';
import type { Spelt } from './_base/steps.ts';
import { alreadyThere, REQUIREMENTS } from './_pip/mutations.ts';
import { openUv } from './_uv/kind.ts';
import type { UvWorld } from './_uv/world.ts';

const INSTALL = ['uv', 'pip', 'install'];
const SYNC = ['uv', 'pip', 'sync'];

const STEPS: Readonly<Record<string, Spelt>> = {
  required: [
    'required',
    [...INSTALL, '--no-deps', '-r', 'requirements.txt'],
    [...INSTALL, '-r', './requirements.txt', '--no-deps', '--no-progress'],
    [...INSTALL, '--requirements', 'requirements.txt', '--no-deps', '--color', 'never'],
  ],
  'by hashes': ['hashes', [...INSTALL, '--require-hashes', '-r', 'requirements.txt']],
  'more of them': ['dev', [...INSTALL, '--no-deps', '-r', 'dev.txt']],
  'wheels alone': ['wheels', [...INSTALL, '--no-deps', '--no-build', '-r', 'requirements.txt']],
  these: ['sync', [...SYNC, 'requirements.txt'], [...SYNC, './requirements.txt', '--no-progress']],
  'these and more': ['sync dev', [...SYNC, 'dev.txt']],
  'another environment': [
    'second',
    [...INSTALL, '--no-deps', '--python', '.venv2/bin/python', '-r', 'requirements.txt'],
  ],
  'into a directory': ['target', [...INSTALL, '--no-deps', '-r', 'requirements.txt', '--target', 'lib']],
  'into a directory below': ['target sub', [...INSTALL, '--no-deps', '-r', 'requirements.txt', '--target', 'lib/sub']],
  'without a version': ['loose', [...INSTALL, '-r', 'loose.txt']],
};

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'what requirements say': REQUIREMENTS,
  'what is there already': alreadyThere('required'),
  'where it is installed': {
    file: 'plugins/uv-pip.ts',
    find: "ctx.note('place', ctx.nameOf(place));",
    replace: '',
    moves: [...once('target sub'), ...once('target')],
  },
  'what the wheels list': {
    file: 'plugins/uv-pip.ts',
    find: 'confirm: async (made, after) => notInstalled(made, wanted.pins) ?? (await confirmWheels(made, after)),',
    replace: '',
    moves: [
      ...once('dev'),
      ["environment: made anew, and uv's cache edited", 'required'],
      ["environment: made anew, uv's cache gone", 'required'],
    ],
  },
};

export async function openUvPip(around: Around): Promise<Kind<UvWorld>> {
  return await openUv(around, STEPS, MUTATIONS);
}
