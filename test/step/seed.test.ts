/** Seeds: what a run added to its tool's cache is put where it is missing before the next miss, and never anything else anywhere else. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { stats } from '../../src/commands/stats.ts';
import type { Host } from '../../src/host.ts';
import { SeedDir } from '../../src/step/seed-dir.ts';
import { collectNow } from '../../src/store/gc-run.ts';
import { LocalStore } from '../../src/store/local.ts';
import { growSeed, readSeed, type SeedFile, seedKey } from '../../src/store/seeds.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { Workspace } from '../support/wrapped.ts';

const SEEDS = `seeds: [{ name: 'parts', dir: context.where('HOME') + '/.tool', files: /^(a|b|deep)\\//g }],`;
const KEY = seedKey({
  plugin: 'test',
  name: 'parts',
  tool: 'sh',
  platform: `${process.platform}/${process.arch}`,
  digest: null,
});

/** A tool with a cache: it makes `parts` there, each from nothing if it is missing, and an output. */
function machine(more: string = SEEDS): Workspace {
  const space = new Workspace();
  space.usePlugin(`[{ kind: 'file', path: 'out', required: true }]`, more);
  return space;
}

/** Each word is another step, and so a miss. */
const script = (word: string, ...parts: readonly string[]): string =>
  [
    ...parts.map(
      (part) =>
        `test -e ~/.tool/${part} || { mkdir -p ~/.tool/$(dirname ${part}) && echo "made ${part}" > ~/.tool/${part} && echo ${part}; }`,
    ),
    `echo ${word} > out`,
  ].join('\n');

/** An empty home: the next machine. */
function moveOn(space: Workspace, name = 'home2'): string {
  const home = join(space.base, name);
  mkdirSync(home);
  space.env.HOME = home;
  return home;
}

async function seeded(): Promise<Workspace> {
  const space = machine();
  const first = await space.sh([], script('1', 'a/1', 'b/2', 'deep/er/3', 'other/4'));
  expect(first.told).toMatchObject({ outcome: 'miss', stored: true });
  return space;
}

const storeOf = (space: Workspace): LocalStore => new LocalStore(space.cache);

async function pathsIn(space: Workspace): Promise<string[] | undefined> {
  return (await readSeed(storeOf(space), KEY))?.outputs.map(({ path }) => path);
}

async function recordOf(space: Workspace) {
  const record = await readSeed(storeOf(space), KEY);
  if (record === null) throw new Error('no seed');
  return record;
}

async function blobOf(space: Workspace, path: string): Promise<string> {
  const output = (await recordOf(space)).outputs.find((one) => one.path === path);
  if (output?.type !== 'file') throw new Error(`no ${path}`);
  return storeOf(space).layout.blob(output.digest);
}

