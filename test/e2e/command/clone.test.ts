/**
 * Large files: the kernel is asked to clone before it copies, into the store and back. Where the file system can (btrfs, XFS) the blocks are shared; the tests' own
 * mostly cannot, so what is looked at is that it was asked, and that the copy came after a no.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Rig } from '../rig.ts';

const SIZE = 3 << 20;

test('a clone is tried first, and what came is the same', async () => {
  const rig = (await Rig.open()).write({ in: Buffer.alloc(SIZE, 'wgcache') });
  const log = join(rig.base, 'calls');
  const traced = async (outcome: string): Promise<string[]> => {
    const wrap = ['wgcache', 'wrap', '--input', 'in', '--output', 'out', '--', 'sh', '-c', 'dd if=in of=out bs=1M'];
    const calls = 'ioctl,copy_file_range,sendfile';
    const ran = await rig.bare(['strace', '-f', '-q', '-e', `trace=${calls}`, '-e', 'signal=none', '-o', log, ...wrap]);
    expect(ran.exit, ran.stderr).toBe(0);
    expect(ran.told).toMatchObject([{ outcome }]);
    expect(rig.read('out') === rig.read('in')).toBe(true);
    const large = new RegExp(`FICLONE|(?:copy_file_range|sendfile)\\(.*\\b${SIZE}\\b`);
    return readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => large.test(line));
  };
  const shared = /FICLONE.* = 0$/;
  const refused = /FICLONE.* = -1 (EOPNOTSUPP|EXDEV|EINVAL|ENOTTY)/;

  for (const outcome of ['miss', 'restored']) {
    const [first = '', second = ''] = await traced(outcome);
    if (!shared.test(first)) {
      expect(first).toMatch(refused);
      expect(second).toMatch(/copy_file_range|sendfile/);
    }
    rig.remove('out');
  }
});
