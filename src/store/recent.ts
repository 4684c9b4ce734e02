/** The last keys of a step, newest first. Only for telling why a step missed: losing it changes no outcome. */

import { writeAtomic } from '../base/atomic.ts';
import { encodeChecked, readChecked } from '../base/checked.ts';
import { type Digest, isDigest } from '../base/digest.ts';
import type { Layout } from './layout.ts';

const VERSION = 1;
/** Enough to go back and forth between a few branches. */
const KEPT = 16;

export interface RecentKey {
  readonly key: Digest;
  readonly tool: string | null;
}

export function recentKeys(layout: Layout, step: Digest): RecentKey[] {
  const saved = readChecked(layout.recent(step), 'wgcache-recent', VERSION);
  return Array.isArray(saved) ? saved.filter(isRecentKey) : [];
}

function isRecentKey(entry: RecentKey | null | undefined): entry is RecentKey {
  return isDigest(entry?.key) && (entry.tool === null || typeof entry.tool === 'string');
}

export function rememberKey(layout: Layout, step: Digest, entry: RecentKey): void {
  const before = recentKeys(layout, step);
  if (before[0]?.key === entry.key) return;
  const keys = [entry, ...before.filter(({ key }) => key !== entry.key)].slice(0, KEPT);
  writeAtomic(
    layout.recent(step),
    encodeChecked('wgcache-recent', VERSION, Buffer.from(JSON.stringify(keys))),
    layout.temp,
  );
}
