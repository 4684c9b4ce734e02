/**
 * Local files that only speed things up (memo, record): one head line `NAME VERSION CRC32 LENGTH`, then JSON. Whatever does not
 * fit its head reads as absent: damage can only be slow. CRC-32 guards against torn writes, not against an attacker.
 */
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { errorCode } from './atomic.ts';

export function encodeChecked(name: string, version: number, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${name} ${version} ${crc32(body).toString(16)} ${body.length}\n`), body]);
}

/** The body, or null when the head does not fit it. */
export function decodeChecked(name: string, version: number, bytes: Uint8Array): Buffer | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf(10);
  if (end < 0 || end > 80) return null;
  const [headName, headVersion, crc, length] = buffer.toString('latin1', 0, end).split(' ');
  const body = buffer.subarray(end + 1);
  if (headName !== name || headVersion !== String(version) || length !== String(body.length)) return null;
  return crc === crc32(body).toString(16) ? body : null;
}

/** Reads such a file as JSON; anything wrong with it is `null`. */
export function readChecked(path: string, name: string, version: number): unknown {
  try {
    const body = decodeChecked(name, version, readFileSync(path));
    return body === null ? null : JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (errorCode(error) === undefined && !(error instanceof SyntaxError)) throw error;
    return null;
  }
}
