/** Archives made and unpacked by the real tar, zip and unzip: exactly their members, and nothing else that lies there. */
import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, utimesSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { contents, madeLikeBare, openInstallRig, toldOf } from './install-rig.ts';
import type { Rig } from './rig.ts';

let rig: Rig;
const OLD = new Date('2020-02-02T02:02:02Z');

/** `pkg-1/` with files, a program, a link and an empty directory, in archives of every kind. */
function pack(text = 'one\n'): void {
  rig.remove('src', 'a.tar', 'a.tgz', 'a.txz', 'a.zip');
  rig.write({ 'src/pkg-1/bin/tool': '#!/bin/sh\n', 'src/pkg-1/README': text, 'src/pkg-1/doc/a.md': 'a\n' });
  rig.link('src/pkg-1/bin/t', 'tool').write({ 'src/pkg-1/empty/x': '' }).remove('src/pkg-1/empty/x');
  utimesSync(rig.path('src/pkg-1/README'), OLD, OLD);
  for (const [file, flags] of [
    ['a.tar', 'cf'],
    ['a.tgz', 'czf'],
    ['a.txz', 'cJf'],
  ] as const)
    execFileSync('tar', [flags, rig.path(file), '-C', rig.path('src'), 'pkg-1']);
  execFileSync('zip', ['-qry', rig.path('a.zip'), 'pkg-1'], { cwd: rig.path('src') });
}

beforeEach(async () => {
  rig = (await openInstallRig()).write({ 'out/mine': 'mine\n' });
  pack();
});

test.each(
  [
    ['tar', 'xf', 'a.tar', '-C', 'out'],
    ['tar', '-xzf', 'a.tgz', '-C', 'out'],
    ['tar', 'xf', 'a.tgz', '-C', 'out', '--strip-components=1'],
    ['tar', 'xf', 'a.tgz', '-C', 'out', 'pkg-1/bin', 'pkg-1/README'],
    ['tar', 'xf', 'a.tgz', '-C', 'out', '--exclude=doc', '--exclude=*/t?ol'],
    ['tar', '-C', 'out', '-xmf', 'a.tgz', '--strip-components=2', 'pkg-1/bin'],
    ['unzip', '-qo', 'a.zip', '-d', 'out'],
    ['unzip', '-q', 'a.zip', '-d', 'out'],
    ['unzip', '-qoj', 'a.zip', '-d', 'out'],
    ['unzip', '-qo', 'a.zip', 'pkg-1/README', '-d', 'out'],
  ].map((argv) => [argv.join(' '), argv] as const),
)('%s: cold, fresh, put back; as the bare command does it', async (_, argv) => {
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'out' }))).toBe('miss first');
  const made = contents(rig, 'out');
  expect(Object.keys(made).length).toBeGreaterThan(1);
  expect(toldOf(await rig.wrap(argv))).toBe('fresh');
  for (const name of Object.keys(made)) if (name !== 'mine') rig.remove(`out/${name}`);
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'out' }))).toBe('restored');
  expect(contents(rig, 'out')).toEqual(made);
});

test('what not everybody may read is put back for its owner alone', async () => {
  rig.write({ 'src/pkg-1/secret/key': 'key\n' });
  chmodSync(rig.path('src/pkg-1/secret/key'), 0o600);
  chmodSync(rig.path('src/pkg-1/secret'), 0o700);
  chmodSync(rig.path('src/pkg-1/bin/tool'), 0o700);
  for (const [file, ...flags] of [
    ['tar', 'czf', 'a.tgz', '-C', 'src', 'pkg-1'],
    ['sh', '-c', 'cd src && zip -qry ../a.zip pkg-1'],
  ] as const)
    execFileSync(file, flags, { cwd: rig.root });
  for (const argv of [
    ['tar', 'xf', 'a.tgz', '-C', 'out'],
    ['unzip', '-qo', 'a.zip', '-d', 'out'],
  ]) {
    expect(toldOf(await rig.remove('out/pkg-1').wrap(argv))).toBe('miss first');
    expect(toldOf(await rig.remove('out/pkg-1').wrap(argv))).toBe('restored');
    const modes = ['secret', 'secret/key', 'bin/tool', 'README'].map(
      (name) => lstatSync(rig.path(`out/pkg-1/${name}`)).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o700, 0o644]);
    expect(toldOf(await rig.wrap(argv))).toBe('fresh');
  }
});