describe('a seed', () => {
  it('is what a run added, and goes where it is missing', async () => {
    const space = await seeded();
    expect(await pathsIn(space)).toEqual(['a/1', 'b/2', 'deep/er/3']);
    const home = moveOn(space);
    const second = await space.sh([], script('2', 'a/1', 'b/2', 'deep/er/3', 'other/4', 'a/5'));
    expect(second.stdout).toBe('other/4\na/5\n'); // what does not count, and what is new
    expect(second.told).toMatchObject({
      outcome: 'seeded',
      files: 3,
      bytes: 33,
      from: { label: 'test' },
      stored: true,
    });
    expect(readFileSync(join(home, '.tool/deep/er/3'), 'utf8')).toBe('made deep/er/3\n');
    expect(await pathsIn(space)).toEqual(['a/1', 'a/5', 'b/2', 'deep/er/3']);
    const third = await space.sh([], script('3', 'a/1', 'b/2'));
    expect(third.told.outcome).toBe('miss'); // all is there
    space.write('out', 'x');
    expect((await space.sh([], script('3', 'a/1', 'b/2'))).told.outcome).toBe('restored');
  });

  it('is told in one line, and counted', async () => {
    const space = await seeded();
    moveOn(space);
    const { stderr } = await space.run('wrap', [], ['sh', '-c', script('2', 'a/1')]);
    expect(stderr).toMatch(
      /^wgcache: seeded: test: other arguments; 3 files for its own cache from test \(\d{4}-\d\d-\d\d \d\d:\d\d UTC\) \(ran .*\)\n$/,
    );
    const told: string[] = [];
    const host = { cwd: space.root, env: space.env, write: (_: number, text: string) => void told.push(text) };
    await stats(host as unknown as Host, true);
    expect(JSON.parse(told.join('')).total).toMatchObject({ seeded: 1, miss: 1, savedMs: 0 });
  });

  it('is left alone by a run that adds nothing', async () => {
    const space = await seeded();
    const path = storeOf(space).layout.record({ scope: 'local', key: KEY.key, root: null });
    const before = readFileSync(path);
    expect((await space.sh([], script('2', 'a/1'))).told.outcome).toBe('miss');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is not made on a machine that is warm, by a run that fails, or where it is switched off', async () => {
    const warm = machine();
    mkdirSync(join(warm.env.HOME ?? '', '.tool/a'), { recursive: true });
    writeFileSync(join(warm.env.HOME ?? '', '.tool/a/1'), 'made a/1\n');
    await warm.sh([], script('1', 'a/1'));
    expect(await pathsIn(warm)).toBeUndefined();
    await warm.sh([], `${script('2', 'a/2')}; exit 1`);
    expect(await pathsIn(warm)).toBeUndefined();
    warm.env.WGCACHE_SEEDS = 'off';
    await warm.sh([], script('3', 'a/3'));
    expect(await pathsIn(warm)).toBeUndefined();
    warm.env.WGCACHE_SEEDS = 'much';
    await expect(warm.sh([], script('4'))).rejects.toThrow(
      'WGCACHE_SEEDS=much: expected on, off, or a size such as 1GB',
    );
  });

  it('is not put where it is switched off, nor by --force', async () => {
    const space = await seeded();
    space.env.WGCACHE_SEEDS = 'off';
    const home = moveOn(space);
    expect((await space.sh([], script('2'))).told.outcome).toBe('miss');
    space.env.WGCACHE_SEEDS = '';
    expect((await space.sh(['--force'], script('2'))).told).toMatchObject({
      outcome: 'miss',
      reason: { code: 'forced' },
    });
    expect(existsSync(join(home, '.tool'))).toBe(false);
    space.write('wgcache.config.json', '{ "plugins": ["./plugin.mjs"], "seeds": "off" }');
    expect((await space.sh([], script('3'))).told.outcome).toBe('miss');
  });

  it('is for another platform, plugin, cache or tool another one', () => {
    const parts = { plugin: 'p', name: 'n', tool: 't', platform: 'linux/x64', digest: null };
    const keys = [
      parts,
      { ...parts, plugin: 'q' },
      { ...parts, name: 'm' },
      { ...parts, tool: 'u' },
      { ...parts, platform: 'linux/arm64' },
      { ...parts, digest: 'a'.repeat(64) },
    ];
    expect(new Set(keys.map((one) => seedKey(one).key)).size).toBe(keys.length);
    expect(seedKey(parts).canonical).toBe(
      '{"seed":{"digest":null,"name":"n","platform":"linux/x64","plugin":"p","tool":"t"},"version":1}',
    );
  });

  it('goes by the bytes of the tool where the plugin says so', async () => {
    const space = machine(SEEDS.replace('/g }', '/, sameTool: true }'));
    const tools = join(space.base, 'bin');
    mkdirSync(tools);
    writeFileSync(join(tools, 'sh'), '#!/bin/sh\nexec /bin/sh "$@"\n', { mode: 0o755 });
    space.env.PATH = `${tools}:${space.env.PATH}`;
    await space.sh([], script('1', 'a/1'));
    moveOn(space);
    appendFileSync(join(tools, 'sh'), '# another\n');
    expect((await space.sh([], script('2', 'a/1'))).told.outcome).toBe('miss');
    moveOn(space, 'home3');
    expect((await space.sh([], script('3', 'a/1'))).told.outcome).toBe('seeded');
  });
});

