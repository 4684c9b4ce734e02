/** Sums the user gave: a file that differs is an error with both sums, whatever the command and the cache say; and files that are left alone. */
import { chmodSync, linkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { Workspace } from '../support/wrapped.ts';

const RIGHT = digestOf('right\n');
const WRONG = digestOf('wrong\n');
const right = 'echo x >> runs; echo right > f';
const wrong = 'echo x >> runs; echo wrong > f';

/** `sh` makes `f`. @param rule further fields of its output, JavaScript @param before what is run first*/
function open({ rule = '', before = '', pins = true } = {}): Workspace {
  const space = new Workspace();
  space.write(
    'plugin.mjs',
    `export const plugin = {
      name: 'test', version: 1, takesSums: true, match: (argv) => argv[0] === 'sh',
      async declare(context) {
        const path = context.resolve('f');
        const pins = ${pins} ? (context.described?.sha256 ?? []).map((sha256) => ({ path, sha256 })) : undefined;
        ${before}
        return {
          tool: null, args: ['f', ...(context.described?.sha256 ?? [])], shape: [], label: 'test', stdout: 'progress', pins,
          outputs: [{ kind: 'file', path, required: true, ${rule} }], words: { fresh: 'f', restored: 'r' },
        };
      },
    };`,
  );
  space.write('wgcache.config.json', '{ "plugins": ["./plugin.mjs"] }');
  return space;
}

const runs = (space: Workspace): number => (space.has('runs') ? space.read('runs').split('\n').length - 1 : 0);

it('the right file is stored, left alone, put back', async () => {
  const space = open();
  const flags = ['--sha256', RIGHT.toUpperCase()];
  expect((await space.sh(flags, right)).told).toMatchObject({ outcome: 'miss', stored: true, exit: 0 });
  expect((await space.sh(flags, right)).told).toMatchObject({ outcome: 'fresh' });
  rmSync(space.path('f'));
  expect((await space.sh(flags, right)).told).toMatchObject({ outcome: 'restored' });
  expect(space.read('f')).toBe('right\n');
  expect(runs(space)).toBe(1);
});

it('another file is removed, and the step fails with both sums', async () => {
  const space = open();
  const { exit, told } = await space.sh(['--sha256', RIGHT], wrong);
  expect(exit).toBe(1);
  expect(told).toMatchObject({
    outcome: 'miss',
    exit: 1,
    stored: false,
    notStored: { code: 'digest-mismatch', file: 'f', expected: RIGHT, actual: WRONG },
    warnings: [{ code: 'wrong-file', file: 'f', expected: RIGHT, actual: WRONG, removed: true }],
  });
  expect(space.has('f')).toBe(false);
  expect((await space.sh(['--sha256', RIGHT], wrong)).exit).toBe(1); // and again: nothing was kept
  expect(runs(space)).toBe(2);
});

it('is told in full where the report is switched off, and when there is no file at all', async () => {
  const space = open();
  space.env.WGCACHE_REPORT = 'none';
  const { exit, stderr } = await space.run('wrap', ['--sha256', RIGHT], ['sh', '-c', wrong]);
  expect(exit).toBe(1);
  expect(stderr).toBe(`wgcache: error: f is not what --sha256 says: expected ${RIGHT}, got ${WRONG}; it was removed\n`);
  expect((await space.sh(['--sha256', RIGHT], 'true')).told).toMatchObject({
    exit: 1,
    warnings: [{ code: 'wrong-file', actual: 'no file' }],
  });
});

it('a cache in trouble changes nothing of it', async () => {
  const space = open();
  writeFileSync(space.cache, 'no directory');
  expect((await space.sh(['--sha256', RIGHT], wrong)).exit).toBe(1);
  expect((await space.sh(['--sha256', RIGHT], right)).exit).toBe(0);
  expect(space.read('f')).toBe('right\n');
});

it('a command that fails is its own affair: its exit code, and what it left', async () => {
  const space = open();
  const { exit, told } = await space.sh(['--sha256', RIGHT], `${wrong}; exit 22`);
  expect(exit).toBe(22);
  expect(told).toMatchObject({ notStored: { code: 'failed' }, warnings: [] });
  expect(space.read('f')).toBe('wrong\n');
});

it('holds for a run that is not watched', async () => {
  const space = open({ before: "return { bypass: { code: 'unsupported', what: 'this' }, pins };" });
  expect((await space.sh(['--sha256', RIGHT], right)).told).toMatchObject({ outcome: 'bypass', exit: 0 });
  expect((await space.sh(['--sha256', RIGHT], wrong)).told).toMatchObject({
    outcome: 'bypass',
    exit: 1,
    warnings: [{ code: 'wrong-file', file: 'f', removed: true }],
  });
  expect(space.has('f')).toBe(false);
});

it.each([
  ['the plugin does not say which file', { pins: false, before: "return { bypass: { code: 'debug', what: '-v' } };" }],
  ['the plugin breaks', { before: "throw new Error('broken');" }],
])('where %s, nothing is run', async (_, how) => {
  const space = open(how);
  await expect(space.sh(['--sha256', RIGHT], right)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('--sha256 cannot be checked, so nothing was run: '),
  });
  expect(runs(space)).toBe(0);
  expect((await space.sh([], right)).told).toMatchObject({ outcome: 'bypass', exit: 0 }); // without one it is
});

