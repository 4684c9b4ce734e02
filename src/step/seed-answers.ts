/** Seeds of caches that keep an answer in two files: how it came, and under a longer name what came (`NAME.body`). Both count, or neither. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../base/atomic.ts';
import { type Digest, digestFile } from '../base/digest.ts';
import type { Seed } from '../plugin.ts';

export type Answers = NonNullable<Seed['answers']>;

/** A status and some headers; longer ones are not kept. */
const LONGEST_HEAD = 1 << 16;

export interface Kept {
  readonly path: string;
  /** What was looked at: to be stored as it was then. Absent: what its digest vouches for. */
  readonly bytes?: Uint8Array;
}

/** Of files of a seed: those whose answer is whole, wanted here, and not there in part: two halves that do not belong together are no answer. */
export function wholeAnswers<F extends { readonly path: string; readonly digest: Digest }>(
  rule: Answers,
  files: readonly F[],
  there: ReadonlySet<string>,
): F[] {
  const digests = new Map(files.map(({ path, digest }) => [path, digest]));
  return files.filter(({ path }) => {
    const { head, body } = halves(rule, path);
    if (there.has(head) || there.has(body)) return false;
    return digests.has(head) && rule.sha256.includes(digests.get(body) ?? '');
  });
}

/** Of files that a run left: those to keep. What is not wanted never gets near the store, since pages and headers may hold credentials. */
export function answersToKeep(rule: Answers, dir: string, paths: readonly string[]): Kept[] {
  const there = new Set(paths);
  return paths.flatMap((path): Kept[] => {
    const { head, body } = halves(rule, path);
    if (path !== body || !there.has(head)) return [];
    const bytes = headIn(join(dir, head));
    if (bytes === null || rule.without.test(bytes.toString('latin1'))) return [];
    return rule.sha256.includes(digestIn(join(dir, body)) ?? '') ? [{ path: head, bytes }, { path: body }] : [];
  });
}

function halves({ suffix }: Answers, path: string): { readonly head: string; readonly body: string } {
  const head = path.endsWith(suffix) ? path.slice(0, -suffix.length) : path;
  return { head, body: head + suffix };
}

function headIn(path: string): Buffer | null {
  return orNull(() => (statSync(path).size > LONGEST_HEAD ? null : readFileSync(path)));
}

function digestIn(path: string): Digest | null {
  return orNull(() => digestFile(path).digest);
}

/** Null: the tool took it away meanwhile. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
