/** `npm run oracle`: see README.md beside this file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Kind } from './kind.ts';
import { KINDS, kindsNamed } from './kinds.ts';
import { addTo, type Move, movesOf, type Played, play, type Setting } from './play.ts';
import { shrink } from './shrink.ts';
import { table, totalOf } from './table.ts';

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'helm' },
    seed: { type: 'string', default: '1' },
    edits: { type: 'string', default: '200' },
    helm: { type: 'string' },
    'other-helm': { type: 'string' },
    registry: { type: 'string' },
    uv: { type: 'string' },
    wgcache: { type: 'string' },
    json: { type: 'string' },
    replay: { type: 'string' },
    'no-shrink': { type: 'boolean', default: false },
    'only-edits': { type: 'string' },
    'only-steps': { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

/** A world is furnished anew after so many moves: a long one drifts into a state in which nothing works any more. */
const WORLD_MOVES = 100;

/** Moves about a part of it all. */
function only(kind: Kind): { readonly edits: readonly string[]; readonly steps: readonly string[] } {
  const some = (names: readonly string[], words: string | undefined): readonly string[] =>
    names.filter((name) => new RegExp(words ?? '').test(name));
  return {
    edits: some(Object.keys(kind.edits), values['only-edits']),
    steps: some(kind.steps, values['only-steps']),
  };
}

async function main(): Promise<void> {
  const { helm, 'other-helm': other, registry, uv, wgcache } = values;
  if (wgcache === undefined) throw new Error('run it by `npm run oracle`');
  const parent = mkdtempSync(join(tmpdir(), 'wgcache-oracle-'));
  process.once('exit', () => rmSync(parent, { recursive: true, force: true }));
  const setting: Setting = {
    wgcache: wgcache.endsWith('.js') ? [process.execPath, wgcache] : [wgcache],
    ...(values.verbose ? { onMove: (at: number, text: string) => console.error(`${at} ${text}`) } : {}),
  };
  const replayed =
    values.replay === undefined
      ? null
      : (JSON.parse(readFileSync(values.replay, 'utf8')) as { kind?: string; seed: number; moves: Move[] });
  for (const name of kindsNamed(replayed === null ? values.kind : (replayed.kind ?? 'helm'))) {
    const kind = await KINDS[name]!({ parent, programs: { helm, 'other-helm': other, registry, uv } });
    try {
      if (replayed === null) await playAll(name, kind, setting);
      else {
        const { findings } = await play(kind, replayed.seed, replayed.moves, setting);
        console.log(JSON.stringify(findings, null, 2));
        if (findings.length > 0) process.exitCode = 1;
      }
    } finally {
      await kind.close();
    }
  }
}

async function playAll(name: string, kind: Kind, setting: Setting): Promise<void> {
  const total: Played = { byEdit: {}, byStep: {}, accepted: {}, findings: [] };
  const started = Date.now();
  const count = Number(values.edits);
  let broken = 0;
  for (let done = 0, seed = Number(values.seed); done < count; done += WORLD_MOVES, seed++) {
    const moves = movesOf(kind, seed, Math.min(WORLD_MOVES, count - done), only(kind));
    const played = await play(kind, seed, moves, setting).catch((error: Error) => {
      console.error(`\nseed ${seed}: the oracle itself failed, none of this world counts: ${error.stack}`);
      return null;
    });
    if (played === null) {
      broken++;
      continue;
    }
    addTo(total, played);
    for (const finding of played.findings) {
      console.error(
        `\nseed ${seed}, move ${finding.at}: ${finding.fault} after «${finding.move.edit}»: ${finding.argv.join(' ')}: ${finding.told.outcome} ${finding.told.reason?.text ?? ''}\n  ${finding.differences.join('\n  ')}`,
      );
    }
    if (!values['no-shrink']) await shorten(name, kind, seed, moves, played, setting);
    console.error(
      `${name}, seed ${seed}: ${Math.min(done + WORLD_MOVES, count)} of ${count}, ${Math.round((Date.now() - started) / 1000)} s, ${total.findings.length} findings`,
    );
    if (values.json !== undefined)
      writeFileSync(
        values.json,
        `${JSON.stringify({ kind: name, seed: Number(values.seed), edits: Math.min(done + WORLD_MOVES, count), helm: values.helm, wgcache: values.wgcache, at: new Date().toISOString(), ...total, total: totalOf(total) }, null, 2)}\n`,
      );
  }
  console.log(table(total, kind.accepted));
  const sum = totalOf(total);
  const share = sum.due === 0 ? 0 : sum.needless / sum.due;
  console.log(
    `${name}: ${sum.edits} edits: ${sum.stale} stale, ${sum.wrong} wrong restores, ${sum.other} other, ${sum.needless} of ${sum.due} needless misses (${(100 * share).toFixed(2)} %)`,
  );
  if (sum.stale + sum.wrong + sum.other + broken > 0 || share > 0.01) process.exitCode = 1;
}

/** Writes the shortest moves that still show the first fault. */
async function shorten(
  name: string,
  kind: Kind,
  seed: number,
  moves: readonly Move[],
  { findings }: Played,
  setting: Setting,
): Promise<void> {
  const first = findings.find(({ fault }) => fault !== 'needless miss') ?? findings[0];
  if (first === undefined) return;
  const fails = (some: readonly Move[]) =>
    play(kind, seed, some, setting, first.fault !== 'needless miss').then(
      (again) => again.findings.find(({ fault }) => fault === first.fault)?.fault ?? null,
    );
  const short = await shrink(moves.slice(0, first.at + 1), fails, 60);
  const file = join(process.cwd(), `oracle-${name}-${seed}-${first.fault.replaceAll(/\W+/g, '-')}.json`);
  writeFileSync(file, `${JSON.stringify({ kind: name, seed, moves: short }, null, 2)}\n`);
  console.error(`shrunk to ${short.length} moves: npm run oracle -- --replay ${file}`);
}

await main();
