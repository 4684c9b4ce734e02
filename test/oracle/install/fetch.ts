// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of our own source
/** Downloads by curl and wget, pinned by a sum or by what the server says. */
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sameSize } from '../edits/edit.ts';
import type { Around, Edit, Edits, Kind, Mutation, Play } from '../kind.ts';
import type { Random } from '../random.ts';
import { another, briefly, quiet, shim } from './_base/edits.ts';
import { toolBytes } from './_base/mutations.ts';
import { FILES, Upstream } from './_fetch/upstream.ts';
import { ACCEPTED, FetchWorld, otherCurl } from './_fetch/world.ts';

/** Addresses begin with `@`. A sum: of which file, as first published or as it is now. */
interface Step {
  readonly id: string;
  readonly spellings: readonly (readonly string[])[];
  readonly sum?: { readonly of: string; readonly when: 'first' | 'now'; readonly file: string };
}

const STEPS: Readonly<Record<string, Step>> = {
  curl: {
    id: 'curl',
    spellings: [
      ['curl', '-fsSL', '-o', 'bin/tool', '@/tool'],
      ['curl', '-fsSLo', 'bin/tool', '@/tool'],
      ['curl', '--output', 'bin/tool', '--fail', '--silent', '--show-error', '--location', '@/tool'],
      ['curl', '-fsSL', '--retry', '1', '--retry-delay', '0', '--max-time', '20', '@/tool', '-o', './bin/tool'],
    ],
  },
  'curl, without -f': { id: 'page', spellings: [['curl', '-sSLo', 'bin/page', '@/one']] },
  'curl, as another program': { id: 'agent', spellings: [['curl', '-fsSLA', 'other', '-o', 'bin/tool', '@/tool']] },
  'curl, through a redirect': { id: 'moved', spellings: [['curl', '-fsSLo', 'bin/moved', '@/moved']] },
  'curl, no redirect': { id: 'not moved', spellings: [['curl', '-fsSo', 'bin/moved', '@/moved']] },
  'curl, with its time': {
    id: 'curl dated',
    spellings: [
      ['curl', '-fsSLRo', 'dated/tool', '@/tool'],
      ['curl', '-fsSL', '--remote-time', '--output-dir', 'dated', '-O', '@/tool'],
    ],
  },
  'curl, two': {
    id: 'two',
    spellings: [['curl', '-fsSL', '--fail-early', '-o', 'bin/one', '@/one', '-o', 'bin/two', '@/two']],
  },
  'curl, directories made': {
    id: 'dirs',
    spellings: [['curl', '-fsSL', '--create-dirs', '-o', 'deep/er/one', '@/one']],
  },
  'curl, by a sum': {
    id: 'curl sum',
    spellings: [
      ['curl', '-fsSLo', 'bin/one', '@/one'],
      ['curl', '-fsSo', 'bin/one', '-L', '@/one'],
    ],
    sum: { of: '/one', when: 'first', file: 'bin/one' },
  },
  'curl, by the sum of now': {
    id: 'curl sum now',
    spellings: [['curl', '-fsSLo', 'bin/one', '@/one']],
    sum: { of: '/one', when: 'now', file: 'bin/one' },
  },
  'curl, by the sum of another': {
    id: 'curl other sum',
    spellings: [['curl', '-fsSLo', 'bin/two', '@/one']],
    sum: { of: '/two', when: 'first', file: 'bin/two' },
  },
  wget: {
    id: 'wget',
    spellings: [
      ['wget', '-q', '-t', '1', '-O', 'dated/one', '@/one'],
      ['wget', '-nv', '--tries=1', '--output-document=dated/one', '@/one'],
      ['wget', '--quiet', '--tries=1', '-O', 'dated/one', '@/one'],
    ],
  },
  'wget, without its time': {
    id: 'wget undated',
    spellings: [['wget', '-q', '-t', '1', '--no-use-server-timestamps', '-O', 'bin/one', '@/one']],
  },
  'wget, by its name': { id: 'wget name', spellings: [['wget', '-q', '-t', '1', '-P', 'dated', '@/lib.txt']] },
  'wget, by a sum': {
    id: 'wget sum',
    spellings: [['wget', '-q', '-t', '1', '-O', 'dated/two', '@/two']],
    sum: { of: '/two', when: 'first', file: 'dated/two' },
  },
};

function stepOf(upstream: Upstream, name: string, random: Random): Play {
  const { id, spellings, sum } = STEPS[name]!;
  const argv = random.pick(spellings).map((word) => word.replace(/^@/, upstream.url));
  if (sum === undefined) return { id, argv, cwd: '.' };
  const sha256 = upstream.sum(sum.of, sum.when);
  // What a command that failed has left is its own.
  const script = `"$@" || exit; echo '${sha256}  ${sum.file}' | sha256sum --status -c || { rm -f '${sum.file}'; exit 1; }`;
  return { id, argv, cwd: '.', flags: ['--sha256', sha256], alone: ['sh', '-c', script, 'sh', ...argv] };
}

