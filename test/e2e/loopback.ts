/** The repositories of a test file: started before its tests, ended after them. */
import { afterAll, beforeAll } from 'vitest';
import type { Loopback } from '../../scripts/loopback.d.mts';
import { startLoopback } from '../../scripts/loopback.mjs';
import { temporaryParent, toolPath } from './built.ts';

/** @returns how to get at them inside a test */
export function useLoopback(): () => Loopback {
  let loopback: Loopback | null = null;
  beforeAll(async () => {
    loopback = await startLoopback({ helm: toolPath('HELM3'), registry: toolPath('REGISTRY'), dir: temporaryParent() });
  });
  afterAll(async () => {
    await loopback?.close();
  });
  return () => {
    if (loopback === null) throw new Error('the repositories are there inside tests only');
    return loopback;
  };
}
