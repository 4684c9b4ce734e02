/** The oracle, bounded: random edits find nothing, and what is broken on purpose is found. The whole: README.md. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUILT, temporaryParent, toolPath } from '../e2e/built.ts';
import { openHelm } from './helm.ts';
import { INSTALLS } from './install/index.ts';
import type { Kind } from './kind.ts';
import { buildMutant, directed } from './mutate.ts';
import { MUTATIONS } from './mutations.ts';
import { type Move, movesOf, play, type Setting } from './play.ts';
import { totalOf } from './table.ts';

/** Some 40 s on two cores. One seed: whoever changes something else need not be stopped by what an old fault shows today. Others: npm run oracle. */
const EDIT_COUNT = 100;
const SEED = Number(process.env.WGCACHE_ORACLE_SEED ?? 1);

const ALL = process.env.WGCACHE_ORACLE_ALL === '1';

const setting: Setting = { wgcache: [BUILT.bin] };
let parent: string;
let kind: Kind;
beforeAll(async () => {
  parent = mkdtempSync(join(temporaryParent(), 'oracle-'));
  const [helm, other] = (['HELM3', 'HELM4'] as const).map((name) => {
    copyFileSync(toolPath(name), join(parent, name)); // worlds link to them: that takes one file system
    return join(parent, name);
  });
  kind = await openHelm({ parent, programs: { helm, 'other-helm': other, registry: toolPath('REGISTRY') } });
});
afterAll(async () => {
  await kind.close();
  rmSync(parent, { recursive: true, force: true });
});

test(`seed ${SEED}: ${EDIT_COUNT} edits, nothing stale, nothing wrong`, async () => {
  const played = await play(kind, SEED, movesOf(kind, SEED, EDIT_COUNT), setting);
  expect(played.findings.filter(({ fault }) => fault !== 'needless miss')).toEqual([]);
  const { edits, fresh, restored, miss } = totalOf(played);
  expect(edits).toBe(EDIT_COUNT);
  expect(Math.min(fresh + restored, miss)).toBeGreaterThan(5);
});

describe('what was found once', () => {
  const dir = join(import.meta.dirname, 'regressions');
  test.each(readdirSync(dir).filter((file) => !Object.keys(INSTALLS).some((name) => file.startsWith(`${name}-`))))(
    '%s',
    async (name) => {
      const { seed, moves } = JSON.parse(readFileSync(join(dir, name), 'utf8')) as { seed: number; moves: Move[] };
      expect(moves.every(({ edit }) => Object.hasOwn(kind.edits, edit))).toBe(true);
      expect((await play(kind, seed, moves, setting)).findings).toEqual([]);
    },
  );
});

/** In CI one world sees all these moves, since to furnish one takes longer than to play them there; WGCACHE_ORACLE_ALL=1: each mutation's in a world of their own. */
test('what shows a mutation shows nothing of the product as it is', async () => {
  const moves = Object.values(MUTATIONS).map((mutation) => directed(kind, mutation));
  for (const some of ALL ? moves : [moves.flat()]) expect((await play(kind, 1, some, setting)).findings).toEqual([]);
});

describe('taken out of the product:', () => {
  test.each(Object.entries(MUTATIONS))('%s', async (name, mutation) => {
    const dir = join(parent, name.replaceAll(/\W+/g, '-'));
    mkdirSync(dir);
    const mutant = await buildMutant(mutation, dir);
    const moves = directed(kind, mutation);
    const { findings } = await play(kind, 1, moves, { wgcache: [process.execPath, mutant], plainPrelude: true }, true);
    expect(findings.map(({ fault }) => fault)).toContainEqual(
      expect.stringMatching(/stale|wrong restore|changed a run/),
    );
  });
});
