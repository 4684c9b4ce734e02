/** Promise 8: one at a time across processes; a dead holder is found out, not timed out. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Holder, stateOf, thisProcess } from '../../src/store/holder.ts';
import { Layout } from '../../src/store/layout.ts';
import { inOrder, type Lock, type LockRequest, takeLocks } from '../../src/store/lock.ts';

const BUN = join(import.meta.dirname, '../../node_modules/.bin/bun');
const WORKER = join(import.meta.dirname, '../support/lock-worker.ts');

const name = (word: string): string => word.padEnd(64, '0');
const exclusive = (word: string): LockRequest => ({ name: name(word), mode: 'exclusive' });
const shared = (word: string): LockRequest => ({ name: name(word), mode: 'shared' });

function layout(): Layout {
  const dir = mkdtempSync(join(tmpdir(), 'wgcache-lock-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return new Layout(dir);
}

function take(where: Layout, requests: readonly LockRequest[], above: readonly string[] = []): Promise<Lock> {
  return takeLocks(where, requests, above, () => undefined);
}

/** Whether a lock is to be had within a short time. */
async function isFree(
  where: Layout,
  requests: readonly LockRequest[],
  above: readonly string[] = [],
): Promise<boolean> {
  let waits = 0;
  const given = new Error('given up');
  try {
    const lock = await takeLocks(where, requests, above, () => {
      if (++waits > 4) throw given;
    });
    lock.release();
    return true;
  } catch (error) {
    if (error !== given) throw error;
    return false;
  }
}

/** Writes a lock as another process would. */
function plant(where: Layout, file: string, holder: object | string): string {
  const path = where.lock(file);
  mkdirSync(join(where.base, 'locks'), { recursive: true });
  writeFileSync(path, typeof holder === 'string' ? holder : JSON.stringify(holder));
  return path;
}

