/** `npm run oracle`: see README.md beside this file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EDITS } from './edits.ts';
import { addTo, type Move, movesOf, type Played, play, type Setting } from './play.ts';
import { shrink } from './shrink.ts';
import { STEPS } from './steps.ts';
import { table, totalOf } from './table.ts';
import { Upstream } from './upstream.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    edits: { type: 'string', default: '200' },
    helm: { type: 'string' },
    'other-helm': { type: 'string' },
    registry: { type: 'string' },
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
function only(): { readonly edits: readonly string[]; readonly steps: readonly string[] } {
  const some = (names: readonly string[], words: string | undefined): readonly string[] =>
    names.filter((name) => new RegExp(words ?? '').test(name));
  return {
    edits: some(Object.keys(EDITS), values['only-edits']),
    steps: some(Object.keys(STEPS), values['only-steps']),
  };
}

async function main(): Promise<void> {
  const { helm, 'other-helm': other, registry, wgcache } = values;
  if (helm === undefined || registry === undefined || wgcache === undefined)
    throw new Error('run it by `npm run oracle`');
  const parent = mkdtempSync(join(tmpdir(), 'wgcache-oracle-'));
  process.once('exit', () => rmSync(parent, { recursive: true, force: true }));
  const setting = {
    parent,
    helms: other === undefined ? [helm] : [helm, other],
    wgcache: wgcache.endsWith('.js') ? [process.execPath, wgcache] : [wgcache],
    ...(values.verbose ? { onMove: (at: number, text: string) => console.error(`${at} ${text}`) } : {}),
  };
  const start = (): Promise<Upstream> => Upstream.start(parent, helm, registry);
  const withUpstream = async <T>(work: (setting: Setting) => Promise<T>): Promise<T> => {
    const upstream = await start();
    try {
      return await work({ ...setting, upstream });
    } finally {
      await upstream.close();
    }
  };
  if (values.replay !== undefined) {
    const { seed, moves } = JSON.parse(readFileSync(values.replay, 'utf8')) as { seed: number; moves: Move[] };
    const { findings } = await withUpstream((with_) => play(seed, moves, with_));
    console.log(JSON.stringify(findings, null, 2));
    process.exitCode = findings.length === 0 ? 0 : 1;
    return;
  }
  const total: Played = { byEdit: {}, byStep: {}, accepted: {}, findings: [] };
  const started = Date.now();
  const count = Number(values.edits);
  let broken = 0;
  const upstream = await start();
  for (let done = 0, seed = Number(values.seed); done < count; done += WORLD_MOVES, seed++) {
    const moves = movesOf(seed, Math.min(WORLD_MOVES, count - done), only());
    const played = await play(seed, moves, { ...setting, upstream }).catch((error: Error) => {
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
    const first = played.findings.find(({ fault }) => fault !== 'needless miss') ?? played.findings[0];
    if (first !== undefined && !values['no-shrink']) {
      const fails = (some: readonly Move[]) =>
        play(seed, some, { ...setting, upstream }, first.fault !== 'needless miss').then(
          ({ findings }) => findings.find(({ fault }) => fault === first.fault)?.fault ?? null,
        );
      const short = await shrink(moves.slice(0, first.at + 1), fails, 60);
      const file = join(process.cwd(), `oracle-${seed}-${first.fault.replaceAll(/\W+/g, '-')}.json`);
      writeFileSync(file, `${JSON.stringify({ seed, moves: short }, null, 2)}\n`);
      console.error(`shrunk to ${short.length} moves: npm run oracle -- --replay ${file}`);
    }
    console.error(
      `seed ${seed}: ${Math.min(done + WORLD_MOVES, count)} of ${count}, ${Math.round((Date.now() - started) / 1000)} s, ${total.findings.length} findings`,
    );
    if (values.json !== undefined)
      writeFileSync(
        values.json,
        `${JSON.stringify({ seed: Number(values.seed), edits: Math.min(done + WORLD_MOVES, count), helm, wgcache, at: new Date().toISOString(), ...total, total: totalOf(total) }, null, 2)}\n`,
      );
  }
  await upstream.close();
  console.log(table(total));
  const sum = totalOf(total);
  const share = sum.due === 0 ? 0 : sum.needless / sum.due;
  console.log(
    `${sum.edits} edits: ${sum.stale} stale, ${sum.wrong} wrong restores, ${sum.other} other, ${sum.needless} of ${sum.due} needless misses (${(100 * share).toFixed(2)} %)`,
  );
  if (sum.stale + sum.wrong + sum.other + broken > 0 || share > 0.01) process.exitCode = 1;
}

await main();
