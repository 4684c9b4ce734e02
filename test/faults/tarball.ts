/** Tar archives as no tool would write them: every field by hand. */
import { crc32 as crc, deflateRawSync } from 'node:zlib';

export interface RawMember {
  readonly path: string | Buffer;
  /** `0` file, `5` directory, `x` extended header, … */
  readonly type?: string;
  readonly data?: string | Buffer;
  /** The twelve bytes of the size; the data's length when absent. */
  readonly size?: Buffer;
  readonly mode?: string;
  readonly prefix?: string;
  readonly linkname?: string;
  readonly magic?: string;
  /** False: the checksum does not fit. */
  readonly summed?: boolean;
  /** Zero bytes that fill its last block are left out. */
  readonly unpadded?: boolean;
}

const BLOCK = 512;

export function rawTar(members: readonly RawMember[], endBlocks = 2): Buffer {
  return Buffer.concat([...members.flatMap(blocksOf), Buffer.alloc(BLOCK * endBlocks)]);
}

function blocksOf(member: RawMember): Buffer[] {
  const data = Buffer.from(member.data ?? '');
  const header = Buffer.alloc(BLOCK);
  const put = (value: string | Buffer, at: number, length: number): void => {
    Buffer.from(value).copy(header, at, 0, length);
  };
  put(member.path, 0, 100);
  put(member.mode ?? '0000644\0', 100, 8);
  put('0000000\0', 108, 8);
  put('0000000\0', 116, 8);
  put(member.size ?? octal(data.length), 124, 12);
  put('00000000000\0', 136, 12);
  put(member.type ?? '0', 156, 1);
  put(member.linkname ?? '', 157, 100);
  put(member.magic ?? 'ustar\x0000', 257, 8);
  put(member.prefix ?? '', 345, 155);
  put('        ', 148, 8);
  const sum = header.reduce((total, byte) => total + byte, member.summed === false ? 1 : 0);
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8);
  return [header, data, Buffer.alloc(member.unpadded === true ? 0 : (BLOCK - (data.length % BLOCK)) % BLOCK)];
}

export function octal(size: number): Buffer {
  return Buffer.from(`${size.toString(8).padStart(11, '0')}\0`);
}

/** GNU's form for sizes that octal cannot hold, negative ones too. */
export function base256(size: bigint): Buffer {
  const bytes = Buffer.alloc(12);
  let rest = BigInt.asUintN(96, size);
  for (let at = 11; at >= 0; at--, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  bytes[0]! |= 0x80;
  return bytes;
}

/** `length key=value`, where the length may lie. */
export function pax(key: string, value: string, lie = 0): string {
  const text = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(text) + 1;
  while (String(length).length + Buffer.byteLength(text) !== length) length++;
  return `${length + lie}${text}`;
}

/** Gzip whose trailer says what it is told to. */
export function lyingGzip(data: Buffer, size: number, sum: number = crc(data)): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(sum >>> 0, 0);
  trailer.writeUInt32LE(size >>> 0, 4);
  return Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), deflateRawSync(data), trailer]);
}
