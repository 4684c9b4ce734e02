/** The repositories of a test file: started before its tests, ended after them. */
import { afterAll, beforeAll } from 'vitest';
import type { Loopback } from '../../scripts/loopback.d.mts';
import { startLoopback } from '../../scripts/loopback.mjs';
import { temporaryParent, toolPath } from './built.ts';

/**
 * @param crowd how much of the indexes' crowd is there. Helm parses every index anew in every run, up to half a second for one as long as upstream: where what is in
 *   an index is looked at and not how long it is, a twentieth does.
 * @returns how to get at them inside a test
 */
export function useLoopback(crowd = 0.05): () => Loopback {
  let loopback: Loopback | null = null;
  beforeAll(async () => {
    loopback = await startLoopback({
      helm: toolPath('HELM3'),
      registry: toolPath('REGISTRY'),
      dir: temporaryParent(),
      crowd,
    });
  });
  afterAll(async () => {
    await loopback?.close();
  });
  return () => {
    if (loopback === null) throw new Error('the repositories are there inside tests only');
    return loopback;
  };
}
