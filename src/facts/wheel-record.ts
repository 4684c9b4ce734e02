import type { Fact } from '../plugin.ts';
import { withoutUser } from './_user-info.ts';
import type { WheelRecord } from './values.ts';

/** Lines of CSV (PEP 376): path, digest, size. A path with a comma or a quote stands in quotes. With an address of somebody in it, it is no list. */
export const fact: Fact<null, WheelRecord> = {
  name: 'wheel-record',
  version: 2,
  compute(bytes) {
    const paths: string[] = [];
    const text = Buffer.from(bytes).toString('utf8');
    if (withoutUser(text) !== text) return { paths };
    for (const line of text.split(/\r?\n/)) {
      const [, quoted, plain] = /^(?:"((?:[^"]|"")*)"|([^,"]+))(?:,|$)/.exec(line) ?? [];
      const path = quoted?.replace(/""/g, '"') ?? plain;
      if (path !== undefined) paths.push(path);
    }
    return { paths };
  },
};
