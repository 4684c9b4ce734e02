/** The local store: what it gives is what its name says, and what is damaged is repaired by storing again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { digestFile, digestOf } from '../../src/base/digest.ts';
import { stampOf } from '../../src/base/stamp.ts';
import { openStage, sweepStages } from '../../src/step/stage.ts';
import { keepDigest, knownDigest } from '../../src/store/known.ts';
import { Layout } from '../../src/store/layout.ts';
import { LocalStore, probe } from '../../src/store/local.ts';
import { firstOfMeaning } from '../../src/store/meaning.ts';
import type { Address } from '../../src/store/store.ts';

class Place {
  readonly dir = mkdtempSync(join(tmpdir(), 'wgcache-store-'));
  readonly store = new LocalStore(join(this.dir, 'cache'));

  constructor() {
    onTestFinished(() => rmSync(this.dir, { recursive: true, force: true }));
  }

  file(text: string | Uint8Array): string {
    const path = join(this.dir, 'file');
    writeFileSync(path, text);
    return path;
  }

  /** Everything unfinished. */
  left(): string[] {
    return existsSync(this.store.layout.temp) ? readdirSync(this.store.layout.temp) : [];
  }

  damage(digest: string, how: 'same size' | 'cut' | 'empty' | 'directory'): void {
    const path = this.store.layout.blob(digest);
    const whole = readFileSync(path);
    chmodSync(path, 0o600);
    if (how === 'same size') writeFileSync(path, Buffer.from(whole).fill(0, 0, 1));
    if (how === 'cut') writeFileSync(path, whole.subarray(1));
    if (how === 'empty') writeFileSync(path, '');
    if (how === 'directory') {
      rmSync(path);
      mkdirSync(join(path, 'x'), { recursive: true });
    }
  }
}

const HARMS = ['same size', 'cut', 'empty', 'directory'] as const;

