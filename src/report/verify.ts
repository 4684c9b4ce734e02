/** What `verify` found, for people and as JSON. */
import { oneLine } from '../base/one-line.ts';
import type { Damage, DamageKind, Verified } from '../store/verify.ts';
import { count } from './gc.ts';
import { bytes, duration } from './units.ts';

export interface VerifyTold {
  readonly dir: string;
  readonly repair: boolean;
  readonly ms: number;
}

/** More lines than these help nobody; JSON has all. */
const SHOWN = 20;

const KIND_TEXT: Readonly<Record<DamageKind, string>> = {
  'blob-damaged': 'damaged blob',
  'record-damaged': 'damaged record',
  'record-incomplete': 'incomplete record',
  'file-damaged': 'damaged file',
  unreadable: 'unreadable',
};

export function verifyText(verified: Verified, { dir, repair, ms }: VerifyTold): string {
  const { records, blobs, other, bytes: read, damage, orphans, leftovers, foreign } = verified;
  const lines = [
    `${count(records, 'record')}, ${count(blobs, 'blob')} and ${count(other, 'other file')} checked (${bytes(read)}) in ${duration(ms)}, in ${dir}`,
    ...listed(damage.map(damageLine)),
  ];
  if (orphans.files > 0)
    lines.push(
      `${count(orphans.files, 'blob')} named by no record (${bytes(orphans.bytes)}): \`wgcache gc\` removes them`,
    );
  if (leftovers > 0)
    lines.push(`${count(leftovers, 'file')} left by processes that are gone: \`wgcache gc\` removes them`);
  if (foreign.length > 0) lines.push(`not of the store, and left alone: ${listed(foreign).join(', ')}`);
  lines.push(verdict(damage, repair));
  return `${lines.map(oneLine).join('\n')}\n`;
}

function damageLine({ kind, path, detail, removed }: Damage): string {
  return `  ${KIND_TEXT[kind]}: ${path}: ${detail}${removed ? '; removed' : ''}`;
}

function listed(lines: readonly string[]): string[] {
  return lines.length <= SHOWN
    ? [...lines]
    : [...lines.slice(0, SHOWN), `  … and ${lines.length - SHOWN} more (--json has all)`];
}

function verdict(damage: readonly Damage[], repair: boolean): string {
  if (damage.length === 0) return 'No damage.';
  const left = damage.filter(({ removed }) => !removed).length;
  if (repair && left === 0)
    return `Repaired: ${count(damage.length, 'file')} removed; the steps that need them run once more.`;
  if (repair) return `${left} of ${damage.length} could not be removed.`;
  return `${damage.length} damaged. They count as absent; \`wgcache verify --repair\` removes them.`;
}

export function verifyJson(verified: Verified, { dir, repair, ms }: VerifyTold): string {
  return `${JSON.stringify({ v: 1, dir, repair, ms: Math.round(ms), ...verified }, null, 2)}\n`;
}
