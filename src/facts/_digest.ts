import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Json } from '../base/json.ts';

/** SHA-256, hex. */
export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** SHA-256, hex, of the canonical JSON (RFC 8785). */
export function digestOf(value: Json): string {
  return sha256(canonicalize(value) as string);
}
