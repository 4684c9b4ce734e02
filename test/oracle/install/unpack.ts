// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of our own source
/** Archives unpacked by tar and unzip. */
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sameSize } from '../edits/edit.ts';
import type { Around, Edit, Edits, Kind, Mutation, Play } from '../kind.ts';
import type { Random } from '../random.ts';
import type { Member } from './_base/archives.ts';
import { another, briefly, quiet, shim } from './_base/edits.ts';
import { once, toolBytes } from './_base/mutations.ts';
import { type Spelt, spelt } from './_base/steps.ts';
import { ACCEPTED, otherTar, UnpackWorld } from './_unpack/world.ts';

const THEN = Date.UTC(2020, 5, 1) / 1000;

const STEPS: Readonly<Record<string, Spelt>> = {
  tgz: [
    'tgz',
    ['tar', 'xzf', 'in/a.tgz', '-C', 'out/all'],
    ['tar', '-xf', 'in/a.tgz', '-C', 'out/all'],
    ['tar', '--extract', '--gzip', '--file=in/a.tgz', '--directory=out/all'],
    ['tar', 'xvzf', './in/a.tgz', '-C', './out/all/'],
  ],
  tar: ['tar', ['tar', 'xf', 'in/a.tar', '-C', 'out/all'], ['tar', '-C', 'out/all', '-xf', 'in/a.tar']],
  'tar, stripped': ['strip', ['tar', 'xzf', 'in/a.tgz', '-C', 'out/strip', '--strip-components=1']],
  'tar, without texts': ['exclude', ['tar', 'xzf', 'in/a.tgz', '-C', 'out/part', '--exclude=*.txt']],
  'tar, without a directory': ['exclude deep', ['tar', 'xzf', 'in/a.tgz', '-C', 'out/part', '--exclude', 'deep']],
  'tar, a member': ['member', ['tar', 'xzf', 'in/a.tgz', '-C', 'out/part', 'top/run.sh']],
  'tar, times of now': ['touch', ['tar', 'xmzf', 'in/a.tgz', '-C', 'out/strip'], ['tar', 'xzf', 'in/a.tgz', '-m', '-C', 'out/strip']],
  'tar, no permissions': ['no permissions', ['tar', 'xzf', 'in/a.tgz', '-C', 'out/strip', '--no-same-permissions']],
  'tar, whose directory is this step\'s': ['owned', ['tar', 'xzf', 'in/a.tgz', '-C', 'out/own']],
  zip: ['zip', ['unzip', '-oq', 'in/a.zip', '-d', 'out/zip'], ['unzip', '-q', '-o', 'in/a.zip', '-d', './out/zip']],
  'zip, what is not there': ['zip never', ['unzip', '-nq', 'in/a.zip', '-d', 'out/zip']],
  'zip, flat': ['zip flat', ['unzip', '-ojq', 'in/a.zip', 'top/read.txt', 'top/deep/more.txt', '-d', 'out/flat']],
}; // biome-ignore format: a list to read

function stepOf(name: string, random: Random): Play {
  const step = spelt(STEPS[name]!, random);
  return { ...step, cwd: '.', ...(step.id === 'owned' ? { flags: ['--output', 'out/own'] } : {}) };
}

const file = (name: string, text: string, more: Partial<Member> = {}): Member => ({
  name,
  text,
  mode: 0o644,
  at: THEN,
  ...more,
});
const dir = (name: string): Member => ({ name, text: '', mode: 0o755, at: THEN });

function membersOf(random: Random): Member[] {
  return [
    dir('top/'),
    file('top/read.txt', `${random.word()}\n`),
    file('top/run.sh', `#!/bin/sh\necho ${random.word()}\n`, { mode: 0o755 }),
    dir('top/deep/'),
    file('top/deep/more.txt', `${random.word()}\n`, { at: THEN + 100 }),
    file('top/deep/data', `${random.word()}\n`),
    file('top/link', 'deep/data', { link: 'symbolic', mode: 0o777 }),
  ];
}

/** Files among the members. */
const isFile = ({ name, link }: Member): boolean => !name.endsWith('/') && link === undefined;

const members = (how: (all: Member[], random: Random) => Member[]): Edit<UnpackWorld> => ({
  apply: (world, random) => {
    world.members = how(world.members, random);
    world.pack();
  },
});

