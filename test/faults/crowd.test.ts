/** Many processes at once: one key, one directory, a holder that dies and one that fails. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { BUILT } from '../e2e/built.ts';
import { finished, type Ran, Rig } from '../e2e/rig.ts';
import { familyEnded, familyEnv, familyOf, killFamily } from './family.ts';
import { noteFigures } from './figures.ts';
import { faultsOfStore, leftInStore } from './store-check.ts';

const CROWD = 64;
const FLAGS = ['--input', 'input', '--output', 'out'];

/** Says on `../log` when it begins and ends, and complains when another one is at the same directory. */
const MAKE = `#!/bin/sh
mkdir ../busy 2>/dev/null || echo overlap >> ../overlaps
echo "begin $(date +%s%3N) $TMPDIR $*" >> ../log
mkdir -p out
echo half > out/file
sleep "$(cat ../seconds)"
echo "$(cat input) $*" > out/file
rmdir ../busy
echo "end $(date +%s%3N) $TMPDIR $*" >> ../log
echo made
exit "$(cat ../exit)"
`;

interface Setting {
  readonly seconds: number;
  readonly exit?: number;
}

async function open({ seconds, exit = 0 }: Setting): Promise<Rig> {
  const rig = (await Rig.open()).write({ input: '1', 'make.sh': MAKE });
  return rig.write({ '../seconds': `${seconds}`, '../exit': `${exit}` });
}

function start(rig: Rig, word: string, flags: readonly string[] = FLAGS, args: readonly string[] = []) {
  const argv = ['wrap', ...flags, '--', './make.sh', ...args];
  const env = { ...rig.env, ...familyEnv(word) };
  const child = spawn(BUILT.bin, argv, { cwd: rig.root, env, stdio: 'pipe' });
  return { child, word, end: finished(child) };
}

function log(rig: Rig): string[][] {
  const path = rig.path('../log');
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
    : [];
}

function begun(rig: Rig): string[][] {
  return log(rig).filter(([what]) => what === 'begin');
}

async function until(what: () => boolean, withinMs = 60_000): Promise<void> {
  const since = performance.now();
  while (!what()) {
    if (performance.now() - since > withinMs) throw new Error('it never came to this');
    await sleep(5);
  }
}

function outcomes(all: readonly Ran[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { told } of all) found[told[0]!.outcome] = (found[told[0]!.outcome] ?? 0) + 1;
  return found;
}

test(`${CROWD} processes on one key: the command runs once, and all have its result`, async () => {
  const rig = await open({ seconds: 1 });
  const since = performance.now();
  const all = await Promise.all(Array.from({ length: CROWD }, (_, at) => start(rig, `${rig.base}/tmp/${at}`).end));
  noteFigures('crowd', { processes: CROWD, commandMs: 1_000, allDoneMs: Math.round(performance.now() - since) });
  expect(begun(rig)).toHaveLength(1);
  expect(all.map(({ exit, stdout }) => `${exit} ${stdout}`)).toEqual(all.map(() => '0 made\n'));
  expect(outcomes(all)).toEqual({ miss: 1, fresh: CROWD - 1 });
  expect(leftInStore(rig.store)).toEqual({ temporary: 0, locks: 0 });
  expect(faultsOfStore(rig.store)).toEqual([]);
});

test(`the holder is killed while ${CROWD - 1} wait: another takes over at once, and the rest have its result`, async () => {
  const rig = await open({ seconds: 60 });
  const crowd = Array.from({ length: CROWD }, (_, at) => start(rig, `${rig.base}/tmp/${at}`));
  await until(() => begun(rig).length === 1);
  await sleep(2_000); // the others have come
  const holder = crowd.find(({ word }) => word === begun(rig)[0]![2])!;
  rig.write({ '../seconds': '0.2' });
  holder.child.kill('SIGSTOP'); // so that its command is dead before it, and does not count as one that still runs
  killFamily(holder.word, holder.child.pid);
  await familyEnded(holder.word, 10_000, holder.child.pid);
  rig.remove('../busy');
  holder.child.kill('SIGKILL');
  const killed = Date.now();
  await until(() => begun(rig).length === 2);
  const tookOver = Number(begun(rig)[1]![1]) - killed;
  noteFigures('takeover', { waiters: CROWD - 1, nextCommandBeginsMs: tookOver });
  const others = await Promise.all(crowd.filter((one) => one !== holder).map(({ end }) => end));
  expect((await holder.end).exit).toBe(137);
  expect(begun(rig)).toHaveLength(2);
  expect(others.map(({ exit, stdout }) => `${exit} ${stdout}`)).toEqual(others.map(() => '0 made\n'));
  expect(outcomes(others)).toEqual({ miss: 1, fresh: CROWD - 2 });
  expect(tookOver).toBeLessThan(10_000); // one that cannot be looked at is given 15 s
  expect(leftInStore(rig.store).locks).toBe(0);
});

