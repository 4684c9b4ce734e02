import type { Fact } from '../plugin.ts';

/** Of uv itself: whether it leaves this file beside what it built (0.13 does), or does not know the name (0.8.9). */
export const fact: Fact<null, boolean> = {
  name: 'uv-marks',
  version: 1,
  compute: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('uv_build.json'),
};
