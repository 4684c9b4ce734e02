/** Where faults are tried: a machine that knows what the bare command makes, and the points wgcache passes on its way. */
import { join } from 'node:path';
import { BUILT } from '../e2e/built.ts';
import type { Ran, RigOptions } from '../e2e/rig.ts';
import { type Machine, type Situation, settle } from './situations.ts';
import { type Expected, type FaultStep, openStep, VALUES } from './steps.ts';
import { type Point, readPoints, traced } from './strace.ts';

export type Form = 'npm' | 'bin';

interface Known {
  readonly points: readonly Point[];
  readonly ms: number;
}

/** A machine in a situation, with all that is known of what should come of it. */
export interface Bench extends Machine {
  readonly expected: ReadonlyMap<string, Expected>;
  /** Points and duration, by situation and form. */
  readonly known: Map<string, Known>;
}

export async function openBench(step: FaultStep, options: RigOptions = {}): Promise<Bench> {
  const { rig, expected } = await openStep(step, options);
  const bench: Bench = { rig, step, value: VALUES[0]!, expected, known: new Map() };
  await settle(bench);
  return bench;
}

/** Each point of the way through this situation, by one run that is left alone. */
export async function explore(bench: Bench, situation: Situation, form: Form): Promise<Known> {
  const id = `${situation.name} ${form}`;
  const found = bench.known.get(id);
  if (found !== undefined) return found;
  const { rig } = bench;
  const log = join(rig.base, 'strace.log');
  await situation.prepare(bench);
  await rig.bare(traced(log, commandLine(bench, form)));
  const points = readPoints(log, { store: storeOf(bench), root: rig.root });
  await situation.prepare(bench);
  const since = performance.now();
  await rig.bare(commandLine(bench, form));
  const known = { points, ms: performance.now() - since };
  bench.known.set(id, known);
  return known;
}

export function commandLine({ step }: Bench, form: Form, flags: readonly string[] = []): string[] {
  return [BUILT[form], 'wrap', ...flags, ...step.flags, '--', ...step.argv];
}

export function storeOf({ rig }: Bench): string {
  return rig.env.WGCACHE_DIR!;
}

/** What of a run is not as the bare command's, in words. */
export function wrongIn({ rig, value, expected }: Bench, ran: Ran, which: string): string[] {
  const wanted = expected.get(value)!;
  const tree = rig.meaning();
  const differing = [...new Set([...Object.keys(tree), ...Object.keys(wanted.tree)])].filter(
    (path) => tree[path] !== wanted.tree[path],
  );
  return [
    ...(ran.exit === 0 ? [] : [`exit ${ran.exit}`]),
    ...(ran.stdout.toString() === wanted.stdout ? [] : [`stdout ${JSON.stringify(ran.stdout.toString())}`]),
    ...(ran.stderr === wanted.stderr ? [] : [`stderr ${JSON.stringify(ran.stderr)}`]),
    ...ran.said.map((line) => `said ${line}`),
    ...differing.map((path) => `${path} is ${tree[path] ?? 'gone'}, not ${wanted.tree[path] ?? 'gone'}`),
  ].map((fault) => `${which}: ${fault}`);
}
