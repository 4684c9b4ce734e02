/** Promise 7: fetch all, verify all, swap; nothing outside the outputs is touched, and nothing at all before all is at hand. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Layout } from '../../src/store/layout.ts';
import { Workspace } from '../support/wrapped.ts';

const OUT = ['--output', 'out'];
const EXCLUSIVE = "[{ kind: 'tree', path: 'out', exclusive: true }]";

/** A workspace whose steps own all of `out`. */
function exclusive(): Workspace {
  const space = new Workspace();
  space.usePlugin(EXCLUSIVE);
  return space;
}

describe('what lies behind links', () => {
  it('is never a stray: a recorded link to a directory is left alone with all in it', async () => {
    const space = exclusive();
    space.write('src/precious', 'mine');
    const made = 'mkdir -p out && echo a > out/a && ln -sfn ../src out/src';
    expect((await space.sh([], made)).told).toMatchObject({ outcome: 'miss', stored: true });
    expect((await space.sh([], made)).told).toMatchObject({ outcome: 'fresh' });
    rmSync(space.path('out/a'));
    expect((await space.sh([], made)).told).toMatchObject({ outcome: 'restored', removed: 0 });
    expect(space.read('src/precious')).toBe('mine');
  });

  it('is never deleted, though the link itself is a stray', async () => {
    const space = exclusive();
    mkdirSync(join(space.base, 'elsewhere'));
    writeFileSync(join(space.base, 'elsewhere/precious'), 'mine');
    expect((await space.sh([], 'mkdir -p out && echo a > out/a')).told.stored).toBe(true);
    symlinkSync(join(space.base, 'elsewhere'), space.path('out/stray'));
    expect((await space.sh([], 'mkdir -p out && echo a > out/a')).told).toMatchObject({
      outcome: 'restored',
      removed: 1,
    });
    expect(space.has('out/stray')).toBe(false);
    expect(readFileSync(join(space.base, 'elsewhere/precious'), 'utf8')).toBe('mine');
  });

  it('is not written to: an output directory replaced by a link is left to the command', async () => {
    const space = new Workspace();
    const made = 'mkdir -p out && echo a > out/a && echo ran';
    await space.sh(OUT, made);
    renameSync(space.path('out'), join(space.base, 'elsewhere'));
    writeFileSync(join(space.base, 'elsewhere/a'), 'changed');
    writeFileSync(join(space.base, 'elsewhere/b'), 'mine');
    symlinkSync(join(space.base, 'elsewhere'), space.path('out'));
    const { told, stdout } = await space.sh(OUT, made);
    expect(told).toMatchObject({ outcome: 'miss', reason: { code: 'restore-failed' }, stored: false });
    expect(stdout).toBe('ran\n');
    expect(readdirSync(join(space.base, 'elsewhere')).sort()).toEqual(['a', 'b']);
  });

  it("is the command's to write to: a file replaced by a link is left to it", async () => {
    const space = new Workspace();
    for (const [flags, made, name] of [
      [OUT, 'mkdir -p out && echo a > out/a', 'out/a'],
      [['--output', 'b'], 'echo b > b', 'b'],
    ] as const) {
      await space.sh(flags, made);
      const right = space.read(name);
      writeFileSync(join(space.base, 'elsewhere'), 'old');
      rmSync(space.path(name));
      symlinkSync(join(space.base, 'elsewhere'), space.path(name));
      expect((await space.sh(flags, made)).told).toMatchObject({ outcome: 'miss', reason: { code: 'restore-failed' } });
      expect(readFileSync(join(space.base, 'elsewhere'), 'utf8')).toBe(right);
    }
  });

  it('is not lost: a link in place of the output directory is not taken for it although all in it is right', async () => {
    const space = new Workspace();
    const made = 'mkdir -p out/sub && echo a > out/sub/a';
    await space.sh(OUT, made);
    renameSync(space.path('out/sub'), space.path('moved'));
    symlinkSync('../moved', space.path('out/sub'));
    const { told } = await space.sh(OUT, made);
    expect(space.read('out/sub/a')).toBe('a\n');
    expect(space.read('moved/a')).toBe('a\n');
    expect(told.exit).toBe(0);
  });

  it('links of the outputs come back as they were, whatever they point to', async () => {
    const space = new Workspace();
    const made =
      'mkdir -p out && ln -s /nowhere/at/all out/far && ln -s ../../up out/up && ln -s "$PWD/src" out/here && ln -s gone out/gone';
    expect((await space.sh(OUT, made)).told.stored).toBe(true);
    rmSync(space.path('out'), { recursive: true });
    expect((await space.sh(OUT, made)).told).toMatchObject({ outcome: 'restored' });
    expect(['far', 'up', 'here', 'gone'].map((name) => readlinkSync(space.path(`out/${name}`)))).toEqual([
      '/nowhere/at/all',
      '../../up',
      space.path('src'),
      'gone',
    ]);
    expect((await space.sh(OUT, made)).told.outcome).toBe('fresh');
  });
});

