/** gc and verify of stores that real steps made: what goes, what stays, killed at any moment, beside steps that run. */
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { faultsOfStore, filesBelow, leftInStore, outputBlobs } from '../faults/store-check.ts';
import { DAY, HOUR, SyntheticStore } from '../support/synthetic-store.ts';
import { BUILT } from './built.ts';
import { finished, Rig } from './rig.ts';

const MAKE = '#!/bin/sh\nmkdir -p out\ncp input out/file\necho made\n';
const FLAGS = ['--input', 'input', '--output', 'out'];

interface GcTold {
  readonly removed: Record<'records' | 'blobs' | 'other', { readonly files: number; readonly bytes: number }>;
  readonly kept: Record<'records' | 'blobs' | 'other', { readonly files: number; readonly bytes: number }>;
  readonly freedBytes: number;
  readonly failed: number;
}

async function gc(rig: Rig, ...flags: string[]): Promise<GcTold> {
  const ran = await rig.wgcache(['gc', '--json', ...flags]);
  expect(ran).toMatchObject({ exit: 0, stderr: '' });
  return JSON.parse(ran.stdout.toString()) as GcTold;
}

const records = (rig: Rig): string[] => filesBelow(join(rig.store, 'v1/records'));
const blobs = (rig: Rig): string[] => filesBelow(join(rig.store, 'v1/blobs'));

/** As if nobody had come here for so long. */
function age(rig: Rig, ago: number, paths: readonly string[] = filesBelow(join(rig.store, 'v1'))): void {
  const at = (Date.now() - ago) / 1_000;
  for (const path of paths) utimesSync(path, at, at);
}

describe('what Helm made', () => {
  test('verifies, is collected when it was not used for long, and is made again', async () => {
    const rig = (await Rig.open()).chart('charts/a').chart('charts/b');
    const step = (name: string) => rig.wrap(['helm', 'package', `charts/${name}`, '-d', 'dist']);
    await step('a');
    await step('b');
    const [template] = (await rig.wgcache(['verify'])).stdout.toString().split('\n');
    expect(template).toMatch(/^2 records, \d+ blobs and \d+ other files checked \(.+\) in .+, in /);
    const before = { records: records(rig), blobs: blobs(rig).length };
    age(rig, 31 * DAY);
    expect((await step('a')).outcome.outcome).toBe('fresh'); // and leaves its use
    const dry = await gc(rig, '--dry-run');
    expect({ records: records(rig), blobs: blobs(rig).length }).toEqual(before);
    const told = await gc(rig);
    expect(dry.removed).toMatchObject({ records: told.removed.records, blobs: told.removed.blobs });
    expect(told.removed.records.files).toBe(1);
    expect(told.removed.blobs.files).toBeGreaterThan(0);
    expect(before.blobs - blobs(rig).length).toBe(told.removed.blobs.files);
    expect(faultsOfStore(rig.store)).toEqual([]);
    expect(await rig.wgcache(['verify'])).toMatchObject({ exit: 0, stderr: '' });
    rig.remove('dist');
    expect((await step('a')).outcome.outcome).toBe('restored');
    expect((await step('b')).outcome).toMatchObject({ outcome: 'miss', stored: true });
    expect(readdirSync(rig.path('dist')).sort()).toEqual(['a-1.0.0.tgz', 'b-1.0.0.tgz']);
  });

  test('damage is told, repaired, and made again', async () => {
    const rig = (await Rig.open()).chart('charts/a');
    const argv = ['helm', 'package', 'charts/a', '-d', 'dist'];
    await rig.wrap(argv);
    const [blob = ''] = outputBlobs(rig.store);
    chmodSync(blob, 0o600);
    writeFileSync(blob, 'x');
    const told = await rig.wgcache(['verify']);
    expect(told).toMatchObject({ exit: 1, stderr: '' });
    expect(told.stdout.toString()).toContain(`damaged blob: ${blob.slice(join(rig.store, 'v1/').length)}`);
    expect(told.stdout.toString()).toContain(
      '2 damaged. They count as absent; `wgcache verify --repair` removes them.',
    );
    const repaired = await rig.wgcache(['verify', '--repair', '--json']);
    expect(repaired.exit).toBe(1);
    expect(JSON.parse(repaired.stdout.toString())).toMatchObject({
      repair: true,
      damage: [
        { kind: 'blob-damaged', removed: true },
        { kind: 'record-incomplete', removed: true },
      ],
    });
    expect((await rig.wgcache(['verify'])).exit).toBe(0);
    rig.remove('dist');
    expect((await rig.wrap(argv)).outcome).toMatchObject({ outcome: 'miss', stored: true });
    expect((await rig.wgcache(['verify'])).exit).toBe(0);
  });
});

