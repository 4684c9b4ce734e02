import type { Fact } from '../plugin.ts';

/** Of any file: it is there. To look for one of several places without all of them entering the key. */
export const fact: Fact<null, true> = { name: 'presence', version: 1, compute: () => true };