function spawnWorker(where: Layout, ...words: string[]): ChildProcess {
  const child = spawn(BUN, [WORKER, join(where.base, '..'), ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function heldBy(child: ChildProcess): Promise<void> {
  const [text] = (await once(child.stdout!, 'data')) as [Buffer];
  expect(text.toString()).toBe('held\n');
}

function locksLeft(where: Layout): string[] {
  return readdirSync(join(where.base, 'locks'));
}

describe('in one process', () => {
  it('an exclusive lock excludes both kinds, a shared one only the exclusive', async () => {
    const where = layout();
    const first = await take(where, [exclusive('a')]);
    expect(first.waited).toBe(false);
    expect(await isFree(where, [exclusive('a')])).toBe(false);
    expect(await isFree(where, [shared('a')])).toBe(false);
    expect(await isFree(where, [exclusive('b')])).toBe(true);
    first.release();
    const reader = await take(where, [shared('a')]);
    expect(await isFree(where, [shared('a')])).toBe(true);
    expect(await isFree(where, [exclusive('a')])).toBe(false);
    reader.release();
    expect(await isFree(where, [exclusive('a')])).toBe(true);
    expect(locksLeft(where)).toEqual([]);
  });

  it('whoever waits is told, learns that he waited, and holds nothing meanwhile', async () => {
    const where = layout();
    const first = await take(where, [exclusive('b')]);
    let told = 0;
    const second = takeLocks(where, [exclusive('a'), exclusive('b')], [], () => void told++);
    await sleep(80);
    expect(await isFree(where, [exclusive('a')])).toBe(true);
    first.release();
    const lock = await second;
    expect(lock.waited).toBe(true);
    expect(told).toBeGreaterThan(0);
    lock.release();
    lock.release();
  });

  it("releasing twice does not take the next one's lock away", async () => {
    const where = layout();
    const first = await take(where, [exclusive('a')]);
    first.release();
    const second = await take(where, [exclusive('a')]);
    first.release();
    expect(await isFree(where, [exclusive('a')])).toBe(false);
    second.release();
  });

  it('a lock that was taken away is not released', async () => {
    const where = layout();
    const slow = await take(where, [exclusive('a')]);
    rmSync(where.lock(name('a')));
    const thief = await take(where, [exclusive('a')]);
    slow.release();
    expect(await isFree(where, [exclusive('a')])).toBe(false);
    thief.release();
  });

  it('what an ancestor holds is not taken again, as long as it holds it', async () => {
    const where = layout();
    const parent = await take(where, [exclusive('a'), shared('b')]);
    expect(await isFree(where, [exclusive('a'), exclusive('b')], parent.held)).toBe(true);
    expect(await isFree(where, [exclusive('a')], [`${name('a')}:stale`])).toBe(false);
    expect(await isFree(where, [exclusive('a')], ['', ':', 'a', name('a'), `${name('a')}:`])).toBe(false);
    parent.release();
    const child = await take(where, [exclusive('a')], parent.held);
    expect(await isFree(where, [exclusive('a')], parent.held)).toBe(false);
    child.release();
  });

  it('trouble on the way leaves no lock behind', async () => {
    const where = layout();
    await expect(take(where, [exclusive('a'), shared('b'), exclusive('x'.repeat(300))])).rejects.toThrow(
      'ENAMETOOLONG',
    );
    expect(locksLeft(where)).toEqual([]);
  });

  it('in order: sorted, without doubles, exclusive wins', () => {
    expect(inOrder([shared('b'), exclusive('a'), exclusive('b'), shared('a')])).toEqual([
      exclusive('a'),
      exclusive('b'),
    ]);
  });

  it('many with overlapping wishes: never two that exclude each other, and all get through', async () => {
    const wish = fc.uniqueArray(
      fc.record({ word: fc.constantFrom('a', 'b', 'c'), mode: fc.constantFrom('exclusive', 'shared') }),
      { selector: ({ word }) => word, minLength: 1 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(wish, fc.nat(6)), { minLength: 2, maxLength: 6 }), async (actors) => {
        const where = layout();
        const inside: LockRequest[] = [];
        await Promise.all(
          actors.map(async ([words, ms]) => {
            const requests = words.map(({ word, mode }) => (mode === 'shared' ? shared(word) : exclusive(word)));
            const lock = await take(where, requests); // in no common order
            for (const mine of requests)
              for (const other of inside)
                expect(mine.name === other.name && (mine.mode === 'exclusive' || other.mode === 'exclusive')).toBe(
                  false,
                );
            inside.push(...requests);
            await sleep(ms);
            for (const mine of requests) inside.splice(inside.indexOf(mine), 1);
            lock.release();
          }),
        );
        expect(locksLeft(where)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});

describe('the holder', () => {
  const me: Holder = { ...thisProcess(), token: 't' };

  it.each<[string, object | string, boolean]>([
    ['lives', me, false],
    ['has ended', { ...me, pid: 4_194_304 + 1 }, true],
    ["has ended, and its pid is another's now", { ...me, started: '1' }, true],
    ['is no holder', '{"token":1}', true],
    ['is a pid that means a group', { ...me, pid: -1, started: '' }, true],
    ['is pid 0', { ...me, pid: 0, started: '' }, true],
    ['was cut off', JSON.stringify(me).slice(0, 20), true],
    ['is empty', '', true],
    ['is no text', '\0\xff', true],
  ])('%s', async (_, holder, free) => {
    const where = layout();
    plant(where, name('a'), holder);
    expect(await isFree(where, [exclusive('a')])).toBe(free);
    if (free) expect(locksLeft(where)).toEqual([]);
  });

  it('is a directory: damage, which makes way', async () => {
    const where = layout();
    mkdirSync(join(where.lock(name('a')), 'x'), { recursive: true });
    expect(await isFree(where, [exclusive('a')])).toBe(true);
  });

  it('that cannot be looked at is judged by its heartbeat', async () => {
    const where = layout();
    for (const elsewhere of [
      { ...me, namespace: 'pid:[1]' },
      { ...me, boot: 'another' },
    ]) {
      expect(stateOf(elsewhere, me)).toBe('unknown');
      const path = plant(where, name('a'), elsewhere);
      expect(await isFree(where, [exclusive('a')])).toBe(false);
      const silent = new Date(Date.now() - 16_000);
      utimesSync(path, silent, silent);
      expect(await isFree(where, [exclusive('a')])).toBe(true);
    }
  });

  it('of a reader counts the same', async () => {
    const where = layout();
    plant(where, `${name('a')}.r-1`, { ...me, pid: 4_194_305 });
    expect(await isFree(where, [exclusive('a')])).toBe(true);
    mkdirSync(where.lock(`${name('a')}.r-3`));
    expect(await isFree(where, [exclusive('a')])).toBe(true);
    plant(where, `${name('a')}.r-2`, me);
    expect(await isFree(where, [exclusive('a')])).toBe(false);
  });

  it("who died while he took a dead one's lock away keeps nobody from it", async () => {
    const where = layout();
    const dead = { ...me, pid: 4_194_305 };
    plant(where, name('a'), { ...dead, token: 'first' });
    plant(where, `${name('a')}.first`, { ...dead, token: 'second' });
    plant(where, `${name('a')}.first.second`, { ...dead, token: 'third' });
    expect(await isFree(where, [exclusive('a')])).toBe(true);
    expect(locksLeft(where)).toEqual([]);
  });
});

describe('several processes', () => {
  it('killed holder: its lock is taken over at once', async () => {
    const where = layout();
    const child = spawnWorker(where, 'hold', 'a', 'b:shared');
    await heldBy(child);
    expect(await isFree(where, [exclusive('a')])).toBe(false);
    expect(await isFree(where, [exclusive('b')])).toBe(false);
    expect(await isFree(where, [shared('b')])).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = await take(where, [exclusive('a'), exclusive('b')]);
    expect(lock.waited).toBe(false);
    lock.release();
  });

  it('stopped holder: alive, however long', async () => {
    const where = layout();
    const child = spawnWorker(where, 'hold', 'a');
    await heldBy(child);
    child.kill('SIGSTOP');
    const old = new Date(0);
    utimesSync(where.lock(name('a')), old, old);
    expect(await isFree(where, [exclusive('a')])).toBe(false);
  });

  it('a zombie holds nothing', async () => {
    const where = layout();
    // The shell starts the holder and never asks how it ended.
    const shell = spawn(
      'sh',
      ['-c', `"$0" "$1" "$2" hold a & echo $!; exec sleep 60`, BUN, WORKER, join(where.base, '..')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => void shell.kill('SIGKILL'));
    let said = '';
    for await (const text of shell.stdout) {
      said += text;
      if (said.includes('held\n')) break;
    }
    const pid = Number(/\d+/.exec(said)?.[0]);
    process.kill(pid, 'SIGKILL');
    while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await sleep(5);
    expect(existsSync(where.lock(name('a')))).toBe(true);
    expect(await isFree(where, [exclusive('a')])).toBe(true);
  });

  it('a crowd: one at a time, also when holders are killed amid it and many see the same dead one', async () => {
    const where = layout();
    const killed = spawnWorker(where, 'hold', 'a', 'z');
    await heldBy(killed);
    const crowd = Array.from({ length: 5 }, (_, at) =>
      spawnWorker(where, 'count', '25', 'a', at % 2 === 0 ? 'y' : 'z', 'x:shared'),
    );
    await sleep(300);
    killed.kill('SIGKILL');
    const exits = await Promise.all(crowd.map(async (child) => (await once(child, 'exit'))[0] as number));
    expect(exits).toEqual([0, 0, 0, 0, 0]);
    expect(locksLeft(where)).toEqual([]);
  });
});
