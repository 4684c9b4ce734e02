import type { Fact } from '../plugin.ts';
import type { WheelRecord } from './values.ts';

/** Lines of CSV (PEP 376): path, digest, size. A path with a comma or a quote stands in quotes. */
export const fact: Fact<null, WheelRecord> = {
  name: 'wheel-record',
  version: 1,
  compute(bytes) {
    const paths: string[] = [];
    for (const line of Buffer.from(bytes).toString('utf8').split(/\r?\n/)) {
      const [, quoted, plain] = /^(?:"((?:[^"]|"")*)"|([^,"]+))(?:,|$)/.exec(line) ?? [];
      const path = quoted?.replace(/""/g, '"') ?? plain;
      if (path !== undefined) paths.push(path);
    }
    return { paths };
  },
};