describe('strays', () => {
  it('are left alone where others may have files too', async () => {
    const space = new Workspace();
    await space.sh(OUT, 'mkdir -p out && echo a > out/a');
    space.write('out/mine', 'mine');
    expect((await space.sh(OUT, 'mkdir -p out && echo a > out/a')).told.outcome).toBe('fresh');
    expect(space.read('out/mine')).toBe('mine');
  });

  const made = 'mkdir -p out && echo a > out/a';

  it('at a miss are stored as if the command had made them: nobody can tell', async () => {
    const space = new Workspace();
    space.write('out/before', 'before');
    await space.sh(OUT, made);
    rmSync(space.path('out'), { recursive: true });
    expect((await space.sh(OUT, made)).told.outcome).toBe('restored');
    expect(space.read('out/before')).toBe('before');
  });

  it('are removed from an exclusive directory, whatever they are', async () => {
    const space = exclusive();
    await space.sh([], made);
    space.write('out/dir/deep/x', 'x');
    symlinkSync('.', space.path('out/loop'));
    symlinkSync('nowhere', space.path('out/dangling'));
    const { told } = await space.sh([], made);
    expect(told).toMatchObject({ outcome: 'restored' });
    expect(readdirSync(space.path('out'))).toEqual(['a']);
  });

  it('whose name is no UTF-8 do not end the step', async () => {
    const space = exclusive();
    await space.sh([], made);
    const bad = Buffer.concat([Buffer.from(`${space.path('out')}/x`), Buffer.from([0xff])]);
    writeFileSync(bad, 'x');
    const { told, exit } = await space.sh([], made);
    expect(exit).toBe(0);
    expect(told).toMatchObject({ outcome: 'miss', reason: { code: 'restore-failed' }, stored: false });
    expect(existsSync(bad)).toBe(true);
  });
});