it('nor with our stdin; nor for a command that downloads nothing', async () => {
  const space = open();
  await expect(space.sh(['--stdin', '--sha256', RIGHT], right)).rejects.toMatchObject({ exitCode: 2 });
  await expect(space.wrap(['--sha256', RIGHT], ['echo', 'x'])).rejects.toMatchObject({
    message: '--sha256 is for what curl or wget downloads to a file',
  });
  expect(runs(space)).toBe(0);
});

it('an entry of steps: has it too; a sum of the command line goes over it', async () => {
  const space = open();
  space.write(
    'wgcache.config.json',
    JSON.stringify({ plugins: ['./plugin.mjs'], steps: { f: { command: ['sh'], sha256: RIGHT } } }),
  );
  expect((await space.sh([], wrong)).exit).toBe(1);
  expect((await space.sh([], right)).told).toMatchObject({ outcome: 'miss', stored: true });
  expect((await space.sh(['--sha256', WRONG], wrong)).told).toMatchObject({ outcome: 'miss', stored: true, exit: 0 });
});

it('a file that the command leaves alone: right it is fresh, else the command runs unwatched', async () => {
  const space = open({ rule: 'unlessThere: true' });
  const script = 'echo x >> runs; if [ -e f ]; then echo right > f.1; else echo right > f; fi';
  space.write('f', 'old\n');
  expect((await space.sh([], script)).told).toMatchObject({ outcome: 'bypass', reason: { code: 'unsupported' } });
  expect([space.read('f'), space.read('f.1')]).toEqual(['old\n', 'right\n']);
  rmSync(space.path('f'));
  expect((await space.sh([], script)).told).toMatchObject({ outcome: 'miss', stored: true });
  expect((await space.sh([], script)).told).toMatchObject({ outcome: 'fresh' });
  space.write('f', 'other\n');
  expect((await space.sh([], script)).told).toMatchObject({ outcome: 'bypass', reason: { code: 'unsupported' } });
  expect(space.read('f')).toBe('other\n');
  await expect(space.sh(['--sha256', RIGHT], script)).rejects.toMatchObject({ exitCode: 2 });
  rmSync(space.path('f'));
  expect((await space.sh([], script)).told).toMatchObject({ outcome: 'restored' });
  expect(runs(space)).toBe(3);
});

it('a file that is written into keeps its permissions; one that is put back where there is none is no program', async () => {
  const space = open({ rule: 'inPlace: true' });
  space.write('f', '');
  chmodSync(space.path('f'), 0o755);
  await space.sh([], right);
  expect((await space.sh([], right)).told).toMatchObject({ outcome: 'fresh' });
  rmSync(space.path('f'));
  await space.sh([], right);
  expect(statSync(space.path('f')).mode & 0o111).toBe(0);
  chmodSync(space.path('f'), 0o755);
  writeFileSync(space.path('f'), 'other\n');
  expect((await space.sh([], right)).told).toMatchObject({ outcome: 'restored' });
  expect(statSync(space.path('f')).mode & 0o111).toBe(0o111);
  expect(runs(space)).toBe(1);
});

it('a private file that is written into stays private; one with another name is left to the command', async () => {
  const space = open({ rule: 'inPlace: true' });
  await space.sh([], right);
  chmodSync(space.path('f'), 0o600);
  writeFileSync(space.path('f'), 'other\n');
  expect((await space.sh([], right)).told).toMatchObject({ outcome: 'restored' });
  expect(statSync(space.path('f')).mode & 0o777).toBe(0o600);
  writeFileSync(space.path('f'), 'other\n');
  linkSync(space.path('f'), space.path('also'));
  expect((await space.sh([], right)).told).toMatchObject({ outcome: 'miss', reason: { code: 'restore-failed' } });
  expect(space.read('also')).toBe('right\n');
});
