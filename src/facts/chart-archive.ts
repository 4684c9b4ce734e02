import type { Fact } from '../plugin.ts';
import { type Findings, lookAtArchive } from './_chart.ts';
import { MAX_ARCHIVE_BYTES } from './_members.ts';
import { mergeScans } from './_scan.ts';
import type { ChartArchive } from './values.ts';

/**
 * `meaning: null` also says that not all of the archive was looked into: then what the scans did *not* find proves nothing.
 */
export const fact: Fact<null, ChartArchive> = {
  name: 'chart-archive',
  version: 2,
  compute(bytes) {
    const findings: Findings = {
      budget: { bytes: MAX_ARCHIVE_BYTES },
      unseen: false,
      duplicates: new Set(),
      templates: [],
      others: [],
      remoteRefs: [],
    };
    const { loads, name, version, meaning } = lookAtArchive(bytes, '', 0, findings);
    return {
      loads: loads && !findings.unseen,
      name,
      version,
      meaning: findings.unseen ? null : meaning,
      duplicates: [...findings.duplicates].sort(),
      templates: mergeScans(findings.templates),
      others: mergeScans(findings.others),
      remoteRefs: findings.remoteRefs.sort((a, b) => (a.file + a.ref < b.file + b.ref ? -1 : 1)),
    };
  },
};
