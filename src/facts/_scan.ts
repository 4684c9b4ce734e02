import { findCalls } from './_template.ts';
import type { TemplateScan, VolatileUse } from './values.ts';

const NOTHING: TemplateScan = { volatile: [], usesTpl: false, usesLookup: false, usesDns: false, assembled: false };

/** The volatile functions of one file, each with the line of its first use. Pictures and the like hold no actions that close. */
export function scanBytes(bytes: Uint8Array, file: string): TemplateScan {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // In a double-quoted YAML string a brace may be `\x7b`.
  const isEscaped = () => buffer.includes('\\') && /\\(x|u00|U000000)7b/i.test(buffer.toString('latin1'));
  if (!buffer.includes('{{') && !isEscaped()) return NOTHING;
  const calls = findCalls(buffer.toString('latin1'));
  const volatile = [...calls.volatile].map(([fn, line]) => ({ fn, file, line }));
  const { tpl, lookup, dns, assembled } = calls;
  return { volatile: volatile.sort(byPlace), usesTpl: tpl, usesLookup: lookup, usesDns: dns, assembled };
}

/** What several files use together, in one order whatever theirs. */
export function mergeScans(scans: readonly TemplateScan[]): TemplateScan {
  return {
    volatile: scans.flatMap((scan) => scan.volatile).sort(byPlace),
    usesTpl: scans.some((scan) => scan.usesTpl),
    usesLookup: scans.some((scan) => scan.usesLookup),
    usesDns: scans.some((scan) => scan.usesDns),
    assembled: scans.some((scan) => scan.assembled),
  };
}

function byPlace(a: VolatileUse, b: VolatileUse): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || (a.fn < b.fn ? -1 : 1);
}