describe('along the way', () => {
  const stamp = (rig: Rig): string => join(rig.store, 'v1/gc/done');

  async function withOldRecord(): Promise<Rig> {
    const rig = (await Rig.open()).write({ input: '1', 'make.sh': MAKE });
    await rig.wrap(['./make.sh'], { flags: FLAGS });
    age(rig, 31 * DAY);
    return rig;
  }

  test('after a step was stored, and not after a hit, a failure or a bypass', async () => {
    const rig = await withOldRecord();
    const [old = ''] = records(rig);
    const input = rig.read('input');
    rig.write({ input: '2' });
    await rig.wrap(['sh', '-c', 'exit 3'], { flags: FLAGS });
    await rig.wrap(['date']);
    expect(existsSync(old)).toBe(true);
    expect(Date.now() - statSync(stamp(rig)).mtimeMs).toBeGreaterThan(30 * DAY);
    const ran = await rig.wrap(['./make.sh'], { flags: FLAGS });
    expect(ran).toMatchObject({ exit: 0, stderr: '', said: [], outcome: { outcome: 'miss', stored: true } });
    expect(existsSync(old)).toBe(false);
    expect(faultsOfStore(rig.store)).toEqual([]);
    expect(leftInStore(rig.store)).toEqual({ temporary: 0, locks: 0 });
    age(rig, 31 * DAY, records(rig));
    rig.write({ input });
    await rig.wrap(['./make.sh'], { flags: FLAGS }); // stored, but it is not time
    expect(records(rig)).toHaveLength(2);
  });

  test('a hit collects nothing, and leaves its use', async () => {
    const rig = await withOldRecord();
    const [old = ''] = records(rig);
    expect((await rig.wrap(['./make.sh'], { flags: FLAGS })).outcome.outcome).toBe('fresh');
    expect(Date.now() - statSync(old).mtimeMs).toBeLessThan(HOUR);
    expect(Date.now() - statSync(stamp(rig)).mtimeMs).toBeGreaterThan(30 * DAY);
    age(rig, 31 * DAY);
    rig.remove('out');
    expect((await rig.wrap(['./make.sh'], { flags: FLAGS })).outcome.outcome).toBe('restored');
    expect(Date.now() - statSync(old).mtimeMs).toBeLessThan(HOUR);
  });

  test.each([
    ['WGCACHE_GC', 'off', ''],
    ['WGCACHE_GC_MAX_AGE', 'none', ''],
    ['WGCACHE_GC_MAX_SIZE', 'much', 'WGCACHE_GC_MAX_SIZE=much: expected a size'],
    ['WGCACHE_GC', 'perhaps', 'WGCACHE_GC=perhaps: expected'],
  ])('not with %s=%s, and never fails the step', async (name, value, said) => {
    const rig = await withOldRecord();
    const [old = ''] = records(rig);
    rig.write({ input: '2' });
    const ran = await rig.wgcache(['wrap', ...FLAGS, '--', './make.sh'], { env: { [name]: value } });
    expect(ran.exit).toBe(0);
    expect(ran.said.join('\n')).toContain(said);
    expect(existsSync(old)).toBe(true);
  });

  test('nor does a cache that cannot be collected', async () => {
    const rig = await withOldRecord();
    rig.write({ input: '2' });
    rmSync(join(rig.store, 'v1/gc'), { recursive: true });
    writeFileSync(join(rig.store, 'v1/gc'), 'in the way');
    const ran = await rig.wrap(['./make.sh'], { flags: FLAGS });
    expect(ran).toMatchObject({ exit: 0, said: [], outcome: { outcome: 'miss', stored: true } });
  });
});

