#!/usr/bin/env node
// What it costs to put a tool in place from the cache: `wgcache tools install --locked` with helm in a new checkout, against `cp` of the same binary.
// Rounds, and the median of their ratios: absolute times say little on a noisy machine. `--rounds N`, `--json FILE`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { create } from 'tar';
import { ensureTools } from '../scripts/tools.mjs';

const ROOT = join(import.meta.dirname, '..');
const FORMS = { executable: [join(ROOT, 'dist/bin/wgcache')], npm: [process.execPath, join(ROOT, 'dist/cli.js')] };
/** What issue 5 asks for. */
const LIMIT = 1.5;
/** Until then a stat says nothing of a file, and its bytes are read. */
const SETTLED_MS = 2_500;

const { values } = parseArgs({ options: { json: { type: 'string' }, rounds: { type: 'string', default: '10' } } });
const rounds = Number(values.rounds);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

const { helm3: helm } = await ensureTools(['helm3'], { onLine: (line) => console.error(line) });
const dir = mkdtempSync(join(tmpdir(), 'wgcache-bench-'));
const env = { PATH: process.env.PATH, HOME: dir, WGCACHE_DIR: join(dir, 'cache') };

/** Helm's binary as its project packs it, from a server of our own. */
async function serveHelm() {
  const platform = `${process.platform}-${{ x64: 'amd64' }[process.arch] ?? process.arch}`;
  mkdirSync(join(dir, platform));
  copyFileSync(helm, join(dir, platform, 'helm'));
  await create({ gzip: { level: 1 }, file: join(dir, 'helm.tgz'), cwd: dir }, [`${platform}/helm`]);
  const archive = readFileSync(join(dir, 'helm.tgz'));
  const server = createServer((request, response) => {
    response.end(request.url.endsWith('.sha256sum') ? sha256(archive) : archive);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { baseUrl: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

function checkout(name, baseUrl) {
  const root = join(dir, name);
  mkdirSync(join(root, '.git'), { recursive: true });
  writeFileSync(join(root, 'wgcache.config.json'), JSON.stringify({ tools: { helm: { version: '3.17.3', baseUrl } } }));
  return root;
}

/** In a child of its own, since this process serves meanwhile only for the first one. */
function timed(command, args, cwd) {
  const started = performance.now();
  const { status, stderr } = spawnSync(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return performance.now() - started;
}

try {
  const site = await serveHelm();
  const first = checkout('first', site.baseUrl);
  const { execa } = await import('execa');
  await execa(FORMS.npm[0], [FORMS.npm[1], 'tools', 'lock'], { cwd: first, env, extendEnv: false });
  await execa(FORMS.npm[0], [FORMS.npm[1], 'tools', 'install'], { cwd: first, env, extendEnv: false });
  site.close();
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  const lock = readFileSync(join(first, 'wgcache-tools.lock'));
  const result = { bytes: statSync(helm).size, rounds, limit: LIMIT };
  for (const [form, [command, ...before]] of Object.entries(FORMS)) {
    const ratios = [];
    const times = { cp: [], install: [], verified: [], start: [] };
    for (let round = -1; round < rounds; round++) {
      const root = checkout(`${form}-${round}`, site.baseUrl);
      writeFileSync(join(root, 'wgcache-tools.lock'), lock);
      const cp = timed('cp', [helm, join(root, 'copy')], root);
      const start = timed(command, [...before, '--version'], root);
      const install = timed(command, [...before, 'tools', 'install', '--locked'], root);
      if (sha256(readFileSync(join(root, '.wgcache/bin/helm'))) !== sha256(readFileSync(helm)))
        throw new Error('not the same');
      rmSync(root, { recursive: true });
      // The first one reads the blob to verify it; from then on its stat says that it is the same.
      if (round < 0) {
        times.verified.push(install);
        continue;
      }
      for (const [name, ms] of Object.entries({ cp, start, install })) times[name].push(ms);
      ratios.push(install / cp);
    }
    const ms = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, Math.round(median(list))]));
    result[form] = {
      ms,
      ratio: median(ratios),
      ratioLessStart: (median(times.install) - median(times.start)) / median(times.cp),
    };
    console.log(
      `${form}: install ${ms.install} ms, cp ${ms.cp} ms: ${result[form].ratio.toFixed(2)} × cp, ` +
        `${result[form].ratioLessStart.toFixed(2)} × without its start (${ms.start} ms); first time, verifying, ${ms.verified} ms`,
    );
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  if (result.executable.ratioLessStart > LIMIT) process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
