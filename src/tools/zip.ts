/**
 * Zip archives (APPNOTE 6.3): stored and deflated members, Unix modes, links. Not known: encryption, ZIP64, several disks.
 */
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { writeAll } from '../base/atomic.ts';
import { pathFault } from '../base/paths.ts';
import { type ZipMember, zipDirectory } from '../base/zip-directory.ts';
import { ToolFault } from './problem.ts';

/** What no tool exceeds, and a bomb would. */
const MAX_MEMBER = 2 ** 31 - 1;

/** @param takes asked for each member's path. @throws ToolFault or Error for what is no such archive */
export async function unzip(file: string, dir: string, takes: (path: string) => boolean): Promise<void> {
  const bytes = readFileSync(file);
  for (const member of zipDirectory(bytes)) {
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

async function bodyOf(bytes: Buffer, { path, method, crc, packed, size, offset }: ZipMember): Promise<Buffer> {
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
