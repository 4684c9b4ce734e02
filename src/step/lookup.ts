/** Key → a record that may be applied, or a miss, which carries the right to store. */
import { type Digest, digestOf } from '../base/digest.ts';
import { decodeRecord, type StepRecord } from '../store/record.ts';
import type { Address, Store } from '../store/store.ts';
import type { Collected } from './collect.ts';
import type { MissReason } from './outcome.ts';
import type { Step } from './step.ts';

/** Only who has missed may store: `capture` asks for this. */
export interface Miss {
  readonly kind: 'miss';
  readonly reason: MissReason;
  readonly key: Digest;
}

export interface Hit {
  readonly kind: 'hit';
  readonly record: StepRecord;
}

/** This machine's user; shared scopes come with remote tiers. */
export const LOCAL_SCOPE = 'local';

/** Trouble with the cache is a miss. The reason `first` means that no record was ever made under this key: the caller may know more. */
export async function lookup(step: Step, { key: { key }, declaration }: Collected): Promise<Hit | Miss> {
  return await step.troubles.guardAsync<Hit | Miss>(
    () => find(step.store, key, step.command.root, declaration.maxAgeMs),
    { kind: 'miss', reason: { code: 'first' }, key },
  );
}

/** @param maxAgeMs how long a record may be trusted; absent: for good */
async function find(store: Store, key: Digest, root: string, maxAgeMs: number | undefined): Promise<Hit | Miss> {
  const [portable, bound] = addressesOf(key, root);
  let newest: StepRecord | null = null; // of two: the older one could not be used when the newer was made
  let damaged = false;
  for (const address of [portable, bound]) {
    const bytes = await store.readRecord(address);
    if (bytes === null) continue;
    const record = decodeRecord(bytes);
    if (record === null || record.key !== key || record.root !== address.root) damaged = true;
    else if (newest === null || record.madeAt > newest.madeAt) newest = record;
  }
  if (newest !== null && isTrusted(newest, maxAgeMs)) return { kind: 'hit', record: newest };
  if (newest !== null) return { kind: 'miss', reason: { code: 'expired' }, key };
  if (damaged) return { kind: 'miss', reason: { code: 'record-damaged' }, key };
  const reason: MissReason = (await store.hasOtherRoot(bound)) ? { code: 'other-root' } : { code: 'first' };
  return { kind: 'miss', reason, key };
}

/** Where a record under this key may lie: for everybody, and for this checkout alone. */
export function addressesOf(key: Digest, root: string): readonly [portable: Address, bound: Address] {
  return [
    { scope: LOCAL_SCOPE, key, root: null },
    { scope: LOCAL_SCOPE, key, root: rootId(root) },
  ];
}

/** A record from the future was made under another clock: how old it is nobody knows. */
function isTrusted({ madeAt }: StepRecord, maxAgeMs: number | undefined): boolean {
  if (maxAgeMs === undefined) return true;
  const age = Date.now() - Date.parse(madeAt);
  return age >= 0 && age <= maxAgeMs;
}

export function rootId(root: string): Digest {
  return digestOf(root);
}
