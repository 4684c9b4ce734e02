/**
 * Real disks in trouble: full, read-only, forbidden, gone; too few descriptors. The command's result stands, at most one line warns, and
 * `--strict` makes a failure of it. Where nothing may be mounted the kernel's refusals are injected instead (errors.test.ts does so at every call).
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BUILT, temporaryParent } from '../e2e/built.ts';
import { type Ran, Rig, type RunOptions } from '../e2e/rig.ts';
import { faultsOfStore } from './store-check.ts';
import { requireStrace } from './strace.ts';

const MAKE = `#!/bin/sh
echo run >> ../runs
mkdir -p out
cp input out/a
head -c 300000 /dev/zero > out/large
echo made
echo noted >&2
`;
const ARGV = ['wrap', '--input', 'input', '--output', 'out'];
const COMMAND = ['--', './make.sh'];

async function open(): Promise<Rig> {
  return (await Rig.open({ on: 'disk' })).write({ 'make.sh': MAKE, input: '1\n' });
}

/** Whether the system lets us mount: root outside a strict container. */
function mayMount(): boolean {
  const dir = mkdtempSync(join(temporaryParent('disk'), 'mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', dir], { stdio: 'ignore' });
    execFileSync('umount', [dir]);
    return true;
  } catch {
    return false;
  }
}

function mount(target: string, options: readonly string[], source = target): void {
  mkdirSync(target, { recursive: true });
  execFileSync('mount', [...options, source, target]);
  onTestFinished(() => void execFileSync('umount', [target]));
}

/** The outputs and words of the command, whatever the cache did. */
function asBare(rig: Rig, ran: Ran, input: string): void {
  expect({ exit: ran.exit, stdout: ran.stdout.toString(), stderr: ran.stderr }).toEqual({
    exit: 0,
    stdout: 'made\n',
    stderr: 'noted\n',
  });
  expect([rig.read('out/a'), rig.read('out/large').length]).toEqual([input, 300_000]);
}

function troubles(ran: Ran): string[] {
  for (const line of ran.said) expect(line).toMatch(/^warning: cache trouble, going on without: /);
  expect(ran.said.length).toBeLessThanOrEqual(1);
  return [...ran.said];
}

interface Store {
  readonly env: Readonly<Record<string, string>>;
  /** Fills it to the brim, forbids it, … */
  readonly harm: () => void;
  readonly mend: () => void;
}

/** First run, hit, restore and a changed input, each with the cache in trouble; then without. */
async function through(rig: Rig, { env, harm, mend }: Store, how: RunOptions = {}): Promise<void> {
  const options = { ...how, env: { ...env, ...how.env } };
  const wrap = (...flags: string[]) => rig.bare([...commandOf(rig, how), ...ARGV, ...flags, ...COMMAND], options);
  harm();
  const first = await wrap();
  asBare(rig, first, '1\n');
  expect(troubles(first)).toHaveLength(1);
  rig.remove('out');
  const strict = await wrap('--strict');
  expect(strict.exit).toBe(1);
  expect(strict.said).toEqual([expect.stringMatching(/^cache trouble: .*\nwithout --strict the step would go on$/)]);
  mend();
  asBare(rig, await wrap(), '1\n');
  harm();
  const hit = await wrap();
  asBare(rig, hit, '1\n');
  expect(hit.told[0]!.outcome).toBe('fresh');
  troubles(hit);
  rig.remove('out');
  const restored = await wrap();
  asBare(rig, restored, '1\n');
  expect(restored.told[0]!.outcome).toBe('restored');
  troubles(restored);
  rig.write({ input: '2\n' });
  const missed = await wrap();
  asBare(rig, missed, '2\n');
  expect(troubles(missed)).toHaveLength(1);
  mend();
  asBare(rig, await wrap(), '2\n');
  rig.remove('out');
  const back = await wrap();
  expect(back.told[0]!.outcome).toBe('restored');
  asBare(rig, back, '2\n');
  expect(faultsOfStore(options.env.WGCACHE_DIR ?? rig.store)).toEqual([]);
}

/** The built command; where another user runs it, a copy that he may read. */
function commandOf(rig: Rig, { uid }: RunOptions): string[] {
  if (uid === undefined) return [BUILT.bin];
  const copy = join(rig.base, 'built');
  if (!existsSync(copy)) {
    mkdirSync(copy);
    cpSync(BUILT.bin, join(copy, 'wgcache'));
    execFileSync('chmod', ['-R', 'a+rX', copy]);
  }
  return [join(copy, 'wgcache')];
}

