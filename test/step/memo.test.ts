/** Promise 2: a digest is remembered only where a later write would show in the stat. */
import { type BigIntStats, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { identityOf } from '../../src/base/stamp.ts';
import { type FileClock, hasSettled, Memo, NO_CLOCK, storeClock } from '../../src/step/memo.ts';
import { keepDigest } from '../../src/store/known.ts';
import { Layout } from '../../src/store/layout.ts';

const STEP = digestOf('a step');
const MS = 1_000_000n;

class Bench {
  readonly dir = mkdtempSync(join(tmpdir(), 'wgcache-memo-'));
  readonly layout = new Layout(join(this.dir, 'cache'));
  readonly file = join(this.dir, 'file');

  constructor() {
    onTestFinished(() => rmSync(this.dir, { recursive: true, force: true }));
    writeFileSync(this.file, 'one');
  }

  stat(): BigIntStats {
    return statSync(this.file, { bigint: true });
  }

  memo(clock: FileClock, writes = true): Memo {
    return new Memo(this.layout, STEP, clock, (work) => {
      if (writes) work();
    });
  }

  /** A clock that stands this long behind the file's last change. */
  after(ms: bigint, dev = this.stat().dev): FileClock {
    const { ctimeNs } = this.stat(); // a file just written: not before its mtime
    return { probe: () => ({ nowNs: ctimeNs + ms * MS, dev }) };
  }

  /** Whether a new memo answers from what this one saved: it is asked with the stat of `one` while the file holds `two`. */
  remembers(clock: FileClock): boolean {
    const stat = this.stat();
    const memo = this.memo(clock);
    expect(memo.digest(this.file, stat)).toBe(digestOf('one'));
    memo.save();
    writeFileSync(this.file, 'two');
    const answer = this.memo(clock).digest(this.file, stat);
    expect([digestOf('one'), digestOf('two')]).toContain(answer);
    return answer === digestOf('one');
  }
}

describe('the digest of a large file', () => {
  const one = Buffer.alloc(1 << 20, 'one');
  const two = Buffer.alloc(1 << 20, 'two');

  /** Whether another step's memo answers for `one` while the file holds `two`. */
  function isShared(bench: Bench, clock: FileClock, writes = true): boolean {
    const stat = bench.stat();
    expect(bench.memo(clock, writes).digest(bench.file, stat)).toBe(digestOf(one)); // not saved: only what is shared is left
    writeFileSync(bench.file, two);
    const other = new Memo(bench.layout, digestOf('another step'), clock, (work) => work());
    const answer = other.digest(bench.file, stat);
    expect([digestOf(one), digestOf(two)]).toContain(answer);
    return answer === digestOf(one);
  }

  it.each([
    ['is told to all steps', 21n, true, true],
    ['is told to none when its stat may hide a write', 19n, true, false],
    ['is not kept by who writes nothing', 21n, false, false],
  ])('%s', (_, ms, writes, shared) => {
    const bench = new Bench();
    writeFileSync(bench.file, one);
    expect(isShared(bench, bench.after(ms), writes)).toBe(shared);
  });

  it('is told to none when its times are whole seconds, as in an image of a file system', () => {
    const bench = new Bench();
    writeFileSync(bench.file, one);
    const kept = (ctimeNs: bigint): string => {
      const stat = Object.assign(bench.stat(), { ctimeNs });
      keepDigest(bench.layout, identityOf(stat), digestOf(two));
      return bench.memo(bench.after(9_000n)).digest(bench.file, stat);
    };
    expect(kept(5_000n * MS + 1n)).toBe(digestOf(two));
    expect(kept(5_000n * MS)).toBe(digestOf(one));
  });

  it('is that of one state of the file', () => {
    const bench = new Bench();
    writeFileSync(bench.file, one);
    const clock = bench.after(1_000n);
    bench.memo(clock).digest(bench.file, bench.stat());
    writeFileSync(bench.file, two);
    expect(bench.memo(bench.after(1_000n)).digest(bench.file, bench.stat())).toBe(digestOf(two));
  });
});

describe('a digest', () => {
  it.each([
    [0n, false],
    [5n, false],
    [20n, false],
    [21n, true],
    [-5_000n, false], // the file's clock is ahead of ours
  ])('of a file that changed %i ms ago', (ms, remembered) => {
    const bench = new Bench();
    expect(bench.remembers(bench.after(ms))).toBe(remembered);
  });

  it.each([
    [1_999n, false],
    [2_001n, true],
  ])('of a file on another device that changed %i ms ago', (ms, remembered) => {
    const bench = new Bench();
    expect(bench.remembers(bench.after(ms, 77n))).toBe(remembered);
  });

  it.each([
    ['whole seconds: a coarse file system', { mtimeNs: 5_000n * MS, ctimeNs: 5_000n * MS }, 1_000n, false],
    ['whole seconds, long enough', { mtimeNs: 5_000n * MS, ctimeNs: 5_000n * MS }, 2_001n, true],
    [
      'only the time of the content in whole seconds: somebody set it',
      { mtimeNs: 5_000n * MS, ctimeNs: 5_000n * MS + 1n },
      30n,
      true,
    ],
    ['a content newer than its inode', { mtimeNs: 5_000n * MS + 1n, ctimeNs: 1n }, 10n, false],
    ['an inode newer than its content', { mtimeNs: 1n, ctimeNs: 5_000n * MS + 1n }, 10n, false],
  ])('settles by the file system it lies on: %s', (_, times, ms, settled) => {
    expect(hasSettled({ dev: 1n, ...times }, { dev: 1n, nowNs: (5_000n + ms) * MS })).toBe(settled);
  });

  it('is not remembered without a clock, and asking costs nothing', () => {
    const broken: FileClock = {
      probe: () => {
        throw Object.assign(new Error('read-only'), { code: 'EROFS' });
      },
    };
    for (const clock of [NO_CLOCK, broken]) {
      const bench = new Bench();
      expect(bench.remembers(clock)).toBe(false);
    }
  });

  it('is not remembered when the file changed while it was hashed', () => {
    const bench = new Bench();
    const clock = bench.after(1_000n);
    const stat = bench.stat();
    writeFileSync(bench.file, 'two'); // after the stat, before the hash
    const memo = bench.memo(clock);
    expect(memo.digest(bench.file, stat)).toBe(digestOf('two'));
    memo.save();
    writeFileSync(bench.file, 'six');
    expect(bench.memo(clock).digest(bench.file, stat)).toBe(digestOf('six'));
  });

  it('sees a same-size edit whose time was put back', () => {
    const bench = new Bench();
    const old = new Date(Date.now() - 60_000);
    utimesSync(bench.file, old, old);
    const clock: FileClock = { probe: () => ({ nowNs: bench.stat().ctimeNs + 1_000n * MS, dev: bench.stat().dev }) };
    const memo = bench.memo(clock);
    expect(memo.digest(bench.file, bench.stat())).toBe(digestOf('one'));
    memo.save();
    writeFileSync(bench.file, 'two');
    utimesSync(bench.file, old, old);
    expect(bench.memo(clock).digest(bench.file, bench.stat())).toBe(digestOf('two'));
  });

  it('is asked of the clock once for many files', () => {
    const bench = new Bench();
    const { dev } = bench.stat();
    const probe = vi.fn(() => ({ nowNs: 1n << 62n, dev }));
    const clock: FileClock = { probe };
    const memo = bench.memo(clock);
    for (let at = 0; at < 5; at++) {
      const path = join(bench.dir, `f${at}`);
      writeFileSync(path, String(at));
      memo.digest(path, statSync(path, { bigint: true }));
    }
    expect(probe).toHaveBeenCalledTimes(1);
  });

  it('of the real clock: not right after the write, but once it has settled', async () => {
    const bench = new Bench();
    mkdirSync(bench.layout.base, { recursive: true });
    const clock = storeClock(bench.layout);
    expect(bench.remembers(clock)).toBe(false);
    writeFileSync(bench.file, 'one');
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(bench.remembers(clock)).toBe(true);
  });
});

describe('what is saved', () => {
  it.each(['', 'wgcache-memo 1 0000000000000000 2\n{}', 'garbage\n\n', '\0'.repeat(5_000)])(
    'damage is nothing: %j',
    (text) => {
      const bench = new Bench();
      mkdirSync(join(bench.layout.memo(STEP), '..'), { recursive: true });
      writeFileSync(bench.layout.memo(STEP), text);
      expect(bench.memo(NO_CLOCK).digest(bench.file, bench.stat())).toBe(digestOf('one'));
    },
  );

  it('facts are shared by all steps, by their whole name, whatever their value', () => {
    const bench = new Bench();
    for (const value of [null, 0, false, '', [], { a: [1, null] }]) {
      const id = `fact ${JSON.stringify(value)}`;
      bench.memo(NO_CLOCK).rememberFact(id, value);
      const other = new Memo(bench.layout, digestOf('another step'), NO_CLOCK, (work) => work());
      expect(other.fact(id)).toEqual(value);
      expect(other.fact(`${id} `)).toBeUndefined();
    }
  });

  it('two processes that save at once leave one whole memo', () => {
    const bench = new Bench();
    const memos = [bench.memo(bench.after(100n)), bench.memo(bench.after(100n))];
    for (const [at, memo] of memos.entries()) {
      memo.digest(bench.file, bench.stat());
      memo.rememberFact(`f${at}`, at);
    }
    for (const memo of memos) memo.save();
    expect(bench.memo(NO_CLOCK).digest(bench.file, bench.stat())).toBe(digestOf('one'));
  });

  it('nothing is written where nothing may be', () => {
    const bench = new Bench();
    const memo = bench.memo(NO_CLOCK, false);
    memo.digest(bench.file, bench.stat());
    memo.rememberFact('f', 1);
    memo.save();
    expect(() => statSync(bench.layout.base)).toThrow('ENOENT');
  });
});