describe('what only looks', () => {
  it('tells of a seed, and writes nothing', async () => {
    const space = await seeded();
    const home = moveOn(space);
    const argv = ['sh', '-c', script('2', 'a/1')];
    const dry = await space.sh(['--dry-run'], script('2', 'a/1'));
    expect(dry.told).toMatchObject({ outcome: 'seeded', files: 3, bytes: 33 });
    expect(JSON.parse((await space.run('explain', ['--json'], argv)).stdout)).toMatchObject({
      level: 'seed',
      outcome: 'miss',
      seed: { files: 3 },
    });
    expect((await space.run('explain', [], argv)).stdout).toMatch(/level seed\n {2}would be seeded: 3 files/);
    expect((await space.run('status', [], argv)).stderr).toMatch(/^wgcache: miss/);
    expect(readdirSync(home)).toEqual([]);
    expect((await space.sh(['--dry-run', '--force'], script('2'))).told.outcome).toBe('miss');
  });
});

describe('putting', () => {
  it('overwrites nothing', async () => {
    const space = await seeded();
    const home = moveOn(space);
    mkdirSync(join(home, '.tool/a'), { recursive: true });
    mkdirSync(join(home, '.tool/b/2'), { recursive: true });
    writeFileSync(join(home, '.tool/a/1'), 'mine');
    expect((await space.sh([], script('2'))).told).toMatchObject({ outcome: 'seeded', files: 1, warnings: [] });
    expect(readFileSync(join(home, '.tool/a/1'), 'utf8')).toBe('mine');
    expect(readdirSync(join(home, '.tool/b/2'))).toEqual([]);
  });

  it('leaves out what is damaged or gone, and puts the rest', async () => {
    const space = await seeded();
    const damaged = await blobOf(space, 'a/1');
    chmodSync(damaged, 0o600);
    writeFileSync(damaged, 'made a/X\n');
    rmSync(await blobOf(space, 'b/2'));
    const home = moveOn(space);
    const ran = await space.sh([], script('2', 'a/1', 'b/2', 'deep/er/3'));
    expect(ran.stdout).toBe('a/1\nb/2\n');
    expect(ran.told).toMatchObject({ outcome: 'seeded', files: 1, warnings: [] });
    expect(readFileSync(join(home, '.tool/a/1'), 'utf8')).toBe('made a/1\n');
    moveOn(space, 'home3'); // what the run made anew was added
    expect((await space.sh([], script('3'))).told).toMatchObject({ outcome: 'seeded', files: 3 });
  });

  it('a damaged record is none', async () => {
    const space = await seeded();
    truncateSync(storeOf(space).layout.record({ scope: 'local', key: KEY.key, root: null }), 300);
    moveOn(space);
    expect((await space.sh([], script('2', 'a/1'))).told).toMatchObject({ outcome: 'miss', warnings: [] });
    expect(await pathsIn(space)).toEqual(['a/1']);
  });

  it('goes through no link below the cache; the cache itself may be one', async () => {
    const space = await seeded();
    const home = moveOn(space);
    const elsewhere = join(space.base, 'elsewhere');
    for (const dir of [elsewhere, join(space.base, 'real')]) mkdirSync(dir);
    symlinkSync(join(space.base, 'real'), join(home, '.tool'));
    symlinkSync(elsewhere, join(home, '.tool/deep'));
    symlinkSync('../../elsewhere', join(home, '.tool/b'));
    expect((await space.sh([], script('2'))).told).toMatchObject({ outcome: 'seeded', files: 1, warnings: [] });
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(readFileSync(join(space.base, 'real/a/1'), 'utf8')).toBe('made a/1\n');
  });

  it('is as open as the directory, less the umask, and the time is now', async () => {
    const space = await seeded();
    onTestFinished(() => void process.umask(umask));
    const umask = process.umask(0o027);
    const modes = (home: string): number[] =>
      ['.tool', '.tool/deep', '.tool/deep/er', '.tool/a/1'].map((name) => statSync(join(home, name)).mode & 0o777);
    const bare = moveOn(space);
    await space.sh([], script('2'));
    expect(modes(bare)).toEqual([0o750, 0o750, 0o750, 0o640]); // as the tool would
    const open = moveOn(space, 'home3');
    mkdirSync(join(open, '.tool'));
    chmodSync(join(open, '.tool'), 0o777);
    await space.sh([], script('3'));
    expect(modes(open)).toEqual([0o777, 0o750, 0o750, 0o640]);
    const closed = moveOn(space, 'home4');
    mkdirSync(join(closed, '.tool'), { mode: 0o700 });
    await space.sh([], script('4'));
    expect(modes(closed)).toEqual([0o700, 0o700, 0o700, 0o600]);
    expect(Date.now() - statSync(join(open, '.tool/a/1')).mtimeMs).toBeLessThan(60_000);
  });

  it('that cannot be done is one warning, and the step runs', async () => {
    const space = await seeded();
    const home = moveOn(space);
    writeFileSync(join(home, '.tool'), 'no directory');
    const ran = await space.sh([], 'echo 2 > out');
    expect(ran.told).toMatchObject({ outcome: 'miss', stored: true, warnings: [{ code: 'cache-trouble' }] });
    expect(ran.told.warnings).toHaveLength(1);
    await expect(space.sh(['--strict'], 'echo 3 > out')).rejects.toThrow('cache trouble');
  });

  it('from another file system leaves no unfinished file; what a killed one left goes later', async () => {
    const space = await seeded();
    const other = mkdtempSync('/dev/shm/wgcache-seed-');
    onTestFinished(() => rmSync(other, { recursive: true }));
    expect(statSync(other).dev).not.toBe(statSync(space.base).dev);
    mkdirSync(join(other, '.tool'));
    const left = join(other, `.tool/.wgcache-${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`);
    writeFileSync(left, 'half');
    space.env.HOME = other;
    expect((await space.sh([], script('2'))).told).toMatchObject({ outcome: 'seeded', files: 3, warnings: [] });
    expect(readdirSync(join(other, '.tool')).sort()).toEqual([left.slice(-45), 'a', 'b', 'deep']);
    rmSync(join(other, '.tool/a'), { recursive: true });
    utimesSync(left, 1, 1);
    await space.sh([], script('3'));
    expect(readdirSync(join(other, '.tool')).sort()).toEqual(['a', 'b', 'deep']);
  });
});