const OUTPUTS = ['bin/tool', 'bin/page', 'bin/moved', 'bin/one', 'bin/two', 'dated/tool', 'dated/one', 'dated/two', 'dated/lib.txt', 'deep/er/one']; // biome-ignore format: a list to read

const output = (
  how: (world: FetchWorld, name: string, random: Random) => boolean | undefined | (() => void),
): Edit<FetchWorld> => ({
  apply: (world, random) => {
    const there = OUTPUTS.filter((name) => world.has(name));
    return there.length === 0 ? false : how(world, random.pick(there), random);
  },
});

const server = (how: (upstream: Upstream, random: Random) => undefined | (() => void)): Edit<FetchWorld> => ({
  apply: ({ upstream }, random) => how(upstream, random),
});

/** For one step. */
const trouble = (state: Partial<Upstream>, after: Partial<Upstream>): Edit<FetchWorld> =>
  server((upstream) => {
    Object.assign(upstream, state);
    return () => void Object.assign(upstream, after);
  });

const settings = (name: string, text: string): Edit<FetchWorld> => ({
  apply: (world) => {
    const file = join(world.machine('a'), 'home', name);
    writeFileSync(file, text);
    return () => rmSync(join(world.machine('a'), 'home', name));
  },
});

const EDITS: Edits<FetchWorld> = {
  'server: a file changed': server((upstream, random) => {
    upstream.pass(1 + random.int(90));
    upstream.publish(random.pick(FILES), `${random.word()}\n`.repeat(1 + random.int(4)));
  }),
  'server: a file changed, as long as before': server((upstream, random) => {
    upstream.pass(1 + random.int(90));
    upstream.turn(random.pick(FILES));
  }),
  'server: all files changed, as long as before': server((upstream) => {
    upstream.pass(1);
    for (const file of FILES) upstream.turn(file);
  }),
  'server: all files changed within the second, as long as before': server((upstream) => {
    for (const file of FILES) upstream.turn(file);
  }),
  'server: a day passes': { harmless: true, ...server((upstream) => void upstream.pass(86_400)) },
  'server: strong ETags': server((upstream) => void Object.assign(upstream, { etag: 'strong' })),
  'server: weak ETags': server((upstream) => void Object.assign(upstream, { etag: 'weak' })),
  'server: no ETags': server((upstream) => void Object.assign(upstream, { etag: 'none' })),
  'server: ETags of dates': server((upstream) => void Object.assign(upstream, { etag: 'of date' })),
  'server: dates': server((upstream) => void Object.assign(upstream, { dates: 'true' })),
  'server: no dates': server((upstream) => void Object.assign(upstream, { dates: 'none' })),
  'server: dates that say nothing': server((upstream) => void Object.assign(upstream, { dates: 'constant' })),
  'server: no lengths': trouble({ lengths: false }, { lengths: true }),
  'server: 404': trouble({ status: 404 }, { status: null }),
  'server: HEAD is well, GET is not': trouble({ getStatus: 404 }, { getStatus: null }),
  'server: 500': trouble({ status: 500 }, { status: null }),
  'server: bodies cut off': trouble({ cut: true }, { cut: false }),
  'server: down': trouble({ down: true }, { down: false }),
  'server: the redirect leads elsewhere': server((upstream, random) => {
    upstream.target = random.pick(['/tool', '/one', '/two', null]);
  }),
  'an output edited': output((world, name) => world.write(name, 'edited\n') as undefined),
  'an output edited, as long as before and with its time': output((world, name) => sameSize(world, name)),
  'outputs gone': {
    harmless: true,
    apply: (world) => {
      for (const name of OUTPUTS) rmSync(world.path(name), { recursive: true, force: true });
    },
  },
  'an output gone': output((world, name) => rmSync(world.path(name), { recursive: true }) as undefined),
  'an output that may be run': output((world, name) => chmodSync(world.path(name), 0o755) as undefined),
  'an output that is a link': output((world, name) => {
    rmSync(world.path(`${name}.kept`), { recursive: true, force: true });
    renameSync(world.path(name), world.path(`${name}.kept`));
    symlinkSync(`${basename(name)}.kept`, world.path(name));
    return undefined;
  }),
  'a directory in the place of an output': output((world, name) => {
    rmSync(world.path(name), { recursive: true });
    mkdirSync(world.path(name));
    return () => rmSync(world.path(name), { recursive: true, force: true });
  }),
  'no directory for outputs': {
    apply: (world) => {
      if (!existsSync(world.path('bin'))) return false;
      rmSync(world.path('bin'), { recursive: true });
      return () => mkdirSync(world.path('bin'), { recursive: true });
    },
  },
  'directories that are made, gone': { apply: (world) => rmSync(world.path('deep'), { recursive: true, force: true }) },
  'a .curlrc': settings('.curlrc', 'user-agent = "other"\n'),
  'a .wgetrc': settings('.wgetrc', 'user_agent = other\n'),
  'a .wgetrc that says nothing of what': settings('.wgetrc', 'tries = 3\n'),
  'a .netrc': settings('.netrc', 'machine 127.0.0.1 login me password word\n'),
  ALL_PROXY: briefly('ALL_PROXY', 'http://127.0.0.1:9'),
  'a shim before curl': shim('curl'),
  'a shim before wget': shim('wget'),
};