describe('what is put back', () => {
  it('has its exec bit, under the umask of now, and empty directories are there', async () => {
    const space = new Workspace();
    const made = 'mkdir -p out/empty && echo a > out/a && echo b > out/b && chmod +x out/b';
    await space.sh(OUT, made);
    rmSync(space.path('out'), { recursive: true });
    const before = process.umask(0o027);
    try {
      expect((await space.sh(OUT, made)).told.outcome).toBe('restored');
    } finally {
      process.umask(before);
    }
    expect(statSync(space.path('out/a')).mode & 0o777).toBe(0o640);
    expect(statSync(space.path('out/b')).mode & 0o777).toBe(0o750);
    expect(statSync(space.path('out/empty')).isDirectory()).toBe(true);
    chmodSync(space.path('out/b'), 0o640);
    expect((await space.sh(OUT, made)).told).toMatchObject({ outcome: 'restored', written: 1 });
  });

  it('is private where the command made it so, and not for the umask it was made under', async () => {
    const space = new Workspace();
    const make =
      'mkdir -p out/d; for f in out/key out/d/k out/open; do echo x > $f; done; chmod 600 out/key; chmod 700 out/d';
    const modes = (): string[] =>
      ['key', 'd', 'd/k', 'open'].map((name) => (statSync(space.path(`out/${name}`)).mode & 0o777).toString(8));
    const made = ['600', '700', '644', '644'];
    await space.sh(OUT, make);
    expect(modes()).toEqual(made);
    rmSync(space.path('out'), { recursive: true });
    expect((await space.sh(OUT, make)).told.outcome).toBe('restored');
    expect(modes()).toEqual(made);
    for (const name of ['key', 'd']) {
      chmodSync(space.path(`out/${name}`), name === 'd' ? 0o755 : 0o640); // the command would close it again
      expect((await space.sh(OUT, make)).told).toMatchObject({ outcome: 'restored' });
      expect(modes()).toEqual(made);
    }
    chmodSync(space.path('out/open'), 0o600); // and leave this one as it is
    expect((await space.sh(OUT, make)).told.outcome).toBe('fresh');
    rmSync(space.path('out'), { recursive: true });
    const before = process.umask(0o077);
    try {
      await space.sh(OUT, `${make}; chmod 755 out/d`);
    } finally {
      process.umask(before);
    }
    expect(modes()).toEqual(['600', '755', '600', '600']);
    rmSync(space.path('out'), { recursive: true });
    expect((await space.sh(OUT, `${make}; chmod 755 out/d`)).told.outcome).toBe('restored');
    expect(modes()).toEqual(['644', '755', '644', '644']);
  });

  it('is private where a directory made for its owner alone held it, which is no output', async () => {
    const space = new Workspace();
    const make = 'mkdir -p d/e f; chmod 700 d; echo x > d/e/key; echo x > f/open';
    const flags = ['--output', 'd/e/key', '--output', 'f/open'];
    await space.sh(flags, make);
    for (const name of ['d', 'f']) rmSync(space.path(name), { recursive: true });
    expect((await space.sh(flags, make)).told.outcome).toBe('restored');
    expect(['d/e/key', 'f/open'].map((name) => statSync(space.path(name)).mode & 0o077)).toEqual([0, 0o044]);
    expect((await space.sh(flags, make)).told.outcome).toBe('fresh');
  });

  it('replaces a file where a directory should be, and a directory above it', async () => {
    const space = new Workspace();
    const made = 'rm -rf out; mkdir -p out/d/e && echo a > out/d/e/a';
    await space.sh(OUT, made);
    rmSync(space.path('out/d'), { recursive: true });
    space.write('out/d', 'a file');
    expect((await space.sh(OUT, made)).told.exit).toBe(0);
    expect(space.read('out/d/e/a')).toBe('a\n');
  });

  it('changes nothing when a directory stands where a file should be: the command runs', async () => {
    const space = new Workspace();
    const made = 'mkdir -p out; test -d out/b || echo b > out/b; echo a > out/a; cat out/b/mine 2>/dev/null; true';
    await space.sh(OUT, made);
    rmSync(space.path('out/a'));
    rmSync(space.path('out/b'));
    space.write('out/b/mine', 'mine');
    const { told, stdout } = await space.sh(OUT, made);
    expect(told).toMatchObject({ outcome: 'miss', reason: { code: 'restore-failed' } });
    expect(stdout).toBe('mine');
  });

  it('changes nothing when a blob is damaged or gone: the command runs, and the store is whole again', async () => {
    for (const harm of ['flip', 'cut', 'remove', 'directory'] as const) {
      const space = new Workspace();
      const count = 'echo x >> ../count';
      const made = `mkdir -p out; echo first > out/a; echo second > out/b; ${count}`;
      await space.sh(OUT, made);
      const blob = blobOf(space, 'second\n');
      chmodSync(blob, 0o600);
      if (harm === 'flip') writeFileSync(blob, 'sEcond\n');
      if (harm === 'cut') writeFileSync(blob, 'sec');
      if (harm === 'remove' || harm === 'directory') rmSync(blob);
      if (harm === 'directory') mkdirSync(blob);
      rmSync(space.path('out'), { recursive: true });
      space.write('out/b', 'old');
      const seenByCommand = `cp -r out ../before-${harm}`;
      const run = await space.sh(OUT, made);
      expect(run.told, harm).toMatchObject({
        outcome: 'miss',
        reason: { code: 'blob-gone', path: 'out/b' },
        stored: true,
      });
      expect(seenByCommand).not.toBe('');
      rmSync(space.path('out'), { recursive: true });
      expect((await space.sh(OUT, made)).told, harm).toMatchObject({ outcome: 'restored', written: 3 });
      expect(space.read('out/b')).toBe('second\n');
      expect(readFileSync(join(space.base, 'count'), 'utf8')).toBe('x\nx\n');
    }
  });

  it('of large files beside small ones is whole or does not begin, whichever blob is gone', async () => {
    const space = new Workspace();
    const large = (letter: string): string => `yes ${letter} | head -c 400000 > out/${letter}`;
    const made = `mkdir -p out; ${['a', 'b', 'c', 'd'].map(large).join('; ')}; echo small > out/small`;
    await space.sh(OUT, made);
    for (const [name, text] of [...'abcd'].map((letter) => [letter, `${letter}\n`.repeat(200_000)] as const)) {
      rmSync(space.path('out'), { recursive: true });
      expect((await space.sh(OUT, made)).told).toMatchObject({ outcome: 'restored', written: 6 });
      expect(space.read(`out/${name}`)).toBe(text);
      rmSync(blobOf(space, text));
      rmSync(space.path('out'), { recursive: true });
      expect((await space.sh(OUT, made)).told).toMatchObject({
        outcome: 'miss',
        reason: { code: 'blob-gone', path: `out/${name}` },
        stored: true,
      });
      expect(readdirSync(new Layout(space.cache).temp)).toEqual([]);
    }
  });

  it('goes on after a crash between two swaps', async () => {
    const space = new Workspace();
    const made = 'mkdir -p out; echo a > out/a; echo b > out/b';
    await space.sh(OUT, made);
    rmSync(space.path('out/b'));
    expect((await space.sh(OUT, made)).told).toMatchObject({ outcome: 'restored', written: 1 });
    expect((await space.sh(OUT, made)).told.outcome).toBe('fresh');
  });

  it('replaces a file that somebody still writes to: the name leads to the whole file', async () => {
    const space = new Workspace();
    const made = 'mkdir -p out; echo a > out/a';
    await space.sh(OUT, made);
    space.write('out/a', 'half');
    const before = lstatSync(space.path('out/a')).ino;
    expect((await space.sh(OUT, made)).told.outcome).toBe('restored');
    expect(lstatSync(space.path('out/a')).ino).not.toBe(before);
  });

  it('is right again after a same-size edit with the old time put back', async () => {
    const space = new Workspace();
    const made = 'mkdir -p out; echo a > out/a';
    await space.sh(OUT, made);
    await space.sh(OUT, made);
    const { mtime } = statSync(space.path('out/a'));
    space.write('out/a', 'b\n');
    utimesSync(space.path('out/a'), mtime, mtime);
    expect((await space.sh(OUT, made)).told.outcome).toBe('restored');
    expect(space.read('out/a')).toBe('a\n');
  });
});

