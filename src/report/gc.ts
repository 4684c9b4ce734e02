/** What a collection did, for people and as JSON. */
import type { Tally } from '../store/gc-progress.ts';
import { bytes } from './units.ts';

export function gcText(tally: Tally, dir: string, dryRun: boolean): string {
  const { removed, kept, failed, failure } = tally;
  const freed = total(removed);
  const lines = [
    `${dryRun ? 'Would remove' : 'Removed'} ${parts(removed)}: ${bytes(freed)}${dryRun ? '' : ' freed'}.`,
    `${dryRun ? 'Would keep' : 'Kept'} ${parts(kept)}: ${bytes(total(kept))}, in ${dir}`,
  ];
  if (failed > 0) lines.push(`${count(failed, 'file')} could not be removed: ${failure}`);
  return `${lines.join('\n')}\n`;
}

export function gcJson(tally: Tally, dir: string, dryRun: boolean): string {
  const { removed, kept, failed, failure } = tally;
  const freedBytes = total(removed);
  return `${JSON.stringify({ v: 1, dir, dryRun, freedBytes, keptBytes: total(kept), removed, kept, failed, failure }, null, 2)}\n`;
}

type Counts = Tally['removed'];

function total({ records, blobs, other }: Counts): number {
  return records.bytes + blobs.bytes + other.bytes;
}

function parts({ records, blobs, other }: Counts): string {
  return `${count(records.files, 'record')}, ${count(blobs.files, 'blob')} and ${count(other.files, 'other file')}`;
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
