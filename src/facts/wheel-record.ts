import type { Fact } from '../plugin.ts';
import { withoutUser } from './_user-info.ts';
import type { WheelRecord } from './values.ts';

/** Lines of CSV (PEP 376): path, digest, size. A path with a comma or a quote stands in quotes. With an address of somebody in it, it is no list. */
export const fact: Fact<null, WheelRecord> = {
  name: 'wheel-record',
  version: 3,
  compute(bytes) {
    const paths: string[] = [];
    const sums: (string | null)[] = [];
    const text = Buffer.from(bytes).toString('utf8');
    if (withoutUser(text) !== text) return { paths, sums };
    for (const line of text.split(/\r?\n/)) {
      const [, quoted, plain, sum] =
        /^(?:"((?:[^"]|"")*)"|([^,"]+))(?:,(?:sha256=([\w-]{43})(?:,|$))?|$)/.exec(line) ?? [];
      const path = quoted?.replace(/""/g, '"') ?? plain;
      if (path === undefined) continue;
      paths.push(path);
      sums.push(sum === undefined ? null : Buffer.from(sum, 'base64url').toString('hex'));
    }
    return { paths, sums };
  },
};