describe('answers in two files', () => {
  const WANTING = SEEDS.replace(
    '/g }',
    "/, answers: { suffix: '.body', sha256: [context.where('WANTED')], without: /canary/ } }",
  );
  function wanting(body: string, space = machine(WANTING)): Workspace {
    space.env.WANTED = digestOf(`made ${body}\n`);
    return space;
  }
  const ANSWERS = ['a/1', 'a/1.body', 'a/2', 'a/2.body', 'a/3.body', 'b/4'];
  const kept = ['a/1', 'a/1.body'];

  async function answered(): Promise<Workspace> {
    const space = wanting('a/1.body');
    await space.sh([], script('1', ...ANSWERS));
    return space;
  }

  it('are kept whole, and only what is wanted; nothing else gets near the store', async () => {
    const space = await answered();
    expect(await pathsIn(space)).toEqual(kept);
    expect(existsSync(storeOf(space).layout.blob(digestOf('made a/2.body\n')))).toBe(false);
  });

  it('are not kept where the first half has what it must not have', async () => {
    const space = wanting('a/1.body');
    await space.sh([], `${script('1', 'a/1.body')}\necho 'cookie: canary' > ~/.tool/a/1`);
    expect(await pathsIn(space)).toBeUndefined();
    expect(existsSync(storeOf(space).layout.blob(digestOf('cookie: canary\n')))).toBe(false);
    const large = wanting('a/1.body');
    await large.sh([], `${script('1', 'a/1.body')}\nhead -c 70000 /dev/zero > ~/.tool/a/1`);
    expect(await pathsIn(large)).toBeUndefined();
  });

  it('are put where the run wants them and neither half is there', async () => {
    const space = await answered();
    const home = moveOn(space);
    expect((await space.sh([], script('2'))).told).toMatchObject({ outcome: 'seeded', files: 2, warnings: [] });
    expect(readdirSync(join(home, '.tool/a')).sort()).toEqual(['1', '1.body']);
    for (const half of ['1', '1.body']) {
      const partly = moveOn(space, `with ${half}`);
      mkdirSync(join(partly, '.tool/a'), { recursive: true });
      writeFileSync(join(partly, '.tool/a', half), 'mine');
      expect((await space.sh([], script(`3 ${half}`))).told.outcome).toBe('miss');
      expect(readdirSync(join(partly, '.tool/a'))).toEqual([half]);
    }
    wanting('a/2.body', space);
    moveOn(space, 'home9');
    expect((await space.sh([], script('4'))).told.outcome).toBe('miss');
  });

  it('are no answers where one half is damaged', async () => {
    const space = await answered();
    rmSync(await blobOf(space, 'a/1.body'));
    moveOn(space);
    expect((await space.sh([], script('2'))).told).toMatchObject({ outcome: 'miss', warnings: [] });
  });
});

