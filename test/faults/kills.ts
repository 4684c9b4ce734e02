/**
 * The campaign of kills: wgcache is sent a signal at a point of its flow or at some instant, and what it leaves is judged, by itself and by what
 * the next runs make of it. `seed` and `at` name a case for good.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { finished, type Ran } from '../e2e/rig.ts';
import type { Tree } from '../e2e/trees.ts';
import { type Bench, commandLine, explore, type Form, openBench, storeOf, wrongIn } from './bench.ts';
import { familyEnded, familyEnv, killFamily } from './family.ts';
import { type Random, randomFrom } from './random.ts';
import { SITUATIONS, type Situation, settle } from './situations.ts';
import { STEPS } from './steps.ts';
import { faultsOfStore } from './store-check.ts';
import { type Point, signalledAt } from './strace.ts';

const SIGNALS = { SIGKILL: 137, SIGTERM: 143, SIGINT: 130 } as const;
type Signal = keyof typeof SIGNALS;

/** What becomes of a command whose wgcache was killed: it ends in its own time, is killed too, or still runs when the next run begins. */
type Orphan = 'ends' | 'killed' | 'at large';

/** Nothing here takes longer, on however busy a machine. */
const END_MS = 120_000;

export interface Case {
  readonly at: number;
  readonly step: string;
  readonly situation: string;
  readonly form: Form;
  readonly signal: Signal;
  readonly orphan: Orphan;
  /** Where: a point, or milliseconds after the start. */
  readonly where: string;
  readonly place: string;
  /** Whether the process was still there to be signalled. */
  readonly struck: boolean;
  readonly nextMs: number;
  readonly faults: readonly string[];
}

interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  /** A directory on another file system than the workspace: there the cache of some machines lies. */
  readonly otherDisk: string;
  readonly onCase?: (done: Case) => void;
}

/** Goes on until so many processes were struck. */
export async function killCampaign({ kills, seed, otherDisk, onCase }: KillOptions): Promise<Case[]> {
  const benches: Bench[] = [];
  for (const step of STEPS)
    for (const env of [{}, { WGCACHE_DIR: join(otherDisk, step.name.replaceAll(' ', '-')) }])
      benches.push(await openBench(step, { env, on: 'disk' })); // the other one is in memory
  const cases: Case[] = [];
  for (let at = 0, struck = 0; struck < kills && at < kills * 3; at++) {
    const random = randomFrom(seed * 1_000_003 + at);
    const done = await oneCase(benches[at % benches.length]!, at, random);
    cases.push(done);
    onCase?.(done);
    if (done.struck) struck++;
  }
  for (const bench of benches) {
    const faults = await judgeStore(bench);
    if (faults.length > 0) cases.push({ ...cases.at(-1)!, at: -1, step: bench.step.name, struck: false, faults });
  }
  return cases;
}

/** What the product itself says of a store that went through it all, before and after a collection. */
async function judgeStore(bench: Bench): Promise<string[]> {
  const faults: string[] = [];
  for (const args of [['verify'], ['gc'], ['verify']]) {
    const ran = await bench.rig.wgcache(args);
    if (ran.exit !== 0) faults.push(`wgcache ${args.join(' ')}: exit ${ran.exit}: ${ran.stdout}${ran.stderr}`);
  }
  const last = await bench.rig.wrap(bench.step.argv, { flags: bench.step.flags });
  return [...faults, ...wrongIn(bench, last, 'after a collection')];
}

async function oneCase(bench: Bench, at: number, random: Random): Promise<Case> {
  const situation = random.pick(SITUATIONS);
  const form: Form = random.below(5) === 0 ? 'npm' : 'bin';
  const signal = random.pick<Signal>(['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT']);
  const orphan = random.pick<Orphan>(['ends', 'killed', 'at large']);
  const known = await explore(bench, situation, form);
  const point = random.below(4) === 0 ? null : random.pick(known.points);
  const ms = random.below(Math.ceil(known.ms));
  await situation.prepare(bench);
  const told = {
    at,
    step: bench.step.name,
    situation: situation.name,
    form,
    signal,
    orphan,
    where: point === null ? `after ${ms} ms` : `${point.syscall} ${point.nth}`,
    place: point === null ? 'some instant' : point.place,
  };
  const faults: string[] = [];
  try {
    const before = bench.rig.meaning();
    const word = join(bench.rig.base, 'tmp', String(at));
    const ran = await strike(bench, form, { point, ms, signal, word });
    if (orphan === 'killed') killFamily(word);
    if (orphan !== 'at large') await familyEnded(word, END_MS);
    const struck = ran.exit !== 0;
    if (struck && ran.exit !== SIGNALS[signal]) faults.push(`exit ${ran.exit}: ${ran.said.join('; ')}`);
    if (!situation.damages) faults.push(...faultsOfStore(storeOf(bench)).map((fault) => `after the kill: ${fault}`));
    const roaming = orphan === 'at large' && situation.runs;
    if (!roaming) faults.push(...halfOutputs(bench, before, situation));
    const nextMs = await judgeNext(bench, { word, struck, situation, roaming }, faults);
    if (faults.length > 0) await settle(bench);
    return { ...told, struck, nextMs, faults };
  } catch (error) {
    faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    await settle(bench).catch(() => undefined);
    return { ...told, struck: true, nextMs: 0, faults };
  }
}

