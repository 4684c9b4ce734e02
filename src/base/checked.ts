/**
 * Small files of the store (memo, record): one head line `NAME VERSION SUM LENGTH`, then JSON. Whatever does not fit its head reads as
 * absent: damage can only be slow. The sum is the start of the body's SHA-256: it guards against torn writes and rot, not against an
 * attacker. (zlib's CRC-32 would do, but importing node:zlib costs a hit 5 ms under bun; SHA-256 is loaded anyway.)
 */
import { readFileSync } from 'node:fs';
import { errorCode } from './atomic.ts';
import { digestOf } from './digest.ts';

export function encodeChecked(name: string, version: number, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${name} ${version} ${sumOf(body)} ${body.length}\n`), body]);
}

/** The body, or null when the head does not fit it. */
export function decodeChecked(name: string, version: number, bytes: Uint8Array): Buffer | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.indexOf(10);
  if (end < 0 || end > 80) return null;
  const [headName, headVersion, sum, length] = buffer.toString('latin1', 0, end).split(' ');
  const body = buffer.subarray(end + 1);
  if (headName !== name || headVersion !== String(version) || length !== String(body.length)) return null;
  return sum === sumOf(body) ? body : null;
}

function sumOf(body: Uint8Array): string {
  return digestOf(body).slice(0, 16);
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
