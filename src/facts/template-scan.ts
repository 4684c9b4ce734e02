import type { Fact } from '../plugin.ts';
import { scanBytes } from './_scan.ts';
import type { TemplateScan } from './values.ts';

export const fact: Fact<null, TemplateScan> = {
  name: 'template-scan',
  version: 2,
  compute(bytes) {
    return scanBytes(bytes, '');
  },
};