/** One of the files, changed. */
const one = (how: (member: Member, random: Random) => Member): Edit<UnpackWorld> =>
  members((all, random) => {
    const chosen = random.pick(all.filter(isFile));
    return all.map((member) => (member === chosen ? how(member, random) : member));
  });

/** For one step: nothing like it is cached. */
const odd = (how: (all: Member[]) => Member[]): Edit<UnpackWorld> => ({
  apply: (world) => {
    const before = world.members;
    world.members = how(before);
    world.pack();
    return () => {
      world.members = before;
      world.pack();
    };
  },
});

function unpacked(world: UnpackWorld): string[] {
  return readdirSync(world.path('out'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(world.root().length + 1))
    .sort();
}

const output = (how: (world: UnpackWorld, name: string, random: Random) => boolean | undefined): Edit<UnpackWorld> => ({
  apply: (world, random) => {
    const there = unpacked(world);
    return there.length === 0 ? false : how(world, random.pick(there), random);
  },
});

const PLACES = ['all', 'strip', 'part', 'own', 'zip', 'flat'] as const;
const EMPTIED = 'output: gone';

const EDITS: Edits<UnpackWorld> = {
  'archive: a member changed': one((member, random) => ({ ...member, text: `${random.word()}\n` })),
  'archive: a member changed, as long as before': one((member) => ({
    ...member,
    text: [...member.text].reverse().join(''),
  })),
  'archive: a member more': members((all, random) => [...all, file(`top/${random.word()}.txt`, `${random.word()}\n`)]),
  'archive: a member gone': members((all, random) => {
    const more = all.filter((member) => isFile(member) && !/run\.sh|read|deep/.test(member.name));
    const gone = more.length === 0 ? undefined : random.pick(more);
    return all.filter((member) => member !== gone);
  }),
  'archive: a program, or not': one((member) => ({ ...member, mode: member.mode ^ 0o111 })),
  'archive: another time': one((member, random) => ({ ...member, at: THEN + 2 * random.int(100_000) })),
  'archive: a link leads elsewhere': members((all) =>
    all.map((member) =>
      member.link === undefined ? member : { ...member, text: member.text === 'read.txt' ? 'deep/data' : 'read.txt' },
    ),
  ),
  'archive: a link, or a file': members((all) =>
    all.map((member) =>
      member.name !== 'top/link'
        ? member
        : member.link === undefined
          ? file('top/link', 'deep/data', { link: 'symbolic', mode: 0o777 })
          : file('top/link', 'no link\n'),
    ),
  ),
  'archive: other order': members((all) => [...all].sort((a, b) => (a.name < b.name ? -1 : 1))),
  'archive: without directories': members((all) =>
    all.some(({ name }) => name.endsWith('/')) ? all.filter(({ name }) => !name.endsWith('/')) : [dir('top/'), ...all],
  ),
  'archive: compressed otherwise': { apply: (world, random) => world.pack(1 + random.int(9)) },
  'archive: a name that climbs': odd((all) => [...all, file('top/../../climbed', 'x\n')]),
  'archive: a member twice': odd((all) => [...all, file('top/read.txt', 'twice\n')]),
  'archive: a hard link': odd((all) => [...all, file('top/hard', 'top/read.txt', { link: 'hard' })]),
  'archive: through a link': odd((all) => [
    ...all,
    file('top/away', 'deep', { link: 'symbolic' }),
    file('top/away/in.txt', 'x\n'),
  ]),
  'archive: set-id': odd((all) => [...all, file('top/suid', 'x\n', { mode: 0o4755 })]),
  'archive: broken': {
    apply: (world) => {
      for (const name of ['in/a.tar', 'in/a.tgz', 'in/a.zip']) world.write(name, 'no archive\n');
      return () => world.pack();
    },
  },
  'archive: gone': {
    apply: (world) => {
      for (const name of ['in/a.tar', 'in/a.tgz', 'in/a.zip']) rmSync(world.path(name), { force: true });
      return () => world.pack();
    },
  },
  'archive: a link to it': {
    harmless: true,
    apply: (world) => {
      for (const name of ['a.tar', 'a.tgz', 'a.zip']) {
        rmSync(world.path(`kept.${name}`), { force: true });
        renameSync(world.path('in', name), world.path(`kept.${name}`));
        symlinkSync(`../kept.${name}`, world.path('in', name));
      }
      return () => {
        for (const name of ['a.tar', 'a.tgz', 'a.zip']) rmSync(world.path('in', name));
        world.pack();
      };
    },
  },
  'output: edited': output((world, name) => world.write(name, 'edited\n') as undefined),
  'output: edited, as long as before and with its time': output((world, name) => sameSize(world, name)),
  'output: a file gone': output((world, name) => rmSync(world.path(name)) as undefined),
  'output: made a program': output((world, name) => chmodSync(world.path(name), 0o755) as undefined),
  'output: made no program': output((world, name) => chmodSync(world.path(name), 0o644) as undefined),
  'output: a link in its place': output((world, name) => {
    renameSync(world.path(name), world.path(`${name}.kept`));
    return symlinkSync(`${basename(name)}.kept`, world.path(name)) as undefined;
  }),
  'output: a directory in its place': output((world, name) => {
    rmSync(world.path(name));
    return mkdirSync(world.path(name)) as undefined;
  }),
  'output: a directory that is a link': {
    apply: (world, random) => {
      const place = `out/${random.pick(PLACES)}/top/deep`;
      if (!existsSync(world.path(place))) return false;
      rmSync(world.path('elsewhere'), { recursive: true, force: true });
      renameSync(world.path(place), world.path('elsewhere'));
      symlinkSync('../../../elsewhere', world.path(place));
    },
  },
  'output: a stranger beside': {
    apply: (world, random) =>
      world.write(`out/${random.pick(PLACES)}/${random.pick(['', 'top/'])}${random.word()}.own`, 'mine\n'),
  },
  [EMPTIED]: {
    apply: (world) => {
      for (const place of PLACES) {
        rmSync(world.path('out', place), { recursive: true, force: true });
        mkdirSync(world.path('out', place), { recursive: true });
      }
    },
  },
  'output: no directory': {
    apply: (world) => {
      rmSync(world.path('out'), { recursive: true, force: true });
      return () => {
        for (const place of PLACES) mkdirSync(world.path('out', place), { recursive: true });
      };
    },
  },
  TAR_OPTIONS: briefly('TAR_OPTIONS', '--exclude=*.sh'),
  GZIP: briefly('GZIP', '-q'),
  UNZIP: briefly('UNZIP', '-x top/run.sh'),
  'a shim before tar': shim('tar'),
  'a shim before gzip': shim('gzip'),
  'a shim before unzip': shim('unzip'),
};

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'what is in the archive': {
    file: 'plugins/unpack.ts',
    find: "ctx.input(step.archive, 'content', 'the archive')",
    replace: "ctx.input(step.archive, 'presence', 'the archive')",
    moves: [...once('tgz'), ['archive: a member changed, as long as before', 'tgz']],
  },
  flags: {
    file: 'plugins/_install/tar-line.ts',
    find: "['tar', ...spellFlags(line, TABLE), '--', ...line.words]",
    replace: "['tar', '--', ...line.words]",
    moves: [...once('touch'), [EMPTIED, 'no permissions']],
  },
  'what is left alone': {
    file: 'plugins/_install/unzip-line.ts',
    find: "unlessThere: !line.on('overwrite'),",
    replace: 'unlessThere: false,',
    moves: [...once('zip never'), ['output: edited', 'zip never']],
  },
  'times of files': {
    file: 'plugins/_install/tar-line.ts',
    find: "keepMtime: !line.on('touch'),",
    replace: 'keepMtime: false,',
    moves: [...once('tgz'), [EMPTIED, 'tgz']],
  },
  "the tool's bytes": toolBytes([...once('strip'), ['another tar first on PATH', 'strip']]),
};

export async function openUnpack({ parent }: Around): Promise<Kind<UnpackWorld>> {
  const tar = otherTar(parent);
  return {
    edits: { ...quiet<UnpackWorld>(), ...EDITS, 'another tar first on PATH': another('tar', tar) },
    steps: Object.keys(STEPS),
    accepted: ACCEPTED,
    mutations: MUTATIONS,
    step: (name, _, random) => stepOf(name, random),
    open: async (random) => {
      const world = new UnpackWorld(parent);
      world.write('README.md', 'read\n');
      for (const place of PLACES) mkdirSync(world.path('out', place), { recursive: true });
      world.members = membersOf(random);
      world.pack();
      return { world, prelude: [] };
    },
    close: async () => {},
  };
}
