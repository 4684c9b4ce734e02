/** Plays a sequence of edits and steps in one long-lived world, and counts. */
import { alone, judge } from './judge.ts';
import type { Kind, Play, Told, Verdict } from './kind.ts';
import type { Machine } from './machine.ts';
import { randomFrom } from './random.ts';

/** One edit and the step after it. Each has a seed of its own, so that any of them may be left out. */
export interface Move {
  readonly edit: string;
  readonly step: string;
  readonly salt: number;
  /** Which chart, and in which words. */
  readonly spelling: number;
}

export type Fault = 'stale' | 'wrong restore' | 'changed a run' | 'random, but no bypass' | 'needless miss';

export interface Finding {
  readonly fault: Fault;
  readonly at: number;
  readonly move: Move;
  readonly argv: readonly string[];
  readonly told: Told;
  readonly differences: readonly string[];
}

export interface Tally {
  edits: number;
  fresh: number;
  restored: number;
  miss: number;
  bypass: number;
  failed: number;
  /** Harmless edits after which a hit was due. */
  due: number;
  needless: number;
  stale: number;
  wrong: number;
  other: number;
  accepted: number;
  /** Runs that differ from the command alone because it is random itself there. */
  random: number;
}

export interface Played {
  readonly byEdit: Record<string, Tally>;
  readonly byStep: Record<string, number>;
  readonly accepted: Record<string, number>;
  readonly findings: Finding[];
}

export interface Setting {
  /** The command under test, in words. */
  readonly wgcache: readonly string[];
  /** What was run there before was not wrapped: the moves make all the records they need. */
  readonly plainPrelude?: true;
  readonly onMove?: (at: number, text: string) => void;
}

/** Random moves: all from one seed. */
export function movesOf(
  kind: Kind,
  seed: number,
  count: number,
  only?: { readonly edits?: readonly string[]; readonly steps?: readonly string[] },
): Move[] {
  const random = randomFrom(seed);
  const edits = (only?.edits ?? Object.keys(kind.edits)).filter((name) => kind.edits[name]?.directed !== true);
  const steps = only?.steps ?? kind.steps;
  // Half of the steps are one of the last few again: otherwise hits are rare.
  const last: Pick<Move, 'step' | 'spelling'>[] = [];
  const harmless = edits.filter((name) => kind.edits[name]?.harmless === true);
  const next = (): Pick<Move, 'step' | 'spelling'> => ({ step: random.pick(steps), spelling: random.int(40) });
  return Array.from({ length: count }, () => {
    const play = last.length > 0 && random.chance(0.6) ? random.pick(last.slice(-4)) : next();
    if (!/random/.test(play.step)) last.push(play);
    const edit = harmless.length > 0 && random.chance(0.35) ? random.pick(harmless) : random.pick(edits);
    return { edit, ...play, salt: random.int(2 ** 31) };
  });
}

/**
 * @param seed 0: a world without whims
 * @param stop ends at the first finding other than a needless miss
 */