interface Blow {
  readonly point: Point | null;
  readonly ms: number;
  readonly signal: Signal;
  readonly word: string;
}

async function strike(bench: Bench, form: Form, { point, ms, signal, word }: Blow): Promise<Ran> {
  const plain = commandLine(bench, form);
  const [file, ...args] = point === null ? plain : signalledAt(point, signal.slice(3), plain);
  const child = spawn(file!, args, {
    cwd: bench.rig.root,
    env: { ...bench.rig.env, ...familyEnv(word) },
    stdio: 'pipe',
  });
  const end = finished(child);
  if (point === null) {
    await Promise.race([sleep(ms), end]);
    child.kill(signal);
  }
  return await end;
}

/** Each entry of the workspace is as it was or as it shall be; the command's outputs may be anything once it was started. */
function halfOutputs({ rig, step, value, expected }: Bench, before: Tree, { runs }: Situation): string[] {
  rig.remove(...foreign(rig.tree())); // Helm's own, from when it was killed
  const now = rig.meaning();
  const target = expected.get(value)!.tree;
  const isOutput = (path: string) => step.outputs.some((output) => path === output || path.startsWith(`${output}/`));
  return [...new Set([...Object.keys(now), ...Object.keys(before)])]
    .filter((path) => path !== '.wgcache' && !path.startsWith('.wgcache/')) // the next run removes it, or is found wrong
    .filter((path) => now[path] !== before[path] && now[path] !== target[path] && !(runs && isOutput(path)))
    .map((path) => `left in the workspace: ${path} is ${now[path] ?? 'gone'}`);
}

function foreign(tree: Tree): string[] {
  return Object.keys(tree).filter((path) => /(^|\/)tmpcharts-\d+$/.test(path));
}

interface After {
  readonly word: string;
  readonly struck: boolean;
  readonly situation: Situation;
  /** A command of the killed wgcache may still be at the outputs: then only what comes after it is judged. */
  readonly roaming: boolean;
}

/** @returns how long the next run took */
async function judgeNext(bench: Bench, { word, struck, situation, roaming }: After, faults: string[]): Promise<number> {
  const { rig, step } = bench;
  const since = performance.now();
  const next = await rig.wrap(step.argv, { flags: step.flags });
  const nextMs = performance.now() - since;
  // It says so after a second. How long it took is told in the figures: that depends on the machine.
  if (next.said.some((line) => line.includes('waiting for another wgcache'))) faults.push('the next run had to wait');
  await familyEnded(word, END_MS);
  if (!roaming) {
    faults.push(...wrongIn(bench, next, 'the next run'));
    if (struck && !situation.runs && next.outcome.outcome === 'miss')
      faults.push(`the next run missed: ${next.outcome.reason?.text}`);
  } else {
    rig.remove(...foreign(rig.tree()));
    faults.push(...wrongIn(bench, await rig.wrap(step.argv, { flags: step.flags }), 'the run after'));
  }
  if (situation.runs) {
    rig.remove(...step.outputs);
    const back = await rig.wrap(step.argv, { flags: step.flags });
    faults.push(...wrongIn(bench, back, 'what was stored'));
    // Damage that nobody had read yet is found now.
    if (back.outcome.outcome !== 'restored' && !situation.damages)
      faults.push(`what was stored: ${back.outcome.outcome}`);
  }
  const last = await rig.wrap(step.argv, { flags: step.flags });
  faults.push(...wrongIn(bench, last, 'the last run'));
  if (last.outcome.outcome !== 'fresh') faults.push(`the last run: ${last.outcome.outcome}`);
  faults.push(...faultsOfStore(storeOf(bench)).map((fault) => `at the end: ${fault}`));
  return nextMs;
}
