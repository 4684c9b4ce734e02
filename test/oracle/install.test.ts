/**
 * Install steps under the oracle, bounded: a few random edits find nothing, and what is broken on purpose is found. Each kind is one test, and
 * they run side by side. The whole: README.md.
 */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BUILT, temporaryParent, toolPath } from '../e2e/built.ts';
import { INSTALLS } from './install/index.ts';
import type { Kind, Mutation } from './kind.ts';
import { buildMutant, directed } from './mutate.ts';
import { type Finding, type Move, movesOf, play } from './play.ts';

/** So many for each kind: npm takes its time. Others: npm run oracle. */
const EDIT_COUNT = 4;
const SEED = Number(process.env.WGCACHE_ORACLE_SEED ?? 1);
/** All mutations, and that their moves show nothing without them. */
const ALL = process.env.WGCACHE_ORACLE_ALL === '1';

const setting = { wgcache: [BUILT.bin] };

test('every kind is in the list', () => {
  const files = readdirSync(join(import.meta.dirname, 'install')).filter((name) => name.endsWith('.ts'));
  expect(files.map((name) => name.replace('.ts', '')).filter((name) => name !== 'index')).toEqual(
    Object.keys(INSTALLS).sort(),
  );
});

describe.concurrent('nothing stale, nothing wrong; what is taken out of the product shows:', () => {
  test.each(Object.entries(INSTALLS))('%s', async (name, openKind) => {
    const parent = mkdtempSync(join(temporaryParent(), 'oracle-'));
    const kind = await openKind({ parent, programs: { uv: toolPath('UV') } });
    try {
      const { findings } = await play(kind, SEED, movesOf(kind, SEED, EDIT_COUNT), setting);
      expect(findings.filter(({ fault }) => fault !== 'needless miss')).toEqual([]);
      await replayed(name, kind);
      const mutations = Object.entries(kind.mutations).filter(([, { long }]) => ALL || long !== true);
      if (ALL)
        for (const [part, mutation] of mutations)
          expect((await play(kind, 0, directed(kind, mutation), setting)).findings, part).toEqual([]);
      expect(mutations.length).toBeGreaterThan(3);
      for (const [part, mutation] of mutations)
        expect(faultsOf(await mutated(kind, mutation)), part).toContainEqual(
          expect.stringMatching(/stale|wrong restore|changed a run/),
        );
    } finally {
      await kind.close();
    }
  });
});

/** What was found once is not found again. */
async function replayed(name: string, kind: Kind): Promise<void> {
  const dir = join(import.meta.dirname, 'regressions');
  for (const file of readdirSync(dir).filter((file) => file.startsWith(`${name}-`))) {
    const { seed, moves } = JSON.parse(readFileSync(join(dir, file), 'utf8')) as { seed: number; moves: Move[] };
    expect(moves.every(({ edit }) => Object.hasOwn(kind.edits, edit))).toBe(true);
    expect((await play(kind, seed, moves, setting)).findings, file).toEqual([]);
  }
}

async function mutated(kind: Kind, mutation: Mutation): Promise<readonly Finding[]> {
  const wgcache = [process.execPath, await mutantOf(mutation)];
  return (await play(kind, 0, directed(kind, mutation), { wgcache }, true)).findings;
}

/** Several kinds take out the same. */
const mutants = new Map<string, Promise<string>>();

function mutantOf(mutation: Mutation): Promise<string> {
  const { file, find, replace, also } = mutation;
  const what = JSON.stringify([file, find, replace, also]);
  const made = mutants.get(what) ?? buildMutant(mutation, mkdtempSync(join(temporaryParent(), 'mutant-')));
  mutants.set(what, made);
  return made;
}

function faultsOf(findings: readonly Finding[]): string[] {
  return findings.map(({ fault }) => fault);
}
