import { expect, it } from 'vitest';
import { parseSize } from '../../src/base/size.ts';

it.each([
  ['0', 0],
  ['4096', 4096],
  ['4096B', 4096],
  ['10GB', 10e9],
  ['10 GB', 10e9],
  ['10gb', 10e9],
  ['10G', 10e9],
  ['512MiB', 512 * 1024 ** 2],
  ['512Mi', 512 * 1024 ** 2],
  ['1.5KiB', 1536],
  ['0.5k', 500],
  ['2T', 2e12],
  ['1TiB', 1024 ** 4],
])('%s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes));

it.each([
  '',
  ' ',
  'GB',
  '-1',
  '+1',
  '1,5GB',
  '1e9',
  '10 XB',
  '10GBB',
  '10  GB',
  '10iB',
  '1.',
  '.5',
  ' 10',
  '10 ',
  '10EB',
  '99999999TB',
  '0x10',
])('%j is no size', (text) => expect(parseSize(text)).toBe(null));