describe('killed at any moment', () => {
  /** Runs it again and again, and kills it a little later each time. @returns whether any was killed in the middle */
  async function killed(rig: Rig, argv: readonly string[], check: () => void): Promise<boolean> {
    let inTheMiddle = 0;
    const whole = rig.copy();
    const began = performance.now();
    await whole.wgcache(argv.slice(1));
    const took = performance.now() - began;
    rmSync(whole.base, { recursive: true, force: true });
    for (let at = 1; at <= 12; at++) {
      const child = rig.start(argv);
      const end = finished(child);
      await sleep((took * at) / 14);
      child.kill('SIGKILL');
      if ((await end).exit === 137) inTheMiddle += 1;
      check();
    }
    return inTheMiddle > 0;
  }

  test('gc: every record has its blobs, the next one finishes', { timeout: 300_000 }, async () => {
    const rig = await Rig.open();
    const made = new SyntheticStore(rig.store);
    const shared = Array.from({ length: 20 }, (_, i) => `shared ${i}`);
    for (let i = 0; i < 600; i++)
      await made.record(`r${i}`, [`${i}`, shared[i % 20] ?? ''], i % 2 === 0 ? 2 * DAY : 40 * DAY, 40 * DAY);
    const check = () => expect(faultsOfStore(rig.store)).toEqual([]);
    expect(await killed(rig, ['wgcache', 'gc'], check)).toBe(true);
    const told = await gc(rig);
    expect(told.kept).toMatchObject({ records: { files: 300 }, blobs: { files: 300 * 3 + 10 } });
    expect(leftInStore(rig.store)).toEqual({ temporary: 0, locks: 0 });
    expect((await rig.wgcache(['verify'])).exit).toBe(0);
  });

  test('verify --repair: nothing whole goes, the next one finishes', { timeout: 300_000 }, async () => {
    const rig = await Rig.open();
    const made = new SyntheticStore(rig.store);
    const all = [];
    for (let i = 0; i < 600; i++) all.push(await made.record(`r${i}`, [`${i}`], 2 * HOUR));
    const whole = all.filter((_, i) => i % 3 !== 0);
    for (const { blobs: names } of all.filter((_, i) => i % 3 === 0)) {
      const blob = made.store.layout.blob(names[0] ?? '');
      chmodSync(blob, 0o600);
      writeFileSync(blob, 'damaged');
    }
    const check = () => expect(whole.filter(({ path }) => !existsSync(path))).toEqual([]);
    expect(await killed(rig, ['wgcache', 'verify', '--repair'], check)).toBe(true);
    await rig.wgcache(['verify', '--repair']);
    expect((await rig.wgcache(['verify'])).exit).toBe(0);
    expect(records(rig)).toHaveLength(whole.length);
    expect(faultsOfStore(rig.store)).toEqual([]);
  });
});

