/**
 * Zip archives (APPNOTE 6.3): stored and deflated members, Unix modes, links. Not known: encryption, ZIP64, several disks. The central
 * directory counts, as for every unzip.
 */
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { writeAll } from '../base/atomic.ts';
import { pathFault } from '../base/paths.ts';
import { ToolFault } from './problem.ts';

/** What no tool exceeds, and a bomb would. */
const MAX_MEMBER = 2 ** 31 - 1;

interface Member {
  readonly path: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
  /** Unix mode with the kind of file; 0: not said. */
  readonly mode: number;
}

/** @param takes asked for each member's path. @throws ToolFault or Error for what is no such archive */
export async function unzip(file: string, dir: string, takes: (path: string) => boolean): Promise<void> {
  const bytes = readFileSync(file);
  for (const member of membersOf(bytes)) {
    const { path, mode } = member;
    if (!takes(path)) continue;
    const fault = pathFault(path.replace(/\/$/, ''));
    if (fault !== null) throw new ToolFault({ code: 'unsafe', path, detail: fault });
    const target = join(dir, path);
    if (path.endsWith('/')) {
      mkdirSync(target, { recursive: true });
      continue;
    }
    mkdirSync(dirname(target), { recursive: true });
    const body = await bodyOf(bytes, member);
    if ((mode & 0o170000) === 0o120000) {
      const link = body.toString('utf8');
      if (pathFault(link) !== null) throw new ToolFault({ code: 'unsafe', path, detail: `a link to ${link}` });
      symlinkSync(link, target);
      continue;
    }
    const fd = openSync(target, 'wx', 0o600);
    try {
      writeAll(fd, body);
    } finally {
      closeSync(fd);
    }
    chmodSync(target, (mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}

function membersOf(bytes: Buffer): Member[] {
  // The end record is followed by a comment of at most 64 KiB.
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0 || bytes.length - end > 22 + 0xffff || end + 22 > bytes.length) throw new Error('it is no zip archive');
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff) throw new Error('it is a ZIP64 archive');
  const members: Member[] = [];
  for (let i = 0; i < count; i++) {
    if (bytes.readUInt32LE(at) !== 0x02014b50) throw new Error('its directory is damaged');
    const [name, extra, comment] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    const madeOn = bytes.readUInt8(at + 5);
    members.push({
      path: bytes.toString('utf8', at + 46, at + 46 + name),
      method: bytes.readUInt16LE(at + 10),
      crc: bytes.readUInt32LE(at + 16),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      offset: bytes.readUInt32LE(at + 42),
      mode: madeOn === 3 || madeOn === 19 ? bytes.readUInt32LE(at + 38) >>> 16 : 0,
    });
    at += 46 + name + extra + comment;
  }
  return members;
}

async function bodyOf(bytes: Buffer, { path, method, crc, packed, size, offset }: Member): Promise<Buffer> {
  if (size > MAX_MEMBER) throw new Error(`${path} is too large`);
  if (bytes.readUInt32LE(offset) !== 0x04034b50) throw new Error(`${path} is damaged`);
  const from = offset + 30 + bytes.readUInt16LE(offset + 26) + bytes.readUInt16LE(offset + 28);
  const raw = bytes.subarray(from, from + packed);
  let body: Buffer;
  if (method === 0) body = raw;
  else if (method === 8)
    body = await promisify<Buffer, object, Buffer>(inflateRaw)(raw, { maxOutputLength: Math.max(1, size) });
  else throw new Error(`${path} is packed in a way that is not known (${method})`);
  if (body.length !== size || crc32(body) !== crc) throw new Error(`${path} is damaged`);
  return body;
}
