/** One cache directory for two users, versions, architectures or checkouts: none is served what is another's, and nobody is stopped. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeChecked } from '../../src/base/checked.ts';
import { LocalStore } from '../../src/store/local.ts';
import { builtCommand } from '../e2e/built.ts';
import { type Ran, Rig } from '../e2e/rig.ts';
import { Workspace } from '../support/wrapped.ts';
import { stateOf } from './hostile.ts';

const NOBODY = 65_534;
const FLAGS = ['--input', 'in', '--output', 'out'];
const MAKE = '#!/bin/sh\nmkdir -p out; cat in > out/a; echo said; exit "$1"\n';

describe('two users', () => {
  /** The workspace is for everybody; the cache is as its owner made it. */
  async function shared(): Promise<{ rig: Rig; file: string }> {
    if (process.getuid?.() !== 0)
      throw new Error('two users need root, who can be the other one: run the tests as root');
    const rig = (await Rig.open()).write({ in: '1', 'make.sh': MAKE });
    const file = join(rig.base, 'built');
    cpSync(builtCommand(), file);
    expect((await rig.wrap(['./make.sh', '0'], { flags: FLAGS })).outcome.stored).toBe(true);
    for (const path of [dirname(rig.base), rig.base, rig.root, file]) chmodSync(path, 0o755);
    execFileSync('chmod', ['-R', 'a+rwX', rig.root, join(rig.base, 'home'), join(rig.base, 'tmp')]);
    chmodSync(rig.base, 0o755);
    return { rig, file };
  }

  /** As another user; who is not root cannot be one, and is kept out of the cache by its mode instead. */
  async function asOther(rig: Rig, argv: readonly string[]): Promise<Ran> {
    if (process.getuid?.() === 0) return await rig.bare(argv, { uid: NOBODY });
    chmodSync(join(rig.store, 'v1'), 0);
    try {
      return await rig.bare(argv);
    } finally {
      chmodSync(join(rig.store, 'v1'), 0o700);
    }
  }

  test.each([
    ['of its owner alone', (_: string) => undefined],
    ['that everybody may enter and write', (store: string) => chmodSync(store, 0o777)],
  ])('a cache %s: the other one is told in one line, and its command runs', async (_, open) => {
    const { rig, file } = await shared();
    open(rig.store);
    const before = stateOf(rig.store);
    for (const exit of [0, 3]) {
      rig.remove('out');
      const ran = await asOther(rig, [file, 'wrap', ...FLAGS, '--', './make.sh', String(exit)]);
      expect(ran).toMatchObject({ exit, told: [{ outcome: expect.stringMatching(/miss|bypass/) }] });
      expect(ran.stdout.toString()).toBe('said\n');
      expect(ran.said.filter((line) => /EACCES/.test(line))).toHaveLength(1);
      expect(ran.said).toHaveLength(1);
      expect(rig.read('out/a')).toBe('1');
    }
    expect(stateOf(rig.store)).toEqual(before);
    // And the owner goes on as before.
    execFileSync('chown', ['-R', String(process.getuid?.()), join(rig.root, 'out')]);
    expect((await rig.wrap(['./make.sh', '0'], { flags: FLAGS })).outcome.outcome).toMatch(/fresh|restored/);
  });

  test('nothing the owner kept can be read by the other one', async () => {
    const { rig } = await shared();
    expect(
      (await asOther(rig, ['sh', '-c', `find '${rig.store}' -type f -readable 2>/dev/null | grep -q .`])).exit,
    ).toBe(1);
    expect((await rig.bare(['find', rig.store, '-perm', '/077'])).stdout.toString()).toBe('');
  });
});

