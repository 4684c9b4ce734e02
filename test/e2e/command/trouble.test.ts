/** The step's result is the command's, whatever happens to the cache. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BUILT } from '../built.ts';
import { Rig } from '../rig.ts';
import { stampsOf } from '../trees.ts';

const MAKE = '#!/bin/sh\necho run >> runs\nmkdir -p out\ncp input out/file\necho made\necho noted >&2\n';
const FLAGS = ['--input', 'input', '--output', 'out'];

async function open(): Promise<Rig> {
  return (await Rig.open()).write({ input: '1', 'make.sh': MAKE });
}

describe('WGCACHE=off', () => {
  test.each(['off', '0', 'false'])(
    '%s: the command runs with our streams, and nothing of the cache is there',
    async (value) => {
      const rig = (await open()).write({ 'wgcache.config.yaml': 'this: is wrong\n' });
      const env = { WGCACHE: value };
      const ran = await rig.wgcache(['wrap', ...FLAGS, '--', './make.sh'], { env });
      expect(ran).toMatchObject({ exit: 0, stderr: 'noted\n', told: [], said: [] });
      expect(ran.stdout.toString()).toBe('made\n');
      const typed = await rig.wgcache(['wrap', ...FLAGS, '--', 'cat'], { env, stdin: 'typed' });
      expect(typed.stdout.toString()).toBe('typed');
      expect((await rig.wgcache(['wrap', '--', 'sh', '-c', 'exit 9'], { env })).exit).toBe(9);
      expect(existsSync(rig.store)).toBe(false);
      expect(rig.read('runs')).toBe('run\n');
    },
  );
});

test('what was stored before it was switched off is there afterwards', async () => {
  const rig = await open();
  await rig.wrap(['./make.sh'], { flags: FLAGS });
  const before = stampsOf(rig.store);
  await rig.wgcache(['wrap', ...FLAGS, '--', './make.sh'], { env: { WGCACHE: 'off' } });
  expect(stampsOf(rig.store)).toEqual(before);
  expect((await rig.wrap(['./make.sh'], { flags: FLAGS })).outcome.outcome).toBe('fresh');
});

describe('a cache directory that cannot be used', () => {
  const cases: Record<string, (rig: Rig) => string> = {
    'is a file': (rig) => {
      writeFileSync(join(rig.base, 'a-file'), 'x');
      return join(rig.base, 'a-file');
    },
    'lies below a file': (rig) => {
      writeFileSync(join(rig.base, 'a-file'), 'x');
      return join(rig.base, 'a-file', 'cache');
    },
    'lies where nothing can be made': () => '/proc/wgcache',
  };

  test.each(Object.keys(cases))('%s: the command runs, and one line warns', async (kind) => {
    const rig = await open();
    const env = { WGCACHE_DIR: cases[kind]!(rig) };
    for (const _ of [1, 2]) {
      const ran = await rig.wgcache(['wrap', ...FLAGS, '--', './make.sh'], { env });
      expect(ran).toMatchObject({ exit: 0, stderr: 'noted\n', told: [{ outcome: 'miss' }] });
      expect(ran.stdout.toString()).toBe('made\n');
      expect(ran.said).toEqual([
        expect.stringMatching(/^warning: cache trouble, going on without: (ENOTDIR|ENOENT|EACCES)/),
      ]);
    }
    expect((await rig.wgcache(['wrap', '--', 'sh', '-c', 'exit 9'], { env })).exit).toBe(9);
    expect((await rig.wgcache(['status', ...FLAGS, '--', './make.sh'], { env })).exit).toBe(1);
  });

  test.each(Object.keys(cases))('%s: --strict fails', async (kind) => {
    const rig = await open();
    const env = { WGCACHE_DIR: cases[kind]!(rig) };
    const ran = await rig.wgcache(['wrap', '--strict', ...FLAGS, '--', './make.sh'], { env });
    expect(ran.exit).toBe(1);
    expect(ran.said).toEqual([expect.stringMatching(/cache trouble/)]);
  });
});

test('a store that may only be read gives hits; what misses runs, and one line warns', async () => {
  const rig = await open();
  await rig.wrap(['./make.sh'], { flags: FLAGS });
  const readers = readersOf(rig);
  const hit = await readers.wgcache();
  expect(hit).toMatchObject({ exit: 0, told: [{ outcome: 'fresh' }] });
  expect(hit.said.length, hit.said.join('\n')).toBeLessThanOrEqual(1);
  rig.write({ input: '2' });
  const miss = await readers.wgcache();
  expect(miss).toMatchObject({ exit: 0, stderr: 'noted\n', told: [{ outcome: 'miss' }] });
  expect(miss.said).toEqual([expect.stringMatching(/^warning: cache trouble/)]);
  expect(rig.read('out/file')).toBe('2');
});

/** Runs wgcache as somebody who may write the workspace and only read the store. No permission stops root: then as another user. */
function chmodAll(path: string, mode: string): void {
  execFileSync('chmod', ['-R', mode, path]);
}

function readersOf(rig: Rig) {
  chmodAll(rig.base, 'a+rwX');
  chmodAll(rig.store, 'a-w');
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) return { wgcache: () => rig.wgcache(['wrap', ...FLAGS, '--', './make.sh']) };
  // The build may lie where nobody else may look.
  const name = process.env.WGCACHE_E2E === 'npm' ? 'npm' : 'bin';
  const copy = join(rig.base, 'built');
  mkdirSync(copy);
  if (name === 'bin') cpSync(BUILT.bin, join(copy, 'wgcache'));
  else
    for (const part of ['cli.js', 'main.js', 'chunks', 'package.json'])
      cpSync(join(BUILT.npm, '..', part), join(copy, part), { recursive: true });
  chmodAll(copy, 'a+rX');
  chmodSync(dirname(rig.base), 0o755);
  const file = join(copy, name === 'bin' ? 'wgcache' : 'cli.js');
  return { wgcache: () => rig.bare([file, 'wrap', ...FLAGS, '--', './make.sh'], { uid: 65_534 }) };
}
