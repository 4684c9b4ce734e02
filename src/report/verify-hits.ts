/** What came of verifying a hit: a line on stderr, for a wrong hit more than one. */
import { oneLine } from '../base/one-line.ts';
import type { Unverified } from '../step/shadow.ts';
import type { Step } from '../step/step.ts';
import type { Difference, Verified } from '../step/verify-hit.ts';
import { bytes } from './units.ts';

export type Checked = Verified & { readonly plugin: string; readonly label: string; readonly key: string };

/** So many differences are shown. */
const SHOWN = 10;

/** @param json one line of JSON, whatever the verdict */
export async function reportCheck({ host, config }: Step, checked: Checked, json: boolean): Promise<void> {
  if (json) host.write(2, `${JSON.stringify({ v: 1, ...checked })}\n`);
  else if (checked.verdict !== 'same' || config.report !== 'none') host.write(2, checkText(checked));
}

function checkText(checked: Checked): string {
  const label = oneLine(checked.label);
  switch (checked.verdict) {
    case 'same':
      return `wgcache: verified: ${label}: run again, it makes the same\n`;
    case 'unverified':
      return `wgcache: not verified: ${label}: ${oneLine(unverifiedText(checked.reason))}\n`;
    case 'differs':
      return [
        `wgcache: WRONG HIT: ${label}: run again in a copy of the workspace, it makes something else`,
        ...checked.differences.slice(0, SHOWN).map((difference) => `         ${oneLine(differenceText(difference))}`),
        ...(checked.differences.length > SHOWN ? [`         … ${checked.differences.length - SHOWN} more`] : []),
        '         Its record is removed: the next run makes it anew. What the command reads that nobody declared, `wgcache audit` tells.',
        '',
      ].join('\n');
  }
}

function differenceText(difference: Difference): string {
  switch (difference.what) {
    case 'exit':
      return `exit ${difference.exit}, the record has 0: ${difference.lastLine}`;
    case 'output':
      return `${difference.path} differs`;
    case 'not-made':
      return `${difference.path} is not made`;
    case 'not-recorded':
      return `${difference.path} is made or kept, and the record has no such file`;
    case 'stdout':
    case 'stderr':
      return `${difference.what} differs: ${difference.line}`;
  }
}

function unverifiedText(reason: Unverified): string {
  switch (reason.code) {
    case 'too-large':
      return `the workspace is too large to be copied (over ${reason.files} files or ${bytes(reason.bytes)})`;
    case 'cannot-copy':
      return `the workspace cannot be copied: ${reason.detail}`;
    case 'homes-by-flag':
      return `${reason.flag} names a file of Helm's own, which a copy cannot take the place of`;
    case 'not-alike':
      return `a copy of the workspace is another step (${reason.what}): something names where it lies`;
    case 'changed-meanwhile':
      return `${reason.what} changed meanwhile`;
  }
}
