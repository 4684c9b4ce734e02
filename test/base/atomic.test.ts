/** Whole or not at all. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAtomic, writeAtomic } from '../../src/base/atomic.ts';
import { decodeChecked, encodeChecked, readChecked } from '../../src/base/checked.ts';
import { digestFile, digestOf, isDigest } from '../../src/base/digest.ts';
import { oneLine } from '../../src/base/one-line.ts';
import { byCodeUnit, insideName, pathFault } from '../../src/base/paths.ts';

function place(): string {
  const dir = mkdtempSync(join(tmpdir(), 'wgcache-base-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const A = Buffer.from('a');
const B = Buffer.from('bb');

describe('writeAtomic', () => {
  it('makes the directories on the way, private, and leaves nothing unfinished', () => {
    const dir = place();
    writeAtomic(join(dir, 'x/y/file'), A, join(dir, 'tmp'));
    writeAtomic(join(dir, 'x/y/file'), B, join(dir, 'tmp'));
    expect(readFileSync(join(dir, 'x/y/file'), 'utf8')).toBe('bb');
    expect(statSync(join(dir, 'x/y/file')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'x')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(dir, 'tmp'))).toEqual([]);
  });

  it('replaces a link, not what it leads to, and a directory that is damage', () => {
    const dir = place();
    writeFileSync(join(dir, 'mine'), 'mine');
    symlinkSync('mine', join(dir, 'link'));
    writeAtomic(join(dir, 'link'), A, join(dir, 'tmp'));
    expect([readFileSync(join(dir, 'link'), 'utf8'), readFileSync(join(dir, 'mine'), 'utf8')]).toEqual(['a', 'mine']);
    mkdirSync(join(dir, 'dir/full'), { recursive: true });
    writeAtomic(join(dir, 'dir'), A, join(dir, 'tmp'));
    expect(readFileSync(join(dir, 'dir'), 'utf8')).toBe('a');
  });

  it('where nothing can be made comes back and says so', () => {
    expect(() => writeAtomic('/proc/none/below/file', A, '/proc/none/tmp')).toThrow('ENOENT');
  });

  it('that fails leaves what was there, and nothing unfinished', () => {
    const dir = place();
    writeFileSync(join(dir, 'file'), 'old');
    expect(() => writeAtomic(join(dir, 'file/below'), A, join(dir, 'tmp'))).toThrow('ENOTDIR');
    expect(readFileSync(join(dir, 'file'), 'utf8')).toBe('old');
    expect(readdirSync(join(dir, 'tmp'))).toEqual([]);
  });
});

describe('createAtomic', () => {
  it('is for the first one only', () => {
    const dir = place();
    expect(createAtomic(join(dir, 'x/file'), A, join(dir, 'tmp'))).toBe(true);
    expect(createAtomic(join(dir, 'x/file'), B, join(dir, 'tmp'))).toBe(false);
    expect(readFileSync(join(dir, 'x/file'), 'utf8')).toBe('a');
    symlinkSync('nowhere', join(dir, 'dangling'));
    expect(createAtomic(join(dir, 'dangling'), A, join(dir, 'tmp'))).toBe(false);
    expect(existsSync(join(dir, 'nowhere'))).toBe(false);
    expect(readdirSync(join(dir, 'tmp'))).toEqual([]);
  });
});

describe('checked files', () => {
  it('give back what was put in, or nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), fc.integer({ min: 1, max: 255 }), (body, at, flip) => {
        const bytes = Uint8Array.from(encodeChecked('n', 1, body));
        expect(decodeChecked('n', 1, bytes)).toEqual(Buffer.from(body));
        expect(decodeChecked('m', 1, bytes)).toBeNull();
        expect(decodeChecked('n', 2, bytes)).toBeNull();
        expect(decodeChecked('n', 1, bytes.subarray(0, -1))).toBeNull();
        expect(decodeChecked('n', 1, Buffer.concat([bytes, A]))).toBeNull();
        bytes[at % bytes.length]! ^= flip;
        expect(decodeChecked('n', 1, bytes)).toBeNull();
      }),
    );
  });

  it('are absent when they cannot be read, whatever stands there', () => {
    const dir = place();
    writeFileSync(join(dir, 'whole'), encodeChecked('n', 1, Buffer.from('{"a":1}')));
    writeFileSync(join(dir, 'no json'), encodeChecked('n', 1, Buffer.from('{')));
    mkdirSync(join(dir, 'dir'));
    symlinkSync('loop', join(dir, 'loop'));
    expect(readChecked(join(dir, 'whole'), 'n', 1)).toEqual({ a: 1 });
    for (const name of ['no json', 'dir', 'loop', 'none', 'whole/below', 'x'.repeat(300)])
      expect(readChecked(join(dir, name), 'n', 1), name).toBeNull();
  });
});

describe('digests', () => {
  it('of a file are those of its bytes, at any length', () => {
    const dir = place();
    for (const size of [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1]) {
      const bytes = Buffer.alloc(size, 'x');
      writeFileSync(join(dir, 'f'), bytes);
      expect(digestFile(join(dir, 'f'))).toEqual({ digest: digestOf(bytes), size });
    }
    expect(digestOf('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('are told from everything else', () => {
    expect(isDigest(digestOf('a'))).toBe(true);
    for (const other of [
      '',
      digestOf('a').toUpperCase(),
      `${digestOf('a')}\n`,
      digestOf('a').slice(1),
      null,
      1,
      ['a'.repeat(64)],
    ])
      expect(isDigest(other)).toBe(false);
  });
});

describe('names of paths', () => {
  it.each([
    ['/app', '/app', '.'],
    ['/app', '/app/a/b', 'a/b'],
    ['/app', '/apple', null],
    ['/app', '/', null],
    ['/app', '/app/..a', '..a'],
    ['/', '/a', 'a'],
    ['/', '/', '.'],
    ['/a/b', '/a/c', null],
  ])('below %s: %s is %s', (root, path, name) => {
    expect(insideName(root, path)).toBe(name);
  });

  it('that are faultless stay below whatever they are joined to', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('..', '.', '', 'a', '/', '\\', 'C:', '\0'), fc.string()), { maxLength: 6 }),
        (parts) => {
          const path = parts.join('/');
          if (pathFault(path) !== null) return;
          expect(insideName('/root/of/all', join('/root/of/all', path))).toBe(path);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('are ordered by code unit in every locale', () => {
    expect(['ä', 'z', 'Z', 'a', '\u{1F600}', '\uFFFD'].sort(byCodeUnit)).toEqual([
      'Z',
      'a',
      'z',
      'ä',
      '\u{1F600}',
      '\uFFFD',
    ]);
  });
});

it('oneLine: nothing moves the cursor or starts a line', () => {
  expect(oneLine('a\nb\r\t\x1b[31mc\x07\x7f\x9b\u2028ä')).toBe('a\\nb\\r\\t\\x1b[31mc\\x07\\x7f\\x9b\\x2028ä');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => !/[\0-\x1f\x7f-\x9f\u2028\u2029]/.test(oneLine(text))),
  );
});