test('a failing holder: each who waited runs for itself, one after the other, and has its own failure', async () => {
  const rig = await open({ seconds: 0.05, exit: 7 });
  const all = await Promise.all(Array.from({ length: 16 }, (_, at) => start(rig, `${rig.base}/tmp/${at}`).end));
  expect(all.map(({ exit, stdout }) => `${exit} ${stdout}`)).toEqual(all.map(() => '7 made\n'));
  expect(begun(rig)).toHaveLength(16);
  expect(existsSync(rig.path('../overlaps'))).toBe(false);
  expect(leftInStore(rig.store)).toEqual({ temporary: 0, locks: 0 });
});

test('eight keys that write one directory: one after the other', async () => {
  const rig = await open({ seconds: 0.1 });
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, at) => start(rig, `${rig.base}/tmp/${at}`, FLAGS, [`${at}`]).end),
  );
  expect(all.map(({ exit }) => exit)).toEqual(all.map(() => 0));
  expect(begun(rig)).toHaveLength(8);
  expect(existsSync(rig.path('../overlaps'))).toBe(false);
  for (const at of [3, 5]) {
    await start(rig, `${rig.base}/tmp`, FLAGS, [`${at}`]).end;
    expect(rig.read('out/file')).toBe(`1 ${at}\n`);
  }
  expect(begun(rig)).toHaveLength(8);
});

test('wgcache killed and its command not: the next run does not wait for it, and nothing is stored that it may still write to', async () => {
  const rig = await open({ seconds: 60 });
  const first = start(rig, `${rig.base}/tmp/first`);
  await until(() => begun(rig).length === 1);
  first.child.kill('SIGKILL');
  await first.end;
  expect(familyOf(first.word).length).toBeGreaterThan(0);
  rig.write({ '../seconds': '0' });
  const since = performance.now();
  const second = await rig.wrap(['./make.sh'], { flags: FLAGS });
  expect(performance.now() - since).toBeLessThan(20_000);
  expect(second.outcome).toMatchObject({ outcome: 'miss', stored: false, notStored: { code: 'still-running' } });
  const third = await rig.wrap(['./make.sh'], { flags: FLAGS });
  expect(third.outcome).toMatchObject({ outcome: 'miss', stored: false, notStored: { code: 'still-running' } });
  killFamily(first.word);
  await familyEnded(first.word, 10_000);
  expect((await rig.wrap(['./make.sh'], { flags: FLAGS })).outcome).toMatchObject({ outcome: 'miss', stored: true });
  expect(leftInStore(rig.store)).toMatchObject({ locks: 0 });
  rig.remove('out');
  expect((await rig.wrap(['./make.sh'], { flags: FLAGS })).outcome.outcome).toBe('restored');
  expect(rig.read('out/file')).toBe('1 \n');
});

test('the same, though what still runs is of another key', async () => {
  const rig = await open({ seconds: 60 });
  const first = start(rig, `${rig.base}/tmp/first`, FLAGS, ['other']);
  await until(() => begun(rig).length === 1);
  first.child.kill('SIGKILL');
  await first.end;
  rig.write({ '../seconds': '0' });
  expect((await rig.wrap(['./make.sh'], { flags: FLAGS })).outcome).toMatchObject({
    notStored: { code: 'still-running' },
  });
  killFamily(first.word);
  await familyEnded(first.word, 10_000);
  expect((await rig.wrap(['./make.sh'], { flags: FLAGS })).outcome).toMatchObject({ outcome: 'miss', stored: true });
});
