import type { Fact } from '../plugin.ts';
import type { SchemaRefs } from './values.ts';

// The meta-schemas every validator carries; another one is fetched.
const KNOWN_META = /^https?:\/\/json-schema\.org\/(?:draft-0[4-7]|draft\/(?:2019-09|2020-12))\/schema#?$/;
const REFERENCES = new Set(['$ref', '$dynamicRef', '$recursiveRef']);

export const fact: Fact<null, SchemaRefs> = {
  name: 'schema-refs',
  version: 1,
  compute(bytes) {
    const remote = remoteRefs(bytes);
    return { ok: remote !== null, remote: remote ?? [] };
  },
};

/** References that leave the file, as written, sorted, each once; `null` when it is no JSON. Enumerations are searched too: more, never less. */
export function remoteRefs(bytes: Uint8Array): string[] | null {
  let root: unknown;
  try {
    root = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
  const found = new Set<string>();
  const own = idOf(root, undefined);
  // A queue, not recursion: the nesting of a hostile file is no stack overflow of ours.
  const queue: { readonly value: unknown; readonly base: string | undefined }[] = [{ value: root, base: undefined }];
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) {
    if (typeof item.value !== 'object' || item.value === null) continue;
    const base = idOf(item.value, item.base) ?? item.base;
    for (const [key, value] of Object.entries(item.value)) {
      queue.push({ value, base });
      if (typeof value !== 'string') continue;
      if (REFERENCES.has(key) && !value.startsWith('#') && !isOwn(value, base, own)) found.add(value);
      if (key === '$schema' && !KNOWN_META.test(value)) found.add(value);
    }
  }
  return [...found].sort();
}

/** The absolute URL an `$id` sets, without fragment. Draft 4 knows no `$id`, so there it says nothing. */
function idOf(value: unknown, base: string | undefined): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { $id, $schema } = value as { $id?: unknown; $schema?: unknown };
  if (typeof $id !== 'string' || (typeof $schema === 'string' && $schema.includes('draft-04'))) return undefined;
  return resolve($id, base);
}

function isOwn(reference: string, base: string | undefined, own: string | undefined): boolean {
  return own !== undefined && base !== undefined && resolve(reference, base) === own;
}

function resolve(reference: string, base: string | undefined): string | undefined {
  if (!URL.canParse(reference, base)) return undefined;
  const url = new URL(reference, base);
  url.hash = '';
  return url.href;
}
