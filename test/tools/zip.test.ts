/** Zip archives made here byte by byte; a real wheel is read in test/e2e/tools-sources.test.ts. */
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { unzip } from '../../src/tools/zip.ts';

interface Member {
  readonly path: string;
  readonly text: string;
  readonly mode?: number;
  readonly stored?: boolean;
  readonly crc?: number;
  readonly size?: number;
  readonly method?: number;
}

function zipOf(members: readonly Member[], comment = ''): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, text, mode = 0o100644, stored = false, crc, size, method } of members) {
    const body = Buffer.from(text);
    const packed = stored ? body : deflateRawSync(body);
    const name = Buffer.from(path);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt8(3, 5);
    central.writeUInt16LE(method ?? (stored ? 0 : 8), 10);
    central.writeUInt32LE(crc ?? crc32(body), 16);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(size ?? body.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE((mode << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    directory.push(central, name);
    parts.push(local, name, packed);
    offset += 30 + name.length + packed.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, list, end, Buffer.from(comment)]);
}

let base: string;
let out: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'wgcache-zip-'));
  out = mkdtempSync(join(base, 'out-'));
  onTestFinished(() => rmSync(base, { recursive: true }));
});

async function unpacked(bytes: Buffer, takes: (path: string) => boolean = () => true): Promise<void> {
  writeFileSync(join(base, 'a.zip'), bytes);
  await unzip(join(base, 'a.zip'), out, takes);
}

test('files packed and stored, modes, directories, links, a comment', async () => {
  await unpacked(
    zipOf(
      [
        { path: 'dir/', text: '', mode: 0o40755, stored: true },
        { path: 'dir/tool', text: 'x'.repeat(10_000), mode: 0o100755 },
        { path: 'note', text: 'n', stored: true },
        { path: 'dir/link', text: 'tool', mode: 0o120777, stored: true },
        { path: 'empty', text: '' },
      ],
      'PK comment',
    ),
  );
  expect(readFileSync(join(out, 'dir/tool'), 'utf8')).toBe('x'.repeat(10_000));
  expect(statSync(join(out, 'dir/tool')).mode & 0o111).not.toBe(0);
  expect(statSync(join(out, 'note')).mode & 0o111).toBe(0);
  expect(readlinkSync(join(out, 'dir/link'))).toBe('tool');
  expect(readFileSync(join(out, 'empty'), 'utf8')).toBe('');
});

test('only what is asked for', async () => {
  await unpacked(
    zipOf([
      { path: 'a', text: '1' },
      { path: 'b', text: '2' },
    ]),
    (path) => path === 'b',
  );
  expect(readdirSync(out)).toEqual(['b']);
});

test.each(['../out', '/abs', 'a/../../b', 'a//b', 'C:/x', 'a\\b'])('refuses the path %s', async (path) => {
  await expect(unpacked(zipOf([{ path, text: '1' }]))).rejects.toMatchObject({ problem: { code: 'unsafe' } });
  expect(readdirSync(out)).toEqual([]);
});

test.each(['/etc/passwd', '../x', 'a/../../x'])('refuses a link to %s', async (target) => {
  await expect(unpacked(zipOf([{ path: 'l', text: target, mode: 0o120777 }]))).rejects.toMatchObject({
    problem: { code: 'unsafe' },
  });
});

test('never writes through a link of its own', async () => {
  const members = [
    { path: 'd', text: 'e', mode: 0o120777, stored: true },
    { path: 'd', text: 'x' },
  ];
  await expect(unpacked(zipOf(members))).rejects.toThrow('EEXIST');
  expect(lstatSync(join(out, 'd')).isSymbolicLink()).toBe(true);
});

test.each([
  ['a wrong sum', zipOf([{ path: 'a', text: '1', crc: 5 }])],
  ['more than it says', zipOf([{ path: 'a', text: 'x'.repeat(100_000), size: 10 }])],
  ['less than it says', zipOf([{ path: 'a', text: 'x', size: 10 }])],
  ['another packing', zipOf([{ path: 'a', text: 'x', method: 12 }])],
  ['no archive', Buffer.from('hello')],
  ['nothing', Buffer.alloc(0)],
  ['cut off', zipOf([{ path: 'a', text: 'x'.repeat(1_000) }]).subarray(0, 100)],
])('%s', async (_, bytes) => {
  await expect(unpacked(bytes)).rejects.toThrow(/./);
});