describe('what does not belong', () => {
  it('bytes that are not those a name promises are neither kept nor put', async () => {
    const digest = digestOf('made a/x\n');
    const space = machine(SEEDS.replace('/^(a|b|deep)\\//g', '/^a\\/(?<sha256>[0-9a-f]{64})$/'));
    await space.sh(
      [],
      `mkdir -p ~/.tool/a; echo 'made a/x' > ~/.tool/a/${digest}; echo x > ~/.tool/a/${digestOf('y')}; echo 1 > out`,
    );
    expect(await pathsIn(space)).toEqual([`a/${digest}`]);
    const store = storeOf(space);
    const lie = {
      type: 'file',
      path: `a/${digestOf('z')}`,
      digest: await store.addBytes(Buffer.from('w')),
      size: '1',
      exec: false,
    } as const;
    const stray = { ...lie, path: 'elsewhere/1' };
    await growSeed(store, KEY, { label: 'evil', tool: null, added: [lie, stray], maxSize: 1e9 });
    expect((await recordOf(space)).outputs).toHaveLength(3);
    const home = moveOn(space);
    expect((await space.sh([], 'echo 2 > out')).told).toMatchObject({ outcome: 'seeded', files: 1 });
    expect(readdirSync(join(home, '.tool'), { recursive: true }).sort()).toEqual(['a', `a/${digest}`]);
  });

  it.each([
    ['an output', 'context.command.root + "/out"'],
    ['around an output', 'context.command.root'],
    ['the store', 'context.where("WGCACHE_DIR")'],
    ['relative', '".tool"'],
  ])('a cache that is %s is passed over', async (_, dir) => {
    const space = machine(`seeds: [{ name: 'parts', dir: ${dir}, files: /./ }],`);
    space.usePlugin(
      `[{ kind: 'tree', path: 'out', exclusive: true }]`,
      `seeds: [{ name: 'parts', dir: ${dir}, files: /./ }],`,
    );
    await space.sh([], 'mkdir -p out .tool; echo 1 > out/1; echo 1 > .tool/1');
    expect(await pathsIn(space)).toBeUndefined();
  });
});