describe('blobs', () => {
  it('are named by their bytes, whichever way they came', async () => {
    const { store, ...place } = new Place();
    const path = join(place.dir, 'file');
    writeFileSync(path, 'text', { mode: 0o755 });
    expect(await store.addFile(path)).toEqual({ digest: digestOf('text'), size: 4 });
    expect(await store.addBytes(Buffer.from('text'))).toBe(digestOf('text'));
    expect((await store.readBlob(digestOf('text')))?.toString()).toBe('text');
    expect(statSync(store.layout.blob(digestOf('text'))).mode & 0o777).toBe(0o400);
    expect(await store.readBlob(digestOf('none'))).toBeNull();
  });

  it.each(HARMS)(
    'damaged (%s) are none, are gone when that is found, and nothing is left where they were to go',
    async (how) => {
      const place = new Place();
      const { store } = place;
      const target = join(place.dir, 'target');
      for (const read of [
        async () => await store.fetchTo(digestOf('text'), target),
        async () => (await store.readBlob(digestOf('text'))) !== null,
      ]) {
        await store.addBytes(Buffer.from('text'));
        expect(await read()).toBe(true);
        rmSync(target, { force: true });
        place.damage(digestOf('text'), how);
        expect(await read()).toBe(false);
        expect(existsSync(target)).toBe(false);
        if (how !== 'directory') expect(existsSync(store.layout.blob(digestOf('text')))).toBe(false);
        rmSync(store.layout.blob(digestOf('text')), { recursive: true, force: true });
      }
    },
  );

  it.each(HARMS)('damaged (%s) are repaired by storing the same again', async (how) => {
    const place = new Place();
    const path = place.file('text');
    for (const add of [() => place.store.addFile(path), () => place.store.addBytes(Buffer.from('text'))]) {
      await add();
      place.damage(digestOf('text'), how);
      await add();
      expect((await place.store.readBlob(digestOf('text')))?.toString()).toBe('text');
    }
    expect(place.left()).toEqual([]);
  });

  it('never overwrite what stands where they are to go', async () => {
    const place = new Place();
    await place.store.addBytes(Buffer.from('text'));
    await expect(place.store.fetchTo(digestOf('text'), place.file('mine'))).rejects.toThrow('EEXIST');
    expect(readFileSync(join(place.dir, 'file'), 'utf8')).toBe('mine');
  });

  describe('that are large', () => {
    const bytes = Buffer.alloc(1 << 20, 'a large blob');
    const digest = digestOf(bytes);
    const inTime = (ms: number): void => void vi.spyOn(Date, 'now').mockReturnValue(Date.now() + ms);
    /** Keeps that the blob is whole as it lies there now, whatever it holds. */
    const vouch = ({ layout }: LocalStore): void => keepDigest(layout, stampOf(layout.blob(digest))!, digest);
    async function stored(): Promise<Place & { readonly target: string }> {
      const place = new Place();
      onTestFinished(() => void vi.restoreAllMocks());
      await place.store.addBytes(bytes);
      return Object.assign(place, { target: join(place.dir, 'target') });
    }

    it('are hashed once, and then no more while their stat is the same', async () => {
      const place = await stored();
      inTime(10_000);
      expect(await place.store.fetchTo(digest, place.target, 0o640)).toBe(true);
      expect(digestFile(place.target)).toEqual({ digest, size: bytes.length });
      expect(statSync(place.target).mode & 0o777).toBe(0o640);
      const { layout } = place.store;
      expect(knownDigest(layout, stampOf(layout.blob(digest))!)).toBe(digest);
      place.damage(digest, 'same size');
      vouch(place.store); // as if nobody had written to it
      rmSync(place.target);
      expect(await place.store.fetchTo(digest, place.target)).toBe(true);
    });

    it('are hashed again when they were written to, with all times of before', async () => {
      const place = await stored();
      inTime(10_000);
      expect(await place.store.fetchTo(digest, place.target)).toBe(true);
      const blob = place.store.layout.blob(digest);
      const { atime, mtime } = statSync(blob);
      place.damage(digest, 'same size');
      utimesSync(blob, atime, mtime);
      rmSync(place.target);
      expect(await place.store.fetchTo(digest, place.target)).toBe(false);
      expect([existsSync(place.target), existsSync(blob)]).toEqual([false, false]);
    });

    it('are hashed while their stat may still hide a write', async () => {
      const place = await stored();
      expect(await place.store.fetchTo(digest, place.target)).toBe(true);
      inTime(10_000);
      expect(knownDigest(place.store.layout, stampOf(place.store.layout.blob(digest))!)).toBeNull();
    });

    it('are fetched where nothing can be kept', async () => {
      const place = await stored();
      inTime(10_000);
      writeFileSync(join(place.store.layout.base, 'facts'), 'no directory');
      expect(await place.store.fetchTo(digest, place.target)).toBe(true);
    });
  });

  it('of a file that somebody writes to meanwhile are what their name says', async () => {
    const place = new Place();
    const path = place.file('');
    const writer = spawn('sh', ['-c', 'while :; do printf "%s" "$$$$$$$$" >> "$0"; done', path], { stdio: 'ignore' });
    onTestFinished(() => void writer.kill('SIGKILL'));
    for (let at = 0; at < 30; at++) {
      const { digest, size } = await place.store.addFile(path);
      const bytes = readFileSync(place.store.layout.blob(digest));
      expect([digestOf(bytes), bytes.length]).toEqual([digest, size]);
    }
    writer.kill('SIGKILL');
    await once(writer, 'exit');
  });

  it('that cannot be made leave nothing unfinished', async () => {
    const place = new Place();
    await expect(place.store.addFile(join(place.dir, 'none'))).rejects.toThrow('ENOENT');
    await expect(place.store.addFile(place.dir)).rejects.toThrow();
    expect(place.left()).toEqual([]);
  });
});

describe('records', () => {
  const address: Address = { scope: 'local', key: 'a'.repeat(64), root: null };
  const bound: Address = { ...address, root: 'b'.repeat(64) };

  it('lie side by side, and are replaced whole', async () => {
    const { store } = new Place();
    expect(await store.readRecord(address)).toBeNull();
    await store.writeRecord(bound, Buffer.from('bound'));
    expect(await store.readRecord(address)).toBeNull();
    expect(await store.hasOtherRoot(address)).toBe(true);
    await store.writeRecord(address, Buffer.from('1'));
    await store.writeRecord(address, Buffer.from('2'));
    expect(Buffer.from((await store.readRecord(address))!).toString()).toBe('2');
    expect(Buffer.from((await store.readRecord(bound))!).toString()).toBe('bound');
  });

  it('of other keys are not those of another root', async () => {
    const { store } = new Place();
    await store.writeRecord({ ...bound, key: `${'a'.repeat(63)}b` }, Buffer.from(''));
    await store.writeRecord(address, Buffer.from(''));
    expect(await store.hasOtherRoot(address)).toBe(false);
  });
});

describe('the last use of a record', () => {
  it('is not left where it cannot be, and that is all', () => {
    const { store } = new Place();
    const address = { scope: 'local', key: digestOf('key'), root: null };
    store.noteUse(address);
    const shard = dirname(store.layout.record(address));
    mkdirSync(dirname(shard), { recursive: true });
    symlinkSync(shard, shard);
    expect(() => statSync(join(shard, 'x'))).toThrow('ELOOP');
    store.noteUse(address);
  });
});

