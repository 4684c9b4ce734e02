/** Computes a fact that is not remembered. Loaded facts and bytes only live for the call. */
import { readFileSync } from 'node:fs';
import canonicalize from 'canonicalize';
import { type Digest, digestOf } from '../base/digest.ts';
import type { Json } from '../base/json.ts';
import { FACTS } from '../facts/index.ts';
import type { Fact, FactName } from '../plugin.ts';
import { Bypass } from './bypass.ts';

/**
 * @param bytes a path, or how to get the bytes
 * @param digest what the bytes must hash to: a value is filed under it
 */
export async function computeFact(
  fact: FactName | Fact,
  bytes: string | (() => Promise<Uint8Array>),
  digest: Digest,
  params: Json,
): Promise<Json> {
  const computing = typeof fact === 'string' ? (await FACTS[fact]()).fact : fact;
  const content = typeof bytes === 'string' ? readFileSync(bytes) : await bytes();
  if (digestOf(content) !== digest) {
    throw new Bypass({
      code: 'unreadable',
      path: typeof bytes === 'string' ? bytes : 'a downloaded index',
      detail: 'it changed while it was read',
    });
  }
  return await computing.compute(content, params);
}

/** How a fact is called in the key. */
export function factLabel(fact: FactName | Fact<never, never> | Fact, params: Json | undefined): string {
  const name = typeof fact === 'string' ? fact : fact.name;
  return params === undefined || params === null ? name : `${name} ${canonicalize(params)}`;
}
