/** Processes that die, processes that meet, and a store whose files are damaged: the next run works and is right. */
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { casesOf } from '../built.ts';
import { likeBare } from '../oracle.ts';
import { finished, Rig } from '../rig.ts';

const FLAGS = ['--input', 'input', '--output', 'out'];

test('kill -9 in the middle of a run: the next run works at once', async () => {
  const rig = (await Rig.open()).write({
    input: '1',
    slow: '',
    'make.sh':
      '#!/bin/sh\necho run >> runs\nmkdir -p out\necho $$ > pid\necho half > out/file\nif [ -e slow ]; then echo ready; exec sleep 60; fi\necho whole > out/file\n',
  });
  const child = rig.start(['wgcache', 'wrap', ...FLAGS, '--', './make.sh']);
  const end = finished(child);
  await once(child.stdout!, 'data');
  child.kill('SIGKILL');
  process.kill(Number(rig.read('pid')), 'SIGKILL');
  expect((await end).exit).toBe(137);
  rig.remove('slow');
  const started = performance.now();
  const next = await rig.wrap(['./make.sh'], { flags: FLAGS });
  expect(next).toMatchObject({ exit: 0, said: [], outcome: { outcome: 'miss', stored: true, warnings: [] } });
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(rig.read('out/file')).toBe('whole\n');
  expect((await rig.wrap(['./make.sh'], { flags: FLAGS })).outcome.outcome).toBe('fresh');
});

test('sixteen processes on one key: the command runs once, and all have its result', async () => {
  const rig = (await Rig.open()).write({
    input: '1',
    'make.sh': '#!/bin/sh\necho run >> runs\nsleep 0.5\nmkdir -p out\ndate +%s%N > out/file\necho made\n',
  });
  const all = await Promise.all(Array.from({ length: 16 }, () => rig.wrap(['./make.sh'], { flags: FLAGS })));
  expect(rig.read('runs')).toBe('run\n');
  expect(all.map(({ exit }) => exit)).toEqual(all.map(() => 0));
  expect(all.map(({ stdout }) => stdout.toString())).toEqual(all.map(() => 'made\n'));
  expect(all.map(({ outcome }) => outcome.outcome).sort()).toEqual([...Array<string>(15).fill('fresh'), 'miss']);
});

test('two steps that write one directory take turns', async () => {
  const rig = (await Rig.open()).write({
    a: '1',
    b: '1',
    'make.sh':
      '#!/bin/sh\necho "begin $1" >> order\nmkdir -p out\nsleep 0.5\necho $1 > out/file\necho "end $1" >> order\n',
  });
  await Promise.all(
    ['a', 'b'].map((name) => rig.wrap(['./make.sh', name], { flags: ['--input', name, '--output', 'out'] })),
  );
  expect(rig.read('order')).toMatch(/^begin (.)\nend \1\nbegin (.)\nend \2\n$/);
});

test('inputs that change while the command runs: not stored', async () => {
  const rig = (await Rig.open()).write({
    input: '1',
    'make.sh': '#!/bin/sh\nmkdir -p out\ncp input out/file\necho 2 >> input\n',
  });
  const ran = await rig.wrap(['./make.sh'], { flags: FLAGS });
  expect(ran.outcome).toMatchObject({
    outcome: 'miss',
    stored: false,
    notStored: { code: 'inputs-changed', text: expect.stringContaining('input') },
  });
  expect((await rig.wrap(['./make.sh'], { flags: FLAGS })).outcome.outcome).toBe('miss');
});

describe('every file of the store in turn', () => {
  const damages: Record<string, (path: string) => void> = {
    'cut off': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
    'one bit flipped': (path) => {
      const bytes = readFileSync(path);
      if (bytes.length > 0) bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(path, bytes);
    },
    empty: (path) => writeFileSync(path, ''),
    gone: (path) => rmSync(path),
  };

  function filesOf(store: string): string[] {
    return readdirSync(store, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  }

  // That sums are looked at is shown in both forms; faults/damage.test.ts has more.
  test.each(casesOf(Object.keys(damages), ['one bit flipped']))('%s', async (kind) => {
    const rig = (await Rig.open()).chart('charts/app');
    const argv = ['helm', 'package', 'charts/app', '-d', 'out'];
    await rig.wrap(argv);
    await rig.wrap(argv);
    const files = filesOf(rig.store);
    expect(files.length).toBeGreaterThan(3);
    for (const path of files) {
      rig.remove('out');
      if (statSync(path, { throwIfNoEntry: false }) === undefined) continue; // another damage made the store drop it
      damages[kind]!(path);
      const ran = await likeBare(rig, argv);
      expect(['restored', 'miss'], path).toContain(ran.outcome.outcome);
      const again = await rig.wrap(argv);
      expect({ path, outcome: again.outcome.outcome }).toEqual({ path, outcome: 'fresh' });
      rig.remove('out');
      const repaired = await rig.wrap(argv);
      expect({ path, outcome: repaired.outcome.outcome }).toEqual({ path, outcome: 'restored' });
    }
  });
});
