/**
 * The key: SHA-256 of the canonical JSON (RFC 8785) of everything that may change the result. All of its parts stand here.
 * The canonical text is itself kept as a blob, whose name is then the key: that is what a later miss is compared with.
 */
import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Json } from '../base/json.ts';

/** Bump it when equal parts may now mean another result. */
export const KEY_VERSION = 1;

export interface KeyParts {
  readonly version: typeof KEY_VERSION;
  readonly plugin: { readonly name: string; readonly version: number };
  readonly args: readonly string[];
  /** Relative to the root. */
  readonly cwd: string;
  /** `linux/x64`. */
  readonly platform: string;
  /** Name to `sha256:…` of the value, `hmac:…` for a secret, or null for absent (absent is not empty). */
  readonly env: { readonly [name: string]: string | null };
  readonly tools: { readonly [name: string]: Digest };
  /** Name of the path to what is there: `file <digest>`, `exec <digest>`, `dir`, `absent`, `link <target> -> …`. */
  readonly inputs: { readonly [name: string]: string };
  /** What was derived, asked or worked out. */
  readonly facts: { readonly [name: string]: Json };
}

export interface StepKey {
  readonly key: Digest;
  /** The bytes that were hashed. */
  readonly canonical: string;
  readonly parts: KeyParts;
}

export function keyOf(parts: KeyParts): StepKey {
  const canonical = canonicalize(parts);
  if (canonical === undefined) throw new TypeError('a key cannot be undefined');
  return { key: digestOf(canonical), canonical, parts };
}
