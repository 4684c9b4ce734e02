#!/usr/bin/env node
// `npm ci` of this project, node_modules gone: npm's own with a warm cache of its own, against `wgcache wrap -- npm ci`. Rounds in turn, and the
// median of their ratios: absolute times say little on a noisy machine. `--rounds N`, `--json FILE`.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const FORMS = { executable: [join(ROOT, 'dist/bin/wgcache')], npm: [process.execPath, join(ROOT, 'dist/cli.js')] };
/** What issue 5 asks for. */
const LEAST = 5;

const { values } = parseArgs({ options: { json: { type: 'string' }, rounds: { type: 'string', default: '3' } } });
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const dir = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-bench-')));
const root = join(dir, 'app');
const env = { ...process.env, WGCACHE_DIR: join(dir, 'cache') };
const NPM = ['npm', 'ci', '--prefer-offline', '--no-audit', '--no-fund'];

function timed([command, ...args]) {
  rmSync(join(root, 'node_modules'), { recursive: true, force: true });
  const started = performance.now();
  const { status, stderr } = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const ms = performance.now() - started;
  if (status !== 0 || !existsSync(join(root, 'node_modules')))
    throw new Error(`${command} ended with ${status}: ${stderr}`);
  return { ms, said: stderr.trim().split('\n').at(-1) };
}

try {
  mkdirSync(join(root, '.git'), { recursive: true });
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) copyFileSync(join(ROOT, name), join(root, name));
  timed(NPM); // fills npm's cache
  const { said } = timed([...FORMS.executable, 'wrap', '--', ...NPM]);
  if (!/: miss: /.test(said) || /not stored/.test(said)) throw new Error(said);
  timed([...FORMS.executable, 'wrap', '--', ...NPM]);
  const result = { least: LEAST };
  for (const [form, words] of Object.entries(FORMS)) {
    const rounds = Array.from({ length: Number(values.rounds) }, () => {
      const npm = timed(NPM).ms;
      const ours = timed([...words, 'wrap', '--', ...NPM]);
      if (!/: restored: /.test(ours.said)) throw new Error(ours.said);
      return { npm, ours: ours.ms };
    });
    const ratio = median(rounds.map(({ npm, ours }) => npm / ours));
    const [npm, ours] = ['npm', 'ours'].map((name) => Math.round(median(rounds.map((round) => round[name]))));
    result[form] = { npm, ours, ratio };
    console.log(`${form}: npm ci ${npm} ms, restored ${ours} ms: ${ratio.toFixed(1)} times as fast`);
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  if (result.executable.ratio < LEAST) process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