export async function play(
  kind: Kind,
  seed: number,
  moves: readonly Move[],
  setting: Setting,
  stop = false,
): Promise<Played> {
  const { world, prelude } = await kind.open(randomFrom(seed ^ 0x5eed), seed === 0);
  const played: Played = { byEdit: {}, byStep: {}, accepted: {}, findings: [] };
  /** Counts all that may change a result; a step that was right at the same count is due to hit. */
  let dirt = 0;
  const right = new Map<string, { readonly dirt: number; readonly step: Play }>();
  try {
    for (const argv of prelude)
      await (setting.plainPrelude === true
        ? alone(world, argv)
        : judge(world, { id: 'prelude', argv, cwd: '.' }, setting.wgcache));
    for (const [at, move] of moves.entries()) {
      const random = randomFrom(move.salt);
      const edit = kind.edits[move.edit]!;
      const undo = await edit.apply(world, random);
      const applied = undo !== false;
      const step = kind.step(move.step, world, randomFrom(move.spelling));
      const harmless = !applied || (edit.harmless === true && edit.except?.test(step.id) !== true);
      if (applied && edit.harmless !== true) dirt++;
      for (const id of applied ? right.keys() : []) if (edit.except?.test(id) === true) right.delete(id);
      const due = harmless && right.get(step.id)?.dirt === dirt && step.feedsItself !== true;
      const verdict = await judge(world, step, setting.wgcache);
      const found = count(played, applied ? move.edit : '(did not apply)', move.step, step, verdict, due, world);
      if (found !== null) {
        played.findings.push({
          fault: found,
          at,
          move,
          argv: step.argv,
          told: verdict.told,
          differences: verdict.differences,
        });
      }
      setting.onMove?.(
        at,
        `${move.edit} | ${step.argv.join(' ')}: ${verdict.told.outcome} ${verdict.told.reason?.text ?? ''}${verdict.told.stored === false ? ` (not stored: ${verdict.told.notStored?.text})` : ''}${found === null ? '' : ` !!! ${found}`}`,
      );
      if (verdict.changed) dirt++;
      for (const [id, { step: other }] of right)
        if (verdict.rewritten.some((name) => other.byBytes?.test(name) === true)) right.delete(id);
      if (verdict.differences.length === 0 && isKept(verdict)) right.set(step.id, { dirt, step });
      else right.delete(step.id);
      world.played(step, verdict);
      if (found !== null && found !== 'needless miss' && stop) break;
      if (verdict.differences.length > 0) {
        await world.takeOver(); // from here on both are alike again
        dirt++;
      }
      if (typeof undo === 'function') {
        undo();
        dirt++;
      }
    }
  } finally {
    await world.close();
  }
  return played;
}

const NOTHING: Tally = {
  edits: 0,
  fresh: 0,
  restored: 0,
  miss: 0,
  bypass: 0,
  failed: 0,
  due: 0,
  needless: 0,
  stale: 0,
  wrong: 0,
  other: 0,
  accepted: 0,
  random: 0,
};

function tallyOf(byEdit: Record<string, Tally>, edit: string): Tally {
  const tally = byEdit[edit] ?? { ...NOTHING };
  byEdit[edit] = tally;
  return tally;
}

/** Adds what was counted of one world to what was counted before. */
export function addTo(sum: Played, more: Played): void {
  for (const [edit, tally] of Object.entries(more.byEdit)) {
    const all = tallyOf(sum.byEdit, edit);
    for (const field of Object.keys(tally) as (keyof Tally)[]) all[field] += tally[field];
  }
  for (const part of ['byStep', 'accepted'] as const)
    for (const [name, number] of Object.entries(more[part])) sum[part][name] = (sum[part][name] ?? 0) + number;
  sum.findings.push(...more.findings);
}

function isKept({ told }: Verdict): boolean {
  return told.outcome === 'fresh' || told.outcome === 'restored' || told.stored === true;
}

function count(
  { byEdit, byStep, accepted }: Played,
  edit: string,
  stepName: string,
  step: Play,
  verdict: Verdict,
  due: boolean,
  world: Machine,
): Fault | null {
  const { told, differences, exit } = verdict;
  const tally = tallyOf(byEdit, edit);
  byStep[stepName] = (byStep[stepName] ?? 0) + 1;
  tally.edits++;
  if (exit !== 0) tally.failed++;
  tally[told.outcome === 'seeded' ? 'miss' : told.outcome]++;
  if (due) tally.due++;
  const hit = told.outcome === 'fresh' || told.outcome === 'restored';
  if (step.random === true && told.outcome !== 'bypass' && exit === 0) {
    tally.other++;
    return 'random, but no bypass';
  }
  // The command alone differs from itself here, and it ran: nothing of it may come from the cache, and nothing did.
  if (differences.length > 0 && !hit && world.isChance(verdict)) {
    tally.random++;
    return null;
  }
  if (differences.length > 0) {
    // A seed is no hit, but has what the pins name, too.
    const seeded = told.outcome === 'seeded' && verdict.onceHealed !== null;
    const why = hit || seeded ? world.accepts(step, verdict) : null;
    if (why !== null) {
      accepted[why] = (accepted[why] ?? 0) + 1;
      tally.accepted++;
      return null;
    }
    tally[told.outcome === 'fresh' ? 'stale' : told.outcome === 'restored' ? 'wrong' : 'other']++;
    return told.outcome === 'fresh' ? 'stale' : told.outcome === 'restored' ? 'wrong restore' : 'changed a run';
  }
  if (due && !hit) {
    tally.needless++;
    return 'needless miss';
  }
  return null;
}