describe('a disk that is full', () => {
  test('a small tmpfs, or such answers injected where nothing may be mounted', async () => {
    const rig = await open();
    if (!mayMount()) {
      requireStrace();
      const calls = ['copy_file_range', 'link', 'mkdir', 'rename'].flatMap((call) => [
        '-e',
        `inject=${call}:error=ENOSPC`,
      ]);
      const ran = await rig.bare(['strace', '-qq', '-o', '/dev/null', ...calls, BUILT.bin, ...ARGV, ...COMMAND]);
      asBare(rig, ran, '1\n');
      expect(troubles(ran)).toHaveLength(1);
      return;
    }
    const cache = join(rig.base, 'small');
    mount(cache, ['-t', 'tmpfs', '-o', 'size=1m'], 'tmpfs');
    const fill = join(cache, 'fill');
    await through(rig, {
      env: { WGCACHE_DIR: cache },
      harm: () => execFileSync('sh', ['-c', 'head -c 4000000 /dev/zero > "$0" 2>/dev/null; true', fill]),
      mend: () => rmSync(fill),
    });
  });
});

describe('a directory nobody may write', () => {
  test('read-only by permission, for another user', async () => {
    const rig = await open();
    const isRoot = process.getuid?.() === 0;
    const how = isRoot ? { uid: 65_534 } : {};
    execFileSync('chmod', ['-R', 'a+rwX', rig.base]);
    chmodSync(dirname(rig.base), 0o755);
    const cache = join(rig.base, 'shared');
    mkdirSync(cache);
    chmodSync(cache, 0o777);
    const mode = (bits: string) => () => execFileSync('chmod', ['-R', bits, cache]);
    await through(rig, { env: { WGCACHE_DIR: cache }, harm: mode('a-w'), mend: mode(isRoot ? 'a+w' : 'u+w') }, how);
  });

  test('read-only by mount, where one may mount', async () => {
    if (!mayMount()) return; // by permission it is tried above
    const rig = await open();
    const cache = join(rig.base, 'shared');
    mount(cache, ['-t', 'tmpfs'], 'tmpfs');
    const remount = (how: string) => () => execFileSync('mount', ['-o', `remount,${how}`, cache]);
    await through(rig, { env: { WGCACHE_DIR: cache }, harm: remount('ro'), mend: remount('rw') });
  });
});

describe('too few descriptors', () => {
  test('from eight up: its result, or words that it cannot be started', async () => {
    const rig = await open();
    const limited = (files: number, argv: readonly string[]) =>
      rig.bare(['prlimit', `--nofile=${files}:${files}`, ...argv]);
    let ran = 0;
    for (let files = 8; files <= 40; files += files < 20 ? 1 : 5) {
      if ((await limited(files, [BUILT.bin, '--version'])).exit !== 0) continue;
      rig.remove('out');
      rmSync(rig.store, { recursive: true, force: true });
      const miss = await limited(files, [BUILT.bin, ...ARGV, ...COMMAND]);
      const hit = await limited(files, [BUILT.bin, ...ARGV, ...COMMAND]);
      for (const one of [miss, hit]) {
        if (one.exit === 126) {
          expect(one.said, `${files}`).toEqual([expect.stringContaining('./make.sh: cannot be executed')]);
          continue;
        }
        asBare(rig, one, '1\n');
        troubles(one);
        ran++;
      }
    }
    expect(ran).toBeGreaterThan(10);
    expect((await limited(16, [BUILT.bin, ...ARGV, ...COMMAND])).exit).toBe(0);
  });
});

describe('a cache directory that goes away', () => {
  test.each([
    ['the command removes it', 'rm -rf "$WHERE"'],
    ['the command puts a file in its place', 'rm -rf "$WHERE"; echo x > "$WHERE"'],
    ['the command makes a dangling link of it', 'rm -rf "$WHERE"; ln -s /nonexistent/there "$WHERE"'],
    ['the command empties it', 'rm -rf "$WHERE"/*'],
  ])('%s', async (_, script) => {
    const rig = await open();
    rig.edit('make.sh', (text) => text.replace('mkdir -p out\n', `mkdir -p out\nWHERE=${rig.store}\n${script}\n`));
    for (const __ of [1, 2, 3]) {
      rig.remove('out');
      const ran = await rig.wgcache([...ARGV, ...COMMAND]);
      asBare(rig, ran, '1\n');
      troubles(ran);
    }
    rmSync(rig.store, { force: true, recursive: true });
    writeFileSync(rig.path('make.sh'), MAKE);
    asBare(rig, await rig.wgcache([...ARGV, ...COMMAND]), '1\n');
    expect((await rig.wgcache([...ARGV, ...COMMAND])).told[0]!.outcome).toBe('fresh');
    expect(faultsOfStore(rig.store)).toEqual([]);
  });
});
