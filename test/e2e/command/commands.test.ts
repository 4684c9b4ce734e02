/** The other commands, and the flags of wrap: what they say, what they leave alone. */
import { describe, expect, test } from 'vitest';
import { casesOf } from '../built.ts';
import { Rig } from '../rig.ts';
import { stampsOf } from '../trees.ts';

const MAKE = '#!/bin/sh\necho run >> ../runs\nmkdir -p out\ncp input out/file\necho made\necho noted >&2\n';
const FLAGS = ['--input', 'input', '--output', 'out'];
const STEP = [...FLAGS, '--', './make.sh'];

async function open(): Promise<Rig> {
  return (await Rig.open()).write({ input: '1', 'make.sh': MAKE });
}

const runs = (rig: Rig) => rig.read('../runs').length / 'run\n'.length;

describe('status', () => {
  test('its exit code says whether the step is fresh', async () => {
    const rig = await open();
    const status = async () => (await rig.wgcache(['status', ...STEP])).exit;
    expect(await status()).toBe(1);
    await rig.wgcache(['wrap', ...STEP]);
    expect(await status()).toBe(0);
    rig.write({ 'out/file': 'other' });
    expect(await status()).toBe(1);
    await rig.wgcache(['wrap', ...STEP]);
    expect(await status()).toBe(0);
    rig.write({ input: '2' });
    expect(await status()).toBe(1);
    expect(runs(rig)).toBe(1);
    expect((await rig.wgcache(['status', '--', 'date'])).exit).toBe(1); // a bypass is never fresh
    expect((await rig.wgcache(['status', '--', 'no-such-command'])).exit).toBe(127);
  });

  test('in a Taskfile: a fresh step is up to date', async () => {
    const rig = await open();
    rig.write({
      'Taskfile.yml': `version: '3'
tasks:
  make:
    status: ['wgcache status ${STEP.join(' ')}']
    cmds: ['wgcache wrap ${STEP.join(' ')}']
`,
    });
    expect((await rig.task(['make'])).told.at(-1)?.outcome).toBe('miss');
    expect((await rig.task(['make'])).stderr).toContain('Task "make" is up to date');
  });
});

describe('status and explain', () => {
  const states = [
    ['never run', 0],
    ['run', 1],
    ['changed since', 2],
  ] as const;

  test.each(casesOf(states, states.slice(-1)))('write nothing: %s', async (_, state) => {
    const rig = (await open())
      .chart('charts/app')
      .chart('charts/user', 'dependencies:\n- {name: app, version: "*", repository: "file://../app"}\n')
      .write({ 'wgcache.config.yaml': 'log: full\n' });
    const steps = [
      STEP,
      ['--', 'helm', 'lint', 'charts/app'],
      ['--', 'helm', 'dependency', 'update', 'charts/user'],
      ['--', 'helm', 'package', 'charts/app'],
    ];
    if (state > 0) for (const step of steps) await rig.wgcache(['wrap', ...step]);
    if (state > 1) rig.write({ input: '2', 'charts/app/values.yaml': 'greeting: changed\n' });
    const before = stampsOf(rig.base);
    for (const step of steps) {
      for (const command of [['status'], ['status', '--json'], ['explain'], ['explain', '--json']]) {
        const ran = await rig.wgcache([...command, ...step]);
        expect(ran.exit).toBe(command[0] === 'status' && state !== 1 ? 1 : 0);
      }
    }
    expect(stampsOf(rig.base)).toEqual(before);
  });
});

describe('explain', () => {
  test('shows every part of the key, what differs, and the level', async () => {
    const rig = (await Rig.open()).chart('charts/app');
    const explain = async () =>
      JSON.parse((await rig.wgcache(['explain', '--json', '--', 'helm', 'lint', 'charts/app'])).stdout.toString());
    const first = await explain();
    expect(first).toMatchObject({
      v: 1,
      plugin: 'helm-lint',
      label: 'helm lint charts/app',
      level: 'none',
      outcome: 'miss',
      nearest: null,
    });
    expect(Object.keys(first.parts.inputs)).toEqual(
      expect.arrayContaining(['charts/app/Chart.yaml', 'charts/app/values.yaml', 'charts/app/templates/map.yaml']),
    );
    expect(first.key).toMatch(/^[0-9a-f]{64}$/);
    const ran = await rig.wrap(['helm', 'lint', 'charts/app']);
    expect(ran.outcome.key).toBe(first.key);
    expect(await explain()).toMatchObject({ level: 'exact', outcome: 'fresh', nearest: null, key: first.key });
    rig.edit('charts/app/values.yaml', (text) => `${text}more: 1\n`);
    const changed = await explain();
    expect(changed).toMatchObject({
      level: 'step',
      outcome: 'miss',
      nearest: { key: first.key, changes: ['charts/app/values.yaml changed'] },
    });
    const { stdout } = await rig.wgcache(['explain', '--', 'helm', 'lint', 'charts/app']);
    for (const text of [
      'helm lint charts/app',
      changed.key,
      'charts/app/values.yaml changed',
      'charts/app/templates/map.yaml',
    ])
      expect(stdout.toString()).toContain(text);
  });

  test('says why a step is not cached', async () => {
    const rig = await Rig.open();
    const ran = await rig.wgcache(['explain', '--json', '--', 'helm', 'push', 'x.tgz', 'oci://127.0.0.1:9/x']);
    expect(JSON.parse(ran.stdout.toString())).toMatchObject({ outcome: 'bypass', reason: { code: 'side-effects' } });
  });
});