describe('a stage on another file system', () => {
  it('lies in the workspace, and is gone afterwards', async () => {
    const space = new Workspace();
    space.env.WGCACHE_DIR = `/dev/shm/wgcache-test-${process.pid}`;
    expect(statSync('/dev/shm').dev).not.toBe(statSync(space.root).dev);
    try {
      const made = 'mkdir -p out; echo a > out/a; echo b > out/b; chmod +x out/b';
      await space.sh(OUT, made);
      rmSync(space.path('out'), { recursive: true });
      expect((await space.sh(OUT, made)).told.outcome).toBe('restored');
      expect(readdirSync(space.root).sort()).toEqual(['.git', 'out']);
      expect(readdirSync(join(space.env.WGCACHE_DIR, 'v1/tmp'))).toEqual([]);
    } finally {
      rmSync(space.env.WGCACHE_DIR, { recursive: true, force: true });
    }
  });
});

function blobOf(space: Workspace, text: string): string {
  const { blob } = { blob: new Layout(space.cache) };
  for (const shard of readdirSync(join(blob.base, 'blobs'))) {
    for (const name of readdirSync(join(blob.base, 'blobs', shard))) {
      const path = join(blob.base, 'blobs', shard, name);
      if (readFileSync(path, 'utf8') === text) return path;
    }
  }
  throw new Error(`no blob holds ${text}`);
}
