/**
 * The long run of the fault suite: `npm run faults -- --kills 1000 --errors 1000 --seed 1`. Prints the figures as test/faults/RESULTS.md has them.
 * Works on a copy of the build, so that a build meanwhile does not take the ground away.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './tools/installed.mjs';

const root = join(import.meta.dirname, '..');
const HOSTILE = ['hostile-records', 'hostile-archives', 'hostile-bombs', 'hostile-files', 'hostile-net'];
/** In the order of RESULTS.md, each with the files of its figures. */
const SUITES = {
  kills: ['kills'],
  errors: ['errors'],
  damage: [],
  crowd: ['crowd', 'takeover'],
  disk: [],
  ...Object.fromEntries(HOSTILE.map((name) => [name, [name]])),
  secrets: [],
  shared: [],
  races: [],
};

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    errors: { type: 'string', default: '1000' },
    cases: { type: 'string', default: '120000' }, // of all hostile suites together
    seed: { type: 'string', default: '1' },
    report: { type: 'string' }, // a directory for each case as JSON; else they are gone afterwards
    only: { type: 'string', multiple: true, default: Object.keys(SUITES) },
  },
});

await ensureInstalled();
const temp = mkdtempSync(join(tmpdir(), 'wgcache-faults-'));
const report = resolve(values.report ?? join(temp, 'report'));
mkdirSync(report, { recursive: true });
cpSync(join(root, 'dist'), join(temp, 'dist'), { recursive: true });
cpSync(join(root, 'package.json'), join(temp, 'package.json'));
const env = {
  ...process.env,
  WGCACHE_TEST_DIST: join(temp, 'dist'),
  WGCACHE_FAULTS_REPORT: report,
  WGCACHE_FAULTS_KILLS: values.kills,
  WGCACHE_FAULTS_ERRORS: values.errors,
  WGCACHE_FAULTS_CASES: values.cases,
  WGCACHE_FAULTS_SEED: values.seed,
  WGCACHE_FAULTS_ALL: '1',
};

let failed = false;
const told = [];
try {
  for (const suite of values.only) {
    const started = Date.now();
    const vitest = [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--project',
      'faults',
      `test/faults/${suite}.test.ts`,
    ];
    const ran = spawnSync(process.execPath, vitest, { cwd: root, env, stdio: 'inherit' });
    failed ||= ran.status !== 0;
    told.push(`${suite}: ${ran.status === 0 ? 'passed' : 'FAILED'}, ${Math.round((Date.now() - started) / 1000)} s`);
    for (const name of SUITES[suite] ?? []) told.push(...figuresOf(name));
  }
} finally {
  rmSync(temp, { recursive: true, force: true });
}
const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).stdout?.trim();
console.log(
  `\n${new Date().toISOString()}, commit ${commit}, Linux ${release()}, node ${process.version}, seed ${values.seed}`,
);
console.log(told.join('\n'));
process.exitCode = failed ? 1 : 0;

function figuresOf(name) {
  const file = join(report, `${name}.json`);
  if (!existsSync(file)) return [];
  const { cases: _, table, text, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
  return (table?.text ?? text ?? JSON.stringify(rest)).split('\n').map((line) => `  ${line}`);
}
