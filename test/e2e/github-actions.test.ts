/** The workflow of the example: its jobs one after the other, each on a machine of its own, as a runner would; only what keeps the cache between them is a directory. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseArgs } from '../../src/commands/args.ts';
import { parsePrewarmArgs } from '../../src/commands/prewarm-args.ts';
import { parseToolsArgs } from '../../src/commands/tools-args.ts';
import { platformOf } from '../../src/tools/template.ts';
import { type Site, serveFiles, sha256 } from '../tools/site.ts';
import { temporaryParent, toolPath } from './built.ts';
import { useLoopback } from './loopback.ts';
import { type Ran, Rig } from './rig.ts';

const PROJECT = join(import.meta.dirname, '../..');
const EXAMPLE = join(PROJECT, 'examples/github-actions');

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
}
interface Job {
  readonly needs?: string;
  readonly strategy?: { readonly matrix: { readonly chart: readonly string[] } };
  readonly steps: readonly Step[];
}

const workflow = parse(readFileSync(join(EXAMPLE, 'prewarm.yml'), 'utf8')) as {
  readonly jobs: Readonly<Record<string, Job>>;
};
const { prewarm, chart } = workflow.jobs as { prewarm: Job; chart: Job };

const loopback = useLoopback();
let site: Site;
let tarball: string;
let lock: string;
/** What is kept between jobs. */
let kept: string;

beforeAll(async () => {
  const dir = temporaryParent();
  const { os, arch } = platformOf(process.platform, process.arch);
  const platform = `${os}-${arch}`;
  mkdirSync(join(dir, platform));
  copyFileSync(toolPath('HELM3'), join(dir, platform, 'helm'));
  await create({ gzip: { level: 1 }, file: join(dir, 'helm.tgz'), cwd: dir }, [`${platform}/helm`]);
  const archive = readFileSync(join(dir, 'helm.tgz'));
  const name = `/helm-v3.17.3-${platform}.tar.gz`;
  site = await serveFiles(
    new Map([
      [name, archive],
      [`${name}.sha256sum`, Buffer.from(sha256(archive))],
    ]),
  );
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', dir], {
    cwd: PROJECT,
    encoding: 'utf8',
  });
  tarball = join(dir, packed.trim());
  kept = join(dir, 'kept');
  return async () => {
    await site.close();
  };
});

/** A machine with a checkout, and nothing of wgcache or helm. */
async function machine(): Promise<Rig> {
  const rig = await Rig.open({ loopback: loopback() });
  for (const name of ['helm', 'wgcache']) rmSync(join(rig.base, 'bin', name));
  const config = readFileSync(join(EXAMPLE, 'wgcache.config.yaml'), 'utf8');
  rig.write({
    'wgcache.config.yaml': config.replace('helm: 3.17.3', `helm: { version: 3.17.3, baseUrl: '${site.url}' }`),
  });
  if (lock !== undefined) rig.write({ 'wgcache-tools.lock': lock });
  return rig;
}

interface Done {
  readonly step: Step;
  readonly ran: Ran;
}

/** Plays a job. @returns what each `run:` said */
async function play(job: Job, matrix: Readonly<Record<string, string>> = {}): Promise<readonly Done[]> {
  const rig = await machine();
  const home = rig.env.HOME as string;
  const npm = join(rig.base, 'npm');
  const paths = join(rig.base, 'github-path');
  writeFileSync(paths, `${join(npm, 'bin')}\n`);
  const done: Done[] = [];
  for (const step of job.steps) {
    const cache = join(home, '.cache/wgcache');
    if (step.uses !== undefined) expect(step.uses).toMatch(/^actions\/(checkout|setup-node|cache\/(restore|save))@v4$/);
    if (step.uses?.includes('/cache/')) expect(step.with?.path).toBe('~/.cache/wgcache');
    if (step.uses?.includes('/restore') && existsSync(kept)) cpSync(kept, cache, { recursive: true });
    if (step.uses?.includes('/save')) cpSync(cache, kept, { recursive: true });
    if (step.run === undefined) continue;
    const script = step.run.replace(/\$\{\{ matrix\.(\w+) \}\}/g, (_, name: string) => matrix[name] ?? 'nothing');
    expect(script).not.toContain('${{');
    const added = readFileSync(paths, 'utf8').trim().split('\n').reverse().join(':');
    const env = {
      PATH: `${added}:${rig.env.PATH}`,
      WGCACHE_DIR: undefined,
      WGCACHE_PACKAGE: tarball,
      GITHUB_PATH: paths,
      npm_config_prefix: npm,
      npm_config_offline: 'true',
    };
    const ran = await rig.bare(['bash', '-e', '-c', script], { env });
    expect(ran.exit, `${script}\n${ran.stdout}\n${ran.said.join('\n')}\n${ran.stderr}`).toBe(0);
    done.push({ step, ran });
  }
  return done;
}

test('every command of wgcache in it is one', () => {
  const lines = [prewarm, chart].flatMap(({ steps }) => steps.flatMap(({ run = '' }) => run.split('\n')));
  const commands = lines.flatMap((line) => /^wgcache (.*?)( >.*)?$/.exec(line.trim())?.[1]?.split(' ') ?? null).length;
  expect(commands).toBeGreaterThan(20);
  for (const line of lines) {
    const [, words] = /^wgcache (.*?)( >.*)?$/.exec(line.trim()) ?? [];
    if (words === undefined) continue;
    const call = parseArgs(words.split(' '));
    if (call.kind === 'tools') parseToolsArgs(call.words);
    if (call.kind === 'prewarm') expect(parsePrewarmArgs(call.words)).not.toBeNull();
  }
  expect(chart.needs).toBe('prewarm');
  const { steps } = parse(readFileSync(join(EXAMPLE, 'wgcache.config.yaml'), 'utf8')) as { steps: object };
  expect(Object.keys(steps)).toEqual(chart.strategy?.matrix.chart);
  const key = (job: Job) => job.steps.filter(({ uses }) => uses?.includes('/cache/')).map((step) => step.with?.key);
  expect(new Set([...key(prewarm), ...key(chart)]).size).toBe(1);
});

test('one job fills the cache, the others find all there', async () => {
  const author = await Rig.open({ loopback: loopback() });
  const config = readFileSync(join(EXAMPLE, 'wgcache.config.yaml'), 'utf8');
  author.write({
    'wgcache.config.yaml': config.replace('helm: 3.17.3', `helm: { version: 3.17.3, baseUrl: '${site.url}' }`),
  });
  expect((await author.wgcache(['tools', 'lock'])).exit).toBe(0);
  lock = author.read('wgcache-tools.lock');

  const first = await play(prewarm);
  const table = first.find(({ step }) => step.run?.includes('prewarm'))?.ran.stdout.toString() ?? '';
  expect(table).toMatch(/^helm +tool {2}made /m);
  for (const name of chart.strategy?.matrix.chart ?? [])
    expect(table).toMatch(new RegExp(`^${name} +step {2}miss `, 'm'));
  expect(table).toMatch(/^6 of 6 warm/m);

  const asked = site.seen.length;
  const name = 'traefik';
  const jobs = await play(chart, { chart: name });
  expect(jobs.some(({ ran }) => ran.stdout.toString().includes('helm 3.17.3: restored'))).toBe(true);
  const told = jobs.flatMap(({ ran }) => ran.told);
  expect(told.map(({ label, outcome }) => `${label}: ${outcome}`)).toEqual([
    `helm dependency update charts/${name}: restored`,
    `helm lint charts/${name}: miss`,
    expect.stringMatching(/^helm template .*: miss$/),
  ]);
  expect(site.seen.length).toBe(asked);
});