describe('bounds', () => {
  const file = (store: LocalStore, path: string, at: number): Promise<SeedFile> =>
    store
      .addBytes(Buffer.from(path))
      .then((digest) => ({ type: 'file', path, digest, size: String(path.length), exec: false, mtime: String(at) }));
  const fresh = (): LocalStore => {
    const dir = mkdtempSync(join(tmpdir(), 'wgcache-seeds-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    return new LocalStore(dir);
  };
  const grow = async (store: LocalStore, added: readonly SeedFile[], maxSize: number): Promise<string[]> => {
    await growSeed(store, KEY, { label: 'l', tool: null, added, maxSize });
    return (await readSeed(store, KEY))?.outputs.map(({ path }) => path) ?? [];
  };

  it('newest first, the oldest drop out; the same file counts once', async () => {
    const store = fresh();
    const [a, b, c, d] = await Promise.all(['a', 'b', 'c', 'd'].map((path, i) => file(store, path, i)));
    expect(await grow(store, [b!], 1e6)).toEqual(['b']);
    expect(await grow(store, [a!], 1e6)).toEqual(['a', 'b']);
    expect(await grow(store, [c!], 3 * 4096)).toEqual(['a', 'b', 'c']);
    expect(await grow(store, [d!], 3 * 4096)).toEqual(['b', 'c', 'd']); // by when it was added, a is the oldest
    expect(await grow(store, [{ ...b!, mtime: '9' }], 2 * 4096)).toEqual(['b', 'd']);
    utimesSync(store.layout.blob(b!.digest), 1, 1);
    expect(await grow(store, [d!], 2 * 4096)).toEqual(['b', 'd']);
    expect(Date.now() - statSync(store.layout.blob(b!.digest)).mtimeMs).toBeLessThan(60_000); // or a collection might take it
    rmSync(store.layout.blob(d!.digest));
    expect(await grow(store, [c!], 1e6)).toEqual(['b', 'c']);
  });

  it('a run does not keep more than fits, nor a file that is larger', async () => {
    const space = machine();
    space.write('wgcache.config.json', '{ "plugins": ["./plugin.mjs"], "seeds": { "maxSize": 8192 } }');
    await space.sh(
      [],
      `mkdir -p ~/.tool/a; for i in 1 2 3; do echo $i > ~/.tool/a/$i; done; head -c 9000 /dev/zero > ~/.tool/a/0; echo > out`,
    );
    expect(await pathsIn(space)).toHaveLength(2);
    expect(await pathsIn(space)).not.toContain('a/0');
  });

  it('gc keeps what a living seed names, and lets an old one go', async () => {
    const space = await seeded();
    const store = storeOf(space);
    const blobs = await Promise.all(['a/1', 'b/2', 'deep/er/3'].map((path) => blobOf(space, path)));
    const record = store.layout.record({ scope: 'local', key: KEY.key, root: null });
    const age = (path: string, ms: number) => utimesSync(path, (Date.now() - ms) / 1000, (Date.now() - ms) / 1000);
    for (const path of [record, ...blobs]) age(path, 2 * 3_600_000);
    collectNow(store.layout, { maxSize: null, maxAgeMs: 86_400_000 }, false);
    expect(blobs.map((path) => existsSync(path))).toEqual([true, true, true]);
    age(record, 2 * 86_400_000);
    moveOn(space);
    expect((await space.sh([], script('2'))).told.outcome).toBe('seeded'); // a use
    collectNow(store.layout, { maxSize: null, maxAgeMs: 86_400_000 }, false);
    expect(blobs.map((path) => existsSync(path))).toEqual([true, true, true]);
    age(record, 2 * 86_400_000);
    collectNow(store.layout, { maxSize: null, maxAgeMs: 86_400_000 }, false);
    expect([record, ...blobs].map((path) => existsSync(path))).toEqual([false, false, false, false]);
  });

  it('verify finds a seed that lacks a blob', async () => {
    const space = await seeded();
    const { layout } = storeOf(space);
    const check = async () =>
      (await verifyStore(layout, { repair: true, onProgress: () => undefined })).damage.map(({ kind }) => kind);
    expect(await check()).toEqual([]);
    rmSync(await blobOf(space, 'a/1'));
    expect(await check()).toEqual(['record-incomplete']);
    expect(await pathsIn(space)).toBeUndefined();
  });
});

it('a file that appears while it is put stays', async () => {
  const space = await seeded();
  const store = storeOf(space);
  const top = join(space.base, 'top');
  const place = new SeedDir(store, top);
  const [one] = (await recordOf(space)).outputs as SeedFile[];
  const fetch = store.fetchTo.bind(store);
  store.fetchTo = async (digest, target) => {
    const done = await fetch(digest, target);
    writeFileSync(join(top, one!.path), 'somebody was faster');
    return done;
  };
  expect(await place.put(one!)).toBe(false);
  expect(readFileSync(join(top, one!.path), 'utf8')).toBe('somebody was faster');
  expect(readdirSync(store.layout.temp)).toEqual([]);
});
