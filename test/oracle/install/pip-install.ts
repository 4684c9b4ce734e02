/** `pip install` of small packages into environments and directories. */
import type { Around, Kind, Mutation, Play } from '../kind.ts';
import type { Random } from '../random.ts';
import { environment, once, toolBytes } from './_base/mutations.ts';
import { type Spelt, spelt } from './_base/steps.ts';
import { pipEdits } from './_pip/edits.ts';
import { alreadyThere, REQUIREMENTS } from './_pip/mutations.ts';
import { PackageIndex } from './_pip/registry.ts';
import { ACCEPTED, PACKAGES, PipWorld, pipTools, publishAll, sources, VENVS } from './_pip/world.ts';

const VENV = ['.venv/bin/python', '-m', 'pip', 'install'];
const SECOND = ['.venv2/bin/python', '-m', 'pip', 'install'];
const PLAIN = ['python3', '-m', 'pip', 'install'];
const WHEELS = ['--only-binary', ':all:'];
const REQUIRED: Spelt = [
  'required',
  [...VENV, ...WHEELS, '-r', 'requirements.txt'],
  [...VENV, '--only-binary=:all:', '--requirement', './requirements.txt'],
  [...VENV, '-q', '--no-input', '-rrequirements.txt', ...WHEELS],
  ['.venv/bin/python3', '-m', 'pip', 'install', ...WHEELS, '--progress-bar', 'off', '-r', 'requirements.txt'],
];

const STEPS: Readonly<Record<string, Spelt>> = {
  required: REQUIRED,
  'required, again': ['required', REQUIRED[1] ?? []],
  'by the script': ['script', ['.venv/bin/pip', 'install', ...WHEELS, '-r', 'requirements.txt']],
  'more of them': ['dev', [...VENV, ...WHEELS, '-r', 'dev.txt'], [...VENV, '-r', 'dev.txt', ...WHEELS, '--no-color']],
  'two files': ['two', [...VENV, ...WHEELS, '-r', 'requirements.txt', '-r', 'more.txt']],
  constraints: ['constraints', [...VENV, ...WHEELS, '-r', 'requirements.txt', '-c', 'constraints.txt']],
  'what they need is not asked': ['no deps', [...VENV, ...WHEELS, '--no-deps', '-r', 'dev.txt']],
  'not compiled': ['no compile', [...VENV, ...WHEELS, '--no-compile', '-r', 'requirements.txt']],
  newer: [
    'upgrade',
    [...VENV, ...WHEELS, '-U', '-r', 'requirements.txt'],
    [...VENV, ...WHEELS, '--upgrade', '-r', 'requirements.txt'],
  ],
  'by hashes': ['hashes', [...VENV, ...WHEELS, '--require-hashes', '-r', 'requirements.txt']],
  'from a directory': ['links', [...VENV, ...WHEELS, '--no-index', '--find-links', 'wheels', '-r', 'requirements.txt']],
  'another environment': ['second', [...SECOND, ...WHEELS, '-r', 'requirements.txt']],
  'into a directory': [
    'target',
    [...PLAIN, ...WHEELS, '-r', 'requirements.txt', '--target', 'lib'],
    [...PLAIN, ...WHEELS, '-t', './lib', '-r', 'requirements.txt'],
  ],
  'into a directory, newer': [
    'target upgrade',
    [...PLAIN, ...WHEELS, '--upgrade', '-r', 'requirements.txt', '--target', 'lib'],
  ],
  'more, into another directory': ['target dev', [...PLAIN, ...WHEELS, '-r', 'dev.txt', '--target', 'lib2']],
  'without a version': ['loose', [...VENV, ...WHEELS, '-r', 'loose.txt']],
  'by a name': ['named', [...VENV, ...WHEELS, 'beta==1.0.0']],
  'from sources': ['sources', [...VENV, '-r', 'sources.txt']],
};

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'what requirements say': REQUIREMENTS,
  flags: {
    file: 'plugins/pip-install.ts',
    find: "args: ['install', ...spellFlags(line, FLAGS, APART)],",
    replace: "args: ['install'],",
    moves: [...once('required'), ['environment: made anew', 'no compile']],
  },
  "Python's bytes": {
    ...toolBytes([...once('required'), ['environment: made anew, by another Python', 'required']]),
    also: [
      ...(toolBytes([]).also ?? []),
      {
        file: 'plugins/_install/python-home.ts',
        find: "if (ctx.input(interpreter, 'content', 'python') !== 'file')",
        replace: "if (interpreter === '')",
      },
    ],
  },
  'which pip': {
    long: true,
    file: 'plugins/_install/python-home.ts',
    find: "ctx.input(path.join(place, 'pip/__init__.py'), 'content', ",
    replace: "ctx.input(path.join(place, 'pip/__init__.py'), 'presence', ",
    moves: [...once('required'), ['environment: made anew, with another pip', 'required']],
  },
  settings: {
    file: 'plugins/_install/pip-settings.ts',
    find: "ctx.note('pip settings', ",
    replace: "((..._: unknown[]) => {})('pip settings', ",
    moves: [...once('required'), ['environment: made anew, with a pip.conf', 'required']],
  },
  'the environment': {
    ...environment([...once('required'), ['environment: made anew, and SOURCE_DATE_EPOCH', 'required']]),
    long: true,
  },
  'what is there already': { ...alreadyThere('required'), long: true },
};

export async function openPipInstall({ parent }: Around): Promise<Kind<PipWorld>> {
  const index = new PackageIndex();
  await index.listen();
  const tools = pipTools(parent);
  return {
    edits: pipEdits(tools),
    steps: Object.keys(STEPS),
    accepted: ACCEPTED,
    mutations: MUTATIONS,
    step: (name: string, _: PipWorld | null, random: Random): Play => ({ cwd: '.', ...spelt(STEPS[name]!, random) }),
    open: async (random) => {
      index.reset();
      publishAll(index, random);
      index.publishSources('epsilon', '1.0.0', sources(random.word()));
      const world = new PipWorld(parent, index, tools);
      world.write('README.md', 'read\n');
      for (const venv of VENVS) world.makeVenv(venv);
      world.choose('1.0.0', '1.0.0');
      for (const [name, version] of PACKAGES) {
        const { file, bytes } = index.wheel(name, version);
        world.write(`wheels/${file}`, bytes);
      }
      return { world, prelude: [] };
    },
    close: () => index.close(),
  };
}