test('times are those of the archive, where the command sets them', async () => {
  const time = (): number => lstatSync(rig.path('out/pkg-1/README')).mtimeMs;
  for (const argv of [
    ['tar', 'xf', 'a.tgz', '-C', 'out'],
    ['unzip', '-qo', 'a.zip', '-d', 'out'],
  ]) {
    expect(toldOf(await rig.remove('out/pkg-1').wrap(argv))).toBe('miss first');
    expect(time()).toBe(OLD.getTime());
    expect(toldOf(await rig.remove('out/pkg-1').wrap(argv))).toBe('restored');
    expect(time()).toBe(OLD.getTime());
  }
  const now = ['tar', 'xmf', 'a.tgz', '-C', 'out'];
  await rig.remove('out/pkg-1').wrap(now);
  await rig.remove('out/pkg-1').wrap(now);
  expect(time()).toBeGreaterThan(OLD.getTime());
});

test('what was changed is put right, what else lies there stays; another archive is unpacked anew', async () => {
  const argv = ['tar', 'xf', 'a.tgz', '-C', 'out'];
  await rig.wrap(argv);
  rig.write({ 'out/pkg-1/README': 'edited\n', 'out/pkg-1/notes': 'mine too\n' });
  chmodSync(rig.path('out/pkg-1/bin/tool'), 0o644);
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'out' }))).toBe('restored');
  expect([rig.read('out/pkg-1/README'), rig.read('out/pkg-1/notes'), rig.read('out/mine')]).toEqual([
    'one\n',
    'mine too\n',
    'mine\n',
  ]);
  pack('two\n');
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'out' }))).toBe('miss changed');
  expect(rig.read('out/pkg-1/README')).toBe('two\n');
  pack('one\n');
  rig.remove('out/pkg-1');
  expect((await madeLikeBare(rig, argv, { made: 'out' })).exit).toBe(0);
});

test('unzip that asks or never overwrites: a right file is fresh, another one unzip meets itself', async () => {
  for (const flag of ['-q', '-nq']) {
    const argv = ['unzip', flag, 'a.zip', '-d', 'out'];
    rig.remove('out/pkg-1');
    expect(toldOf(await madeLikeBare(rig, argv, { made: 'out' }))).toBe(`miss ${flag === '-q' ? 'first' : 'changed'}`);
    expect(toldOf(await rig.wrap(argv))).toBe('fresh');
    rig.write({ 'out/pkg-1/README': 'edited\n' });
    const ran = await madeLikeBare(rig, argv, { made: 'out' });
    expect([toldOf(ran), ran.exit]).toEqual(['bypass unsupported', flag === '-q' ? 1 : 0]);
    expect(rig.read('out/pkg-1/README')).toBe('edited\n');
  }
});

test('xz: a bypass, or the directory that is named, as a whole', async () => {
  const argv = ['tar', 'xf', 'a.txz', '-C', 'own'];
  rig.write({ 'own/x': '' }).remove('own/x');
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'own' }))).toBe('bypass unsupported');
  rig.remove('own/pkg-1');
  const flags = ['--output', 'own'];
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'own', flags }))).toBe('miss first');
  expect(toldOf(await rig.wrap(argv, { flags }))).toBe('fresh');
  rig.remove('own/pkg-1');
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'own', flags }))).toBe('restored');
});

test('a directory or archive that is missing or damaged fails as tar does', async () => {
  const argv = ['tar', 'xf', 'a.tgz', '-C', 'out'];
  await rig.wrap(argv);
  rig.remove('out');
  expect((await madeLikeBare(rig, argv, { made: 'out' })).exit).toBe(2);
  rig.write({ 'out/mine': '', 'a.tgz': 'no archive\n' });
  const broken = await madeLikeBare(rig, argv, { made: 'out' });
  expect([toldOf(broken), broken.exit]).toEqual(['bypass unsupported', 2]);
  rig.remove('a.tgz');
  expect((await madeLikeBare(rig, argv, { made: 'out' })).exit).toBe(2);
});

test('hard links, names that climb: tar has them alone', async () => {
  execFileSync('ln', [rig.path('src/pkg-1/README'), rig.path('src/pkg-1/same')]);
  execFileSync('tar', ['cf', rig.path('hard.tar'), '-C', rig.path('src'), 'pkg-1']);
  execFileSync('tar', ['cPf', rig.path('up.tar'), '../out/mine'], { cwd: rig.path('src') });
  const hard = await madeLikeBare(rig, ['tar', 'xf', 'hard.tar', '-C', 'out'], { made: 'out' });
  expect([toldOf(hard), hard.outcome.reason?.text]).toEqual(['bypass unsupported', expect.stringContaining('Link')]);
  expect(toldOf(await rig.wrap(['tar', 'xf', 'up.tar', '-C', 'out']))).toBe('bypass unsupported');
});
