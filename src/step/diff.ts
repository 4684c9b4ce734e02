/** What differs between two keys: tagged values, most telling first. */
import canonicalize from 'canonicalize';
import { byCodeUnit } from '../base/paths.ts';
import type { KeyParts } from './key.ts';

export type KeyChange =
  | { readonly part: 'input'; readonly name: string; readonly change: 'changed' | 'appeared' | 'vanished' }
  | { readonly part: 'tool'; readonly name: string; readonly before: string | null; readonly after: string | null }
  | { readonly part: 'env'; readonly name: string; readonly change: 'changed' | 'set' | 'unset' }
  | { readonly part: 'fact'; readonly name: string; readonly change: 'changed' | 'appeared' | 'vanished' }
  | { readonly part: 'args' | 'cwd' | 'platform' | 'plugin' | 'version' };

/** Order of the answer: tools, the step's own words, environment, facts, inputs. */
export function changesBetween(before: KeyParts, after: KeyParts): KeyChange[] {
  const changes: KeyChange[] = [];
  for (const [name, old, now] of pairs(before.tools, after.tools))
    changes.push({ part: 'tool', name, before: old ?? null, after: now ?? null });
  for (const part of ['version', 'plugin', 'args', 'cwd', 'platform'] as const) {
    if (canonicalize(before[part]) !== canonicalize(after[part])) changes.push({ part });
  }
  for (const [name, old, now] of pairs(before.env, after.env)) {
    changes.push({
      part: 'env',
      name,
      change: (now ?? null) === null ? 'unset' : (old ?? null) === null ? 'set' : 'changed',
    });
  }
  for (const [name, old, now] of pairs(before.facts, after.facts))
    changes.push({ part: 'fact', name, change: changeOf(old, now) });
  for (const [name, old, now] of pairs(before.inputs, after.inputs)) {
    const there = (value: string | undefined) => (value === 'absent' ? undefined : value);
    changes.push({ part: 'input', name, change: changeOf(there(old), there(now)) });
  }
  return changes;
}

function changeOf(old: unknown, now: unknown): 'changed' | 'appeared' | 'vanished' {
  return old === undefined ? 'appeared' : now === undefined ? 'vanished' : 'changed';
}

/** Entries that differ, by name in code-unit order. */
function pairs<T>(
  before: { readonly [name: string]: T },
  after: { readonly [name: string]: T },
): [string, T | undefined, T | undefined][] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(byCodeUnit);
  return names
    .map((name): [string, T | undefined, T | undefined] => [name, own(before, name), own(after, name)])
    .filter(([, old, now]) => old === undefined || now === undefined || canonicalize(old) !== canonicalize(now));
}

function own<T>(record: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