const ALL_TURNED = 'server: all files changed, as long as before';
const WITHIN_SECOND = 'server: all files changed within the second, as long as before';

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'what the server says': {
    file: 'plugins/_install/validators.ts',
    find: 'etag: strong ? etag : null,',
    replace: 'etag: null,',
    moves: [
      ['server: no dates', 'curl'],
      [ALL_TURNED, 'curl'],
    ],
  },
  'when it was changed': {
    long: true,
    file: 'plugins/_install/validators.ts',
    find: 'modified: strong && !plan.keepMtime ? null : answer.lastModified,',
    replace: 'modified: null,',
    moves: [
      ['server: no ETags', 'curl'],
      [ALL_TURNED, 'wget'],
      ['server: a day passes', 'curl'],
    ],
  },
  'whether a date is old enough': {
    long: true,
    file: 'plugins/_install/validators.ts',
    find: 'return now - then >= OLD_MS && then >= WEB;',
    replace: 'return now >= then && then >= WEB;',
    moves: [
      ['server: no ETags', 'curl'],
      [ALL_TURNED, 'curl'],
      [WITHIN_SECOND, 'curl'],
    ],
  },
  'whether a date says anything': {
    long: true,
    file: 'plugins/_install/validators.ts',
    find: 'return now - then >= OLD_MS && then >= WEB;',
    replace: 'return now - then >= OLD_MS;',
    moves: [
      ['server: no ETags', 'curl'],
      ['server: dates that say nothing', 'curl'],
      [ALL_TURNED, 'curl'],
    ],
  },
  'whether an ETag is strong': {
    long: true,
    file: 'plugins/_install/validators.ts',
    find: `answer.etag?.startsWith('"')`,
    replace: `answer.etag?.includes('"')`,
    moves: [
      ['server: weak ETags', 'wget'],
      ['server: no dates', 'wget'],
      [WITHIN_SECOND, 'curl'],
      [WITHIN_SECOND, 'curl'],
    ],
  },
  'whether an ETag is more than a date': {
    long: true,
    file: 'plugins/_install/validators.ts',
    find: '(dated || !OF_DATE.test(etag))',
    replace: '(dated || true)',
    moves: [
      ['server: ETags of dates', 'wget'],
      ['server: no dates', 'wget'],
      [WITHIN_SECOND, 'curl'],
      [WITHIN_SECOND, 'curl'],
    ],
  },
  'how long it is': {
    long: true,
    file: 'plugins/fetch.ts',
    find: '(file, i) => file.size === sizes[i],',
    replace: '(file, i) => file.size !== -1 - i,',
    moves: [
      ['server: HEAD is well, GET is not', 'page'],
      ['nothing', 'page'],
    ],
  },
  "the tool's bytes": toolBytes([
    ['nothing', 'curl'],
    ['another curl first on PATH', 'curl'],
  ]),
  'the sum': {
    file: 'plugins/fetch.ts',
    find: '`sha256:${pins[i]?.sha256}`',
    replace: '`sha256:${pins.length + i}`',
    moves: [
      ['nothing', 'curl sum'],
      [ALL_TURNED, 'curl sum now'],
    ],
  },
  'times of files': {
    long: true,
    file: 'plugins/_install/wget-line.ts',
    find: "keepMtime: !line.on('no-use-server-timestamps'),",
    replace: 'keepMtime: false,',
    moves: [
      ['nothing', 'wget'],
      ['outputs gone', 'wget'],
    ],
  },
  flags: {
    file: 'plugins/_install/curl-line.ts',
    find: "'user-agent': line.value('user-agent') ?? 'curl/8.0.0'",
    replace: "'user-agent': 'curl/8.0.0'",
    moves: [
      ['nothing', 'curl'],
      ['nothing', 'agent'],
    ],
  },
};

export async function openFetch({ parent }: Around): Promise<Kind<FetchWorld>> {
  const upstream = new Upstream();
  await upstream.listen();
  const curl = otherCurl(parent);
  return {
    edits: { ...quiet<FetchWorld>(), ...EDITS, 'another curl first on PATH': another('curl', curl) },
    steps: Object.keys(STEPS),
    accepted: ACCEPTED,
    mutations: MUTATIONS,
    step: (name, _, random) => stepOf(upstream, name, random),
    open: async (random) => {
      upstream.reset();
      for (const file of FILES) upstream.publish(file, `${file} ${random.word()}\n`);
      upstream.pass(3600);
      const world = new FetchWorld(parent, upstream);
      world.write('README.md', 'read\n');
      for (const dir of ['bin', 'dated']) mkdirSync(world.path(dir));
      return { world, prelude: [] };
    },
    close: () => upstream.close(),
  };
}
