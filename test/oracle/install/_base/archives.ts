/** Archives made member by member, the same each time and as odd as may be. */
import { crc32, gzipSync } from 'node:zlib';

export interface Member {
  /** Of a directory: ends in `/`. */
  readonly name: string;
  readonly text: string;
  readonly mode: number;
  /** In seconds, even: zip knows no others. */
  readonly at: number;
  readonly link?: 'symbolic' | 'hard';
}

/** Text by name; one that begins with `#!` may be run. */
export type Files = Readonly<Record<string, string>>;

/** The time npm gives to all it packs, which zip knows, too. */
const PACKED = Date.UTC(1985, 9, 26, 8, 15) / 1000;

/** @param dir of all of them, with `/` at its end */
export function membersOf(dir: string, files: Files): Member[] {
  return Object.entries(files).map(([name, text]) => ({
    name: `${dir}${name}`,
    text,
    mode: text.startsWith('#!') ? 0o755 : 0o644,
    at: PACKED,
  }));
}

/** A symbolic link holds its target in `text`, a hard one the member it is. */
export function tarOf(members: readonly Member[]): Buffer {
  const blocks: Buffer[] = [];
  for (const { name, text, mode, at, link } of members) {
    const body = Buffer.from(link === undefined ? text : '');
    const head = Buffer.alloc(512);
    head.write(name, 0);
    for (const [value, place, digits] of [
      [mode, 100, 7],
      [0, 108, 7],
      [0, 116, 7],
      [body.length, 124, 11],
      [at, 136, 11],
    ] as const)
      head.write(value.toString(8).padStart(digits, '0'), place);
    head.write('        ', 148); // where the sum goes
    head.write(link === 'symbolic' ? '2' : link === 'hard' ? '1' : name.endsWith('/') ? '5' : '0', 156);
    if (link !== undefined) head.write(text, 157);
    head.write('ustar\x0000', 257);
    const sum = head.reduce((all, byte) => all + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(head, body, Buffer.alloc((512 - (body.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** @param level of compression: other bytes, the same members */
export function gzipped(bytes: Uint8Array, level: number): Buffer {
  return gzipSync(bytes, { level });
}

/** Stored, as Unix makes them; a hard link is no thing of zip, and left out. */
export function zipOf(members: readonly Member[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, text, mode, at, link } of members) {
    if (link === 'hard') continue;
    const [path, body] = [Buffer.from(name), Buffer.from(text)];
    const type = link === 'symbolic' ? 0o120000 : name.endsWith('/') ? 0o040000 : 0o100000;
    const extra = Buffer.alloc(9); // UT: the time in UTC, so that the zone does not count
    extra.write('UT', 'latin1');
    extra.writeUInt16LE(5, 2);
    extra.writeUInt8(1, 4);
    extra.writeUInt32LE(at, 5);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(10, 0); // version
    common.writeUInt32LE(dosTime(at), 6);
    common.writeUInt32LE(crc32(body), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(body.length, 18);
    common.writeUInt16LE(path.length, 22);
    common.writeUInt16LE(extra.length, 24);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, extra, body]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((type | mode) << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([30, 3]), common, tail, path, extra]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

function dosTime(at: number): number {
  const time = new Date(at * 1000);
  const date = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  return ((date << 16) | (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1)) >>> 0;
}