describe('archives of one meaning', () => {
  it('are stored once, as long as the first is there and whole', async () => {
    const place = new Place();
    const { store } = place;
    const add = async (text: string) => ({ digest: await store.addBytes(Buffer.from(text)), size: text.length });
    const meaning = digestOf('meaning');
    const first = await add('first');
    expect(firstOfMeaning(store, meaning, first)).toEqual(first);
    const second = await add('second one');
    expect(firstOfMeaning(store, meaning, second)).toEqual(first);
    rmSync(store.layout.blob(first.digest));
    expect(firstOfMeaning(store, meaning, second)).toEqual(second);
    expect(firstOfMeaning(store, meaning, await add('third'))).toEqual(second);
    place.damage(second.digest, 'same size');
    const fourth = await add('fourth');
    expect(firstOfMeaning(store, meaning, fourth)).toEqual(fourth); // else the new record would name damage
    expect(existsSync(store.layout.blob(second.digest))).toBe(false);
    await add('second one');
    expect(firstOfMeaning(store, meaning, await add('third'))).toEqual(fourth);
    writeFileSync(store.layout.meaning(meaning), '../../../etc/passwd');
    expect(firstOfMeaning(store, meaning, second)).toEqual(second);
  });
});

describe('the probe', () => {
  it('tells the clock of the file system, and leaves nothing', () => {
    const place = new Place();
    const before = BigInt(Date.now() - 1_000) * 1_000_000n;
    const { nowNs, dev } = probe(place.store.layout);
    expect(nowNs > before).toBe(true);
    expect(dev).toBe(statSync(place.dir, { bigint: true }).dev);
    expect(place.left()).toEqual([]);
  });
});

describe('the stage of a restore', () => {
  it('lies in the cache where that is the same file system, else in the root; it tells the umask without changing it', () => {
    const place = new Place();
    const old = process.umask(0o027);
    onTestFinished(() => void process.umask(old));
    for (const near of [false, true]) {
      const stage = openStage(place.store.layout, place.dir, near);
      expect(dirname(stage.dir)).toBe(near ? join(place.dir, '.wgcache') : place.store.layout.temp);
      expect(stage.umask).toBe(0o027);
      stage.close();
      expect(existsSync(stage.dir)).toBe(false);
    }
    expect(existsSync(join(place.dir, '.wgcache'))).toBe(false);
  });

  it('lies in the root where the cache cannot be written', () => {
    const place = new Place();
    const stage = openStage(new Layout('/proc/none'), place.dir, false);
    expect(dirname(stage.dir)).toBe(join(place.dir, '.wgcache'));
    stage.close();
  });

  it('of a killed restore is removed by a later one, that of a living one is not', () => {
    const place = new Place();
    const near = join(place.dir, '.wgcache');
    const [killed, living, mine] = [`stage-${crypto.randomUUID()}`, `stage-${crypto.randomUUID()}`, 'mine'];
    for (const name of [killed, living, mine]) mkdirSync(join(near, name), { recursive: true });
    writeFileSync(join(near, killed, '0'), 'x');
    const long = new Date(Date.now() - 2 * 3_600_000);
    for (const name of [killed, mine]) utimesSync(join(near, name), long, long);
    openStage(place.store.layout, place.dir, true).close();
    expect(readdirSync(near).sort()).toEqual([living, mine].sort());
  });

  it('tells whose it is: one of a dead process is removed at once, what else lies there stays', () => {
    const place = new Place();
    const near = join(place.dir, '.wgcache');
    const working = openStage(place.store.layout, place.dir, true);
    const dead = working.dir.replace(`.${process.pid}.`, '.4194305.');
    const foreign = working.dir.replace(/\d+$/, '1').replace(/stage-......../, 'stage-00000000');
    for (const dir of [dead, foreign]) mkdirSync(join(dir, 'x'), { recursive: true });
    sweepStages(place.dir);
    expect(readdirSync(near).sort()).toEqual([basename(working.dir), basename(foreign)].sort());
    rmSync(foreign, { recursive: true });
    sweepStages(place.dir);
    expect(existsSync(working.dir)).toBe(true);
    working.close();
    expect(existsSync(near)).toBe(false);
    mkdirSync(near); // killed between the two directories
    sweepStages(place.dir);
    expect(existsSync(near)).toBe(false);
  });

  it('is not opened through a link', () => {
    const place = new Place();
    mkdirSync(join(place.dir, 'else'));
    symlinkSync('else', join(place.dir, '.wgcache'));
    expect(() => openStage(place.store.layout, place.dir, true)).toThrow('.wgcache');
    expect(readdirSync(join(place.dir, 'else'))).toEqual([]);
  });
});
