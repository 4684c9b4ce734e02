/** A record writes only where the step's declaration says, whoever wrote it: a record of a changed plugin, or of a tampered store. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import type { OutputRule } from '../../src/plugin.ts';
import type { StepContext } from '../../src/step/context.ts';
import { fitsRules } from '../../src/step/rules.ts';
import { decodeRecord, encodeRecord, type RecordedOutput, type StepRecord } from '../../src/store/record.ts';
import { Workspace } from '../support/wrapped.ts';

const made = 'mkdir -p out && echo a > out/a && echo ran';
const OUT = ['--output', 'out'];

/** Replaces the record of the step by another, as somebody who may write to the store could. */
function tamper(space: Workspace, change: (record: StepRecord) => object): void {
  const dir = join(space.cache, 'v1/records/local');
  const [shard = ''] = readdirSync(dir);
  const [name = ''] = readdirSync(join(dir, shard));
  const path = join(dir, shard, name);
  const record = decodeRecord(readFileSync(path));
  if (record === null) throw new Error('no record');
  writeFileSync(path, encodeRecord({ ...record, ...change(record) } as StepRecord));
}

describe('a tampered record', () => {
  const evil = digestOf('evil');
  it.each<[string, object]>([
    ['a file beside the outputs', { type: 'file', path: 'Makefile', digest: evil, size: '4', exec: true }],
    ['a hook', { type: 'file', path: '.git/hooks/pre-commit', digest: evil, size: '4', exec: true }],
    ['a link beside the outputs', { type: 'link', path: 'src', target: '/etc' }],
    ['the absence of something', { type: 'absent', path: '.git' }],
    ['a directory', { type: 'dir', path: 'outer' }],
    ['a name that begins alike', { type: 'file', path: 'out-of-bounds', digest: evil, size: '4', exec: false }],
    ['above the root', { type: 'file', path: '../evil', digest: evil, size: '4', exec: false }],
    ['an absolute path', { type: 'file', path: '/tmp/evil', digest: evil, size: '4', exec: false }],
    ['into out by way of it', { type: 'file', path: 'out/../evil', digest: evil, size: '4', exec: false }],
  ])('does not write %s', async (_, output) => {
    const space = new Workspace();
    await space.sh(OUT, made);
    mkdirSync(join(space.cache, 'v1/blobs', evil.slice(0, 2)), { recursive: true });
    writeFileSync(join(space.cache, 'v1/blobs', evil.slice(0, 2), evil), 'evil');
    rmSync(space.path('out'), { recursive: true });
    tamper(space, ({ outputs }) => ({ outputs: [...outputs, output] }));
    const run = await space.sh(OUT, made);
    expect(run.told).toMatchObject({ outcome: 'miss', reason: { code: 'record-damaged' }, stored: true });
    expect(run.stdout).toBe('ran\n');
    expect(readdirSync(space.root).sort()).toEqual(['.git', 'out']);
    expect(readdirSync(space.base).sort()).toEqual(['app', 'cache', 'home']);
    expect((await space.sh(OUT, made)).told.outcome).toBe('fresh');
  });

  it('does not pass for one that has the outputs', async () => {
    const space = new Workspace();
    await space.sh(OUT, made);
    tamper(space, () => ({ outputs: [] }));
    expect((await space.sh(OUT, made)).told).toMatchObject({ outcome: 'miss', reason: { code: 'record-damaged' } });
  });

  it.each(['no-such-fact', '__proto__', 'constructor', 'chart-archive'])(
    'whose outputs are the same by %s falls over nothing',
    async (fact) => {
      const space = new Workspace();
      await space.sh(OUT, made);
      tamper(space, ({ outputs }) => ({
        outputs: outputs.map((output) =>
          output.type === 'file' ? { ...output, same: { fact, field: 'meaning', value: 'x' } } : output,
        ),
      }));
      space.write('out/a', 'other');
      expect((await space.sh(OUT, made)).told.outcome).toBe('restored');
      expect(space.read('out/a')).toBe('a\n');
    },
  );

  it('cannot have strays deleted through a linked directory', async () => {
    const space = new Workspace();
    space.usePlugin("[{ kind: 'set', dir: 'charts', suffix: '.yaml', fact: 'yaml-mapping', owns: () => true }]");
    const make = 'mkdir -p charts && echo "a: 1" > charts/a.yaml';
    expect((await space.sh([], make)).told.stored).toBe(true);
    expect((await space.sh([], make)).told.outcome).toBe('fresh');
    space.write('charts/stray.yaml', 'b: 1');
    expect((await space.sh([], make)).told).toMatchObject({ outcome: 'restored', removed: 1 });
    renameSync(space.path('charts'), join(space.base, 'elsewhere'));
    writeFileSync(join(space.base, 'elsewhere/mine.yaml'), 'c: 1');
    symlinkSync(join(space.base, 'elsewhere'), space.path('charts'));
    expect((await space.sh([], make)).told).toMatchObject({ outcome: 'miss', reason: { code: 'restore-failed' } });
    expect(readdirSync(join(space.base, 'elsewhere')).sort()).toEqual(['a.yaml', 'mine.yaml']);
  });
});

describe('outputs fit rules', () => {
  const root = '/app';
  const context = { command: { root }, resolve: (path: string) => join(root, path) } as StepContext;
  const file = (path: string): RecordedOutput => ({
    type: 'file',
    path,
    digest: '0'.repeat(64),
    size: '0',
    exec: false,
  });
  const set: OutputRule = { kind: 'set', dir: 'charts', suffix: '.tgz', fact: 'chart-archive', owns: () => true };
  const one: OutputRule = { kind: 'file', path: 'a.tgz', required: false };
  const tree: OutputRule = { kind: 'tree', path: 'out', exclusive: true };
  const members: OutputRule = { kind: 'members', dir: 'm', names: new Set(['d', 'd/x', 'y']) };

  it.each<[string, RecordedOutput[], OutputRule[], boolean]>([
    ['nothing of nothing', [], [], true],
    ['something of nothing', [file('a')], [], false],
    ['a named file', [file('a.tgz')], [one], true],
    ['a named file that was left absent', [{ type: 'absent', path: 'a.tgz' }], [one], true],
    ['not without a named file', [], [one], false],
    ['an empty set', [], [set], true],
    ['what a set may hold', [file('charts/a.tgz')], [set], true],
    ['not another suffix', [file('charts/a.txt')], [set], false],
    ['not deeper', [file('charts/a/b.tgz')], [set], false],
    ['not the directory of a set', [{ type: 'absent', path: 'charts' }], [set], false],
    ['not a link in a set', [{ type: 'link', path: 'charts/a.tgz', target: '/etc/passwd' }], [set], false],
    ['all below a tree', [{ type: 'dir', path: 'out' }, file('out/a/b/c')], [tree], true],
    ['a tree that is a file', [file('out')], [tree], true],
    ['not without the tree itself', [file('out/a')], [tree], false],
    ['members, a directory among them', [{ type: 'dir', path: 'm/d' }, file('m/d/x'), file('m/y')], [members], true],
    ['not less than all members', [{ type: 'dir', path: 'm/d' }, file('m/d/x')], [members], false],
    [
      'nor what lies beside them',
      [{ type: 'dir', path: 'm/d' }, file('m/d/x'), file('m/d/z'), file('m/y')],
      [members],
      false,
    ],
    ['several rules', [file('a.tgz'), file('charts/b.tgz'), { type: 'dir', path: 'out' }], [set, one, tree], true],
  ])('%s', (_, outputs, rules, fits) => {
    expect(fitsRules(outputs, rules, context)).toBe(fits);
  });
});