describe('two versions', () => {
  test('what another version keeps beside ours, or among it, stays as it is and stops nobody', async () => {
    const rig = (await Rig.open()).write({ in: '1', 'make.sh': MAKE });
    expect((await rig.wrap(['./make.sh', '0'], { flags: FLAGS })).outcome.stored).toBe(true);
    const others = [
      'v0/blobs/ab/x',
      'v2/records/local/ab/x.json',
      'v2/journal/2026-11.jsonl',
      'v10',
      'README',
      'v1/future/ab/x',
    ];
    for (const name of others) {
      mkdirSync(dirname(join(rig.store, name)), { recursive: true });
      writeFileSync(join(rig.store, name), 'of another version\n');
    }
    const ours = readdirSync(rig.store).filter((name) => name !== 'v1');
    const before = Object.fromEntries(ours.map((name) => [name, stateOf(join(rig.store, name))]));
    rig.remove('out');
    expect((await rig.wrap(['./make.sh', '0'], { flags: FLAGS })).outcome).toMatchObject({
      outcome: 'restored',
      warnings: [],
    });
    for (const command of [['stats'], ['verify'], ['gc'], ['verify', '--repair']])
      expect((await rig.wgcache(command)).exit, command.join()).toBe(0);
    expect(Object.fromEntries(ours.map((name) => [name, stateOf(join(rig.store, name))]))).toEqual(before);
    expect((await rig.wrap(['./make.sh', '0'], { flags: FLAGS })).outcome.outcome).toBe('fresh');
  });

  test('files of ours in another format are not believed, whatever they say', async () => {
    const space = new Workspace();
    space.write('in', '1');
    const script = 'mkdir -p out; cat in > out/a; echo said';
    const first = await space.sh(FLAGS, script);
    await space.sh(FLAGS, script);
    const store = new LocalStore(space.cache);
    const files = readdirSync(store.layout.base, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/[\\/]blobs/.test(entry.parentPath))
      .map((entry) => join(entry.parentPath, entry.name));
    let changed = 0;
    for (const path of files) {
      const [head = '', ...rest] = readFileSync(path, 'utf8').split('\n');
      const [name = '', version] = head.split(' ');
      if (!name.startsWith('wgcache-')) continue;
      changed++;
      writeFileSync(
        path,
        encodeChecked(
          name,
          Number(version) + 1,
          Buffer.from(rest.join('\n').replaceAll(first.told.key as string, '0'.repeat(64))),
        ),
      );
    }
    expect(changed).toBeGreaterThan(1);
    rmSync(space.path('out'), { recursive: true });
    expect(await space.sh(FLAGS, script)).toMatchObject({
      exit: 0,
      stdout: 'said\n',
      told: { outcome: 'miss', stored: true, warnings: [] },
    });
    expect((await space.sh(FLAGS, script)).told.outcome).toBe('fresh');
  });
});

test('two architectures and systems', async () => {
  const space = new Workspace();
  space.write('in', '1');
  const run = async (): Promise<string> =>
    (await space.sh(FLAGS, 'mkdir -p out; echo "$WGCACHE_TEST_ARCH" > out/a')).told.outcome;
  const as = (what: 'arch' | 'platform', value: string): void => {
    const own = Object.getOwnPropertyDescriptor(process, what) as PropertyDescriptor;
    Object.defineProperty(process, what, { ...own, value });
    onTestFinished(() => void Object.defineProperty(process, what, own));
  };
  const own = process.arch;
  expect([await run(), await run()]).toEqual(['miss', 'fresh']);
  as('arch', own === 'arm64' ? 'x64' : 'arm64');
  expect([await run(), await run()]).toEqual(['miss', 'fresh']);
  as('arch', own);
  expect(await run()).toBe('fresh');
});

test('two checkouts at once: each has its own result, and what one made serves the other', {
  timeout: 120_000,
}, async () => {
  const first = (await Rig.open()).write({
    in: '0',
    'make.sh': '#!/bin/sh\nmkdir -p out; cat in > out/a; pwd > out/where; cat in\n',
  });
  const rigs = [first, first.movedTo('other'), first.movedTo('third')];
  const told: string[] = [];
  const rounds = async (rig: Rig): Promise<void> => {
    for (let round = 0; round < 12; round++) {
      const content = String(round % 4);
      rig.write({ in: content });
      const ran = await rig.wrap(['./make.sh'], { flags: FLAGS });
      told.push(ran.outcome.outcome);
      expect([ran.exit, ran.stdout.toString(), rig.read('out/a'), rig.read('out/where')]).toEqual([
        0,
        content,
        content,
        `${rig.root}\n`,
      ]);
    }
  };
  await Promise.all(rigs.map(rounds));
  expect(told).toContain('restored');
  expect(lstatSync(first.path('out')).isDirectory()).toBe(true);
});