test('the miss names what changed against the nearest earlier run, not just the last', async () => {
  const rig = await open();
  rig.write({ more: 'a' });
  const wrap = () => rig.wrap(['./make.sh'], { flags: [...FLAGS, '--input', 'more'] });
  await wrap();
  rig.write({ input: '2', more: 'b' });
  expect((await wrap()).outcome.reason?.text).toBe('input changed; more changed');
  rig.write({ input: '1' });
  expect((await wrap()).outcome.reason?.text).toMatch(/^(input|more) changed$/);
});

test('stats: the numbers are those of the runs', async () => {
  const rig = await open();
  const stats = async () => JSON.parse((await rig.wgcache(['stats', '--json'])).stdout.toString());
  expect(await stats()).toMatchObject({
    v: 1,
    since: null,
    plugins: {},
    total: { fresh: 0, restored: 0, miss: 0, bypass: 0, bytes: 0 },
  });
  rig.chart('charts/app');
  const lint = ['--', 'helm', 'lint', 'charts/app'];
  for (const step of [STEP, STEP, lint, lint, lint, ['--', 'true']]) await rig.wgcache(['wrap', ...step]);
  rig.remove('out');
  await rig.wgcache(['wrap', ...STEP]);
  const told = await stats();
  expect(told.plugins).toMatchObject({
    generic: { fresh: 1, restored: 1, seeded: 0, miss: 1, bypass: 1, bytes: 1 },
    'helm-lint': { fresh: 2, restored: 0, miss: 1, bypass: 0 },
  });
  for (const name of Object.keys(told.total)) {
    expect(told.total[name]).toBe(
      Object.values<Record<string, number>>(told.plugins).reduce((sum, row) => sum + (row[name] ?? 0), 0),
    );
  }
  expect(told.plugins['helm-lint'].savedMs).toBeGreaterThan(0);
  const { stdout } = await rig.wgcache(['stats']);
  expect(stdout.toString()).toMatch(/helm-lint +3 +2 \(67 %\)/);
  expect(stdout.toString()).toMatch(/total +7 +4 \(57 %\)/);
});

test('--dry-run says what would happen; nothing does', async () => {
  const rig = await open();
  const dry = async () => (await rig.wrap(['./make.sh'], { flags: [...FLAGS, '--dry-run'] })).outcome;
  expect(await dry()).toMatchObject({ outcome: 'miss', stored: false, notStored: { code: 'dry-run' } });
  expect(Object.keys(rig.tree())).not.toContain('out');
  await rig.wrap(['./make.sh'], { flags: FLAGS });
  expect(await dry()).toMatchObject({ outcome: 'fresh' });
  rig.remove('out');
  expect(await dry()).toMatchObject({ outcome: 'restored' });
  expect(Object.keys(rig.tree())).not.toContain('out');
  expect(runs(rig)).toBe(1);
});

test('--dry-run of what is never cached does not run it either', async () => {
  const rig = await open();
  const ran = await rig.wrap(['./make.sh'], { flags: ['--dry-run'] });
  expect(ran.outcome).toMatchObject({ outcome: 'bypass', reason: { code: 'not-described' } });
  expect(Object.keys(rig.tree())).not.toContain('out');
});

test('--force runs and stores anew', async () => {
  const rig = (await open()).write({ 'make.sh': '#!/bin/sh\nmkdir -p out\ndate +%s%N > out/file\n' });
  await rig.wrap(['./make.sh'], { flags: FLAGS });
  const before = rig.read('out/file');
  const forced = await rig.wrap(['./make.sh'], { flags: [...FLAGS, '--force'] });
  expect(forced.outcome).toMatchObject({ outcome: 'miss', reason: { code: 'forced' }, stored: true });
  const after = rig.read('out/file');
  expect(after).not.toBe(before);
  rig.remove('out');
  await rig.wrap(['./make.sh'], { flags: FLAGS });
  expect(rig.read('out/file')).toBe(after);
});

test('--log governs what a hit replays on a terminal; a pipe gets all of stdout', async () => {
  const rig = await open();
  await rig.wrap(['./make.sh'], { flags: FLAGS });
  for (const [log, stderr] of [
    ['full', 'noted\n'],
    ['errors', 'noted\n'],
    ['none', ''],
  ] as const) {
    const ran = await rig.wrap(['./make.sh'], { flags: [...FLAGS, '--log', log] });
    expect({ log, stdout: ran.stdout.toString(), stderr: ran.stderr }).toEqual({ log, stdout: 'made\n', stderr });
  }
});

describe('help', () => {
  test.each([
    [['help']],
    [['--help']],
    [['-h']],
    [['help', 'wrap']],
    [['wrap', '--help']],
    [['status', '--help']],
    [['explain', '-h']],
    [['stats', '--help']],
    [['help', 'config']],
  ])('%j', async (args) => {
    const rig = await Rig.open();
    const ran = await rig.wgcache(args);
    expect(ran).toMatchObject({ exit: 0, stderr: '', said: [] });
    expect(ran.stdout.toString()).toMatch(/\n$/);
    expect(ran.stdout.length).toBeGreaterThan(100);
  });

  test('--version', async () => {
    const rig = await Rig.open();
    expect((await rig.wgcache(['--version'])).stdout.toString()).toMatch(/^wgcache \d+\.\d+\.\d+\n$/);
  });
});