describe('beside steps that run', () => {
  const STEPS = 8;
  const ROUNDS = 12;

  /** Each step makes, has put back and makes anew, in a directory of its own; contents come back, so that blobs are shared. */
  async function steps(rig: Rig): Promise<string[]> {
    const wrong: string[] = [];
    const one = async (n: number): Promise<void> => {
      for (let round = 0; round < ROUNDS; round++) {
        const input = `${(n + round) % 5}\n`.repeat(1_000);
        rig.write({ [`s${n}/input`]: input });
        if (round % 2 === 1) rig.remove(`s${n}/out`);
        const ran = await rig.wrap(['./make.sh'], { flags: FLAGS, cwd: `s${n}` });
        const right = ran.exit === 0 && ran.stdout.toString() === 'made\n' && rig.read(`s${n}/out/file`) === input;
        if (!right || ran.said.length > 0) wrong.push(`s${n} round ${round}: ${JSON.stringify(ran)}`);
      }
    };
    for (let n = 0; n < STEPS; n++) rig.write({ [`s${n}/make.sh`]: MAKE });
    await Promise.all(Array.from({ length: STEPS }, (_, n) => one(n)));
    return wrong;
  }

  /** Until `work` is done, again and again. */
  async function meanwhile<T>(work: Promise<T>, again: () => Promise<void>): Promise<T> {
    let done = false;
    const ended = work.finally(() => {
      done = true;
    });
    while (!done) await again();
    return await ended;
  }

  test('gc and verify find nothing wrong, and take nothing a step needs', { timeout: 300_000 }, async () => {
    const rig = await Rig.open();
    const made = new SyntheticStore(rig.store);
    for (let i = 0; i < 200; i++) await made.record(`r${i}`, [`${i}`], 2 * DAY);
    let rounds = 0;
    const wrong = await meanwhile(steps(rig), async () => {
      rounds += 1;
      await gc(rig, '--max-size', '0');
      const verified = await rig.wgcache(['verify', '--repair']);
      expect(verified.exit, verified.stdout.toString()).toBe(0);
    });
    expect(wrong).toEqual([]);
    expect(rounds).toBeGreaterThan(1);
    expect(faultsOfStore(rig.store)).toEqual([]);
    expect(records(rig).length).toBeGreaterThanOrEqual(5);
  });

  test('even what is taken away under their hands is made again', { timeout: 300_000 }, async () => {
    const rig = await Rig.open();
    let removed = 0;
    const wrong = await meanwhile(steps(rig), async () => {
      // As if an hour passed at every moment: no grace for anybody.
      for (const path of [...records(rig), ...blobs(rig)]) {
        try {
          age(rig, 2 * HOUR, [path]);
        } catch {
          // gone meanwhile
        }
      }
      const { removed: gone } = await gc(rig, '--max-size', '0');
      removed += gone.records.files;
    });
    expect(wrong).toEqual([]);
    expect(removed).toBeGreaterThan(3);
    await rig.wgcache(['verify', '--repair']);
    expect(faultsOfStore(rig.store)).toEqual([]);
    expect(await steps(rig)).toEqual([]);
  });

  test('of two at once one collects, and the other says so', { timeout: 120_000 }, async () => {
    const rig = await Rig.open();
    const made = new SyntheticStore(rig.store);
    for (let i = 0; i < 300; i++) await made.record(`r${i}`, [`${i}`], 40 * DAY);
    const all = await Promise.all(Array.from({ length: 6 }, () => rig.wgcache(['gc', '--json'])));
    const busy = all.filter(({ exit }) => exit === 1);
    for (const { said } of busy) expect(said[0]).toContain('another wgcache collects this cache');
    const told = all.filter(({ exit }) => exit === 0).map(({ stdout }) => JSON.parse(stdout.toString()) as GcTold);
    expect(told.reduce((sum, { removed }) => sum + removed.records.files, 0)).toBe(300);
  });
});

test('what cannot be removed is told, and keeps its blobs', async () => {
  const rig = await Rig.open();
  const made = new SyntheticStore(rig.store);
  const stuck = await made.record('stuck', ['a'], 40 * DAY);
  await made.record('free', ['b'], 40 * DAY);
  const run = asSomebody(rig);
  chmodSync(dirname(stuck.path), 0o555);
  try {
    const ran = await run(['gc']);
    expect(ran).toMatchObject({ exit: 1, stderr: '' });
    expect(ran.stdout.toString()).toMatch(
      /^Removed 1 record, 3 blobs and \d+ other files: .*\n.*\n1 file could not be removed: EACCES.*\n$/,
    );
    expect(existsSync(stuck.path)).toBe(true);
    expect(faultsOfStore(rig.store)).toEqual([]);
  } finally {
    chmodSync(dirname(stuck.path), 0o755);
  }
});

/** Runs wgcache as a user whom permissions stop: root is not one. */
function asSomebody(rig: Rig): (argv: readonly string[]) => ReturnType<Rig['wgcache']> {
  if (process.getuid?.() !== 0) return (argv) => rig.wgcache(argv);
  const open = (path: string): void => {
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return;
    chmodSync(path, stat.isDirectory() ? 0o777 : stat.mode | 0o444);
    if (stat.isDirectory()) for (const name of readdirSync(path)) open(join(path, name));
  };
  const copy = join(rig.base, 'built');
  mkdirSync(copy);
  const file = join(copy, 'wgcache');
  cpSync(BUILT.bin, file);
  open(rig.base);
  chmodSync(dirname(rig.base), 0o755);
  chmodSync(file, 0o755);
  return (argv) => rig.bare([file, ...argv], { uid: 65_534 });
}
