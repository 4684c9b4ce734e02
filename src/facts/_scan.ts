import { findCalls } from './_template.ts';
import type { TemplateScan, VolatileUse } from './values.ts';

const NOTHING: TemplateScan = { volatile: [], usesTpl: false, usesLookup: false, usesDns: false };

/** The volatile functions of one file, each with the line of its first use. Pictures and the like hold no actions that close. */
export function scanBytes(bytes: Uint8Array, file: string): TemplateScan {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.includes('{{')) return NOTHING;
  const calls = findCalls(buffer.toString('latin1'));
  const volatile = [...calls.volatile].map(([fn, line]) => ({ fn, file, line }));
  return { volatile: volatile.sort(byPlace), usesTpl: calls.tpl, usesLookup: calls.lookup, usesDns: calls.dns };
}

/** What several files use together, in one order whatever theirs. */
export function mergeScans(scans: readonly TemplateScan[]): TemplateScan {
  return {
    volatile: scans.flatMap((scan) => scan.volatile).sort(byPlace),
    usesTpl: scans.some((scan) => scan.usesTpl),
    usesLookup: scans.some((scan) => scan.usesLookup),
    usesDns: scans.some((scan) => scan.usesDns),
  };
}

function byPlace(a: VolatileUse, b: VolatileUse): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || (a.fn < b.fn ? -1 : 1);
}
