/** Files that change under our hands, and a gc beside: a result is right or not kept. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import { StepContext } from '../../src/step/context.ts';
import { Memo, storeClock } from '../../src/step/memo.ts';
import { restore } from '../../src/step/restore.ts';
import { Layout } from '../../src/store/layout.ts';
import { LocalStore } from '../../src/store/local.ts';
import { decodeRecord, type RecordedOutput } from '../../src/store/record.ts';
import { Rig } from '../e2e/rig.ts';
import { Workspace } from '../support/wrapped.ts';
import { stateOf, temporary } from './hostile.ts';

/** Kernels from 6.13 on stamp a file anew whenever somebody looked at it; ramfs does as all of them did before: every 1 to 10 ms. */
function coarsePlace(): string {
  const dir = temporary();
  try {
    execFileSync('mount', ['-t', 'ramfs', 'ramfs', dir], { stdio: 'ignore' });
    onTestFinished(() => void execFileSync('umount', ['--lazy', dir]));
  } catch {
    // Where one may not mount, the file system at hand has to do.
  }
  return dir;
}

const ROUNDS = Number(process.env.WGCACHE_FAULTS_ROUNDS ?? 20);

describe('inputs that change while the command runs', () => {
  const flags = ['--input', 'in/**', '--input', '?maybe/**', '--output', 'out'];
  const edits: Record<string, string> = {
    content: 'echo 2 > in/a',
    'same size, time put back': 'touch -r in/a stamp && echo 2 > in/a && touch -r stamp in/a && rm stamp',
    replaced: 'echo 2 > in/b && mv in/b in/a',
    'made executable': 'chmod +x in/a',
    deleted: 'rm in/a',
    'a new one': 'echo 3 > in/new',
    'one that may be there': 'mkdir -p maybe && echo 1 > maybe/x',
    'a link in its place': 'mv in/a other && ln -s ../other in/a',
    'a directory in its place': 'rm in/a && mkdir in/a && echo 1 > in/a/x',
  };

  test.each(Object.keys(edits))('%s', async (name) => {
    const space = new Workspace();
    space.write('in/a', '1\n');
    space.write('in/z', '1\n');
    const script = `mkdir -p out; cat in/* > out/all 2>/dev/null; ${edits[name]}; true`;
    const ran = await space.sh(flags, script);
    expect(ran.told).toMatchObject({ outcome: 'miss', stored: false, notStored: { code: 'inputs-changed' } });
    // Nothing was kept under either state.
    const layout = new Layout(space.cache);
    expect(() => statSync(join(layout.base, 'records'))).toThrow(/ENOENT/);
  });

  test('by somebody else, and after the command read them', async () => {
    const rig = (await Rig.open()).write({
      'in/a': '1\n',
      'make.sh': '#!/bin/sh\ncat in/a > out; : > ready; sleep 0.5\n',
    });
    const running = rig.wrap(['./make.sh'], { flags: ['--input', 'in/a', '--output', 'out'] });
    while (statSync(rig.path('ready'), { throwIfNoEntry: false }) === undefined) await sleep(10);
    rig.write({ 'in/a': '2\n' });
    const { outcome } = await running;
    expect(outcome).toMatchObject({
      stored: false,
      notStored: { code: 'inputs-changed', text: expect.stringContaining('in/a') },
    });
    expect((await rig.wrap(['./make.sh'], { flags: ['--input', 'in/a', '--output', 'out'] })).outcome.outcome).toBe(
      'miss',
    );
    expect(rig.read('out')).toBe('2\n');
  });
});

/** Writes the same number into the last and then into the first block, again and again, until the time is over: at any instant they differ by one or not. */
const WRITER = `
const fs = require('fs');
const [file, size, ms] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
fs.writeFileSync(file, Buffer.alloc(size));
const fd = fs.openSync(file, 'r+');
const until = Date.now() + ms;
const number = Buffer.alloc(4);
for (let at = 1; Date.now() < until; at++) {
  number.writeUInt32LE(at);
  for (const place of [size - 4, 0]) fs.writeSync(fd, number, 0, 4, place);
}
`;

test('an output that is written on while it is captured is never kept half', { timeout: 300_000 }, async () => {
  const space = new Workspace(coarsePlace());
  const size = 2 * 1024 * 1024;
  space.write('writer.cjs', WRITER);
  space.write('in', '');
  let kept = 0;
  let refused = 0;
  for (let round = 0; round < ROUNDS / 4; round++) {
    space.write('in', String(round));
    const script = `mkdir -p out; node writer.cjs out/a ${size} 1200 >/dev/null 2>&1 & for at in 1 2 3 4 5 6 7 8 9; do test -s out/a || sleep 0.05; done; sleep 0.02`;
    const { told } = await space.sh(['--input', 'in', '--input', 'writer.cjs', '--output', 'out'], script);
    if (told.stored === true) {
      kept++;
      const store = new LocalStore(space.cache);
      const record = decodeRecord(
        (await store.readRecord({ scope: 'local', key: told.key as string, root: null })) as Uint8Array,
      );
      const file = record?.outputs.find(({ type }) => type === 'file') as Extract<RecordedOutput, { type: 'file' }>;
      const bytes = (await store.readBlob(file.digest)) as Buffer;
      expect(bytes.length).toBe(size);
      const apart = bytes.readUInt32LE(size - 4) - bytes.readUInt32LE(0);
      expect([0, 1], `round ${round}`).toContain(apart);
    } else refused++;
    await sleep(1_200);
  }
  console.log(
    `races: of ${kept + refused} outputs that were written on, ${refused} were refused and ${kept} kept whole`,
  );
  expect(refused + kept).toBeGreaterThan(0);
});

test('an output that is written before, while and after it is copied, all within one tick of the clock, is not kept', async () => {
  const space = new Workspace(coarsePlace());
  space.usePlugin("[{ kind: 'file', path: 'out', required: true }]", "shape: [context.input('in', 'content')],");
  const out = space.path('out');
  const { see } = StepContext.prototype;
  const { addFile } = LocalStore.prototype;
  onTestFinished(() => void Object.assign(StepContext.prototype, { see }));
  onTestFinished(() => void Object.assign(LocalStore.prototype, { addFile }));
  // The last look before the copy, and the copy itself.
  StepContext.prototype.see = function (path) {
    if (path === out && existsSync(out)) writeFileSync(out, 'whole');
    return see.call(this, path);
  };
  LocalStore.prototype.addFile = async function (path) {
    if (path !== out) return await addFile.call(this, path);
    writeFileSync(out, 'half!');
    const added = await addFile.call(this, path);
    writeFileSync(out, 'whole');
    return added;
  };
  for (let round = 0; round < ROUNDS / 2; round++) {
    space.write('in', String(round));
    const { told } = await space.sh([], 'printf whole > out');
    expect(told).toMatchObject({ outcome: 'miss', stored: false, notStored: { code: 'outputs-changed' } });
  }
});

describe('a change within one tick of the clock', () => {
  test('a memo never answers for what was there before', () => {
    const base = coarsePlace();
    const layout = new Layout(join(base, 'cache'));
    const file = join(base, 'file');
    const memo = (): Memo => new Memo(layout, digestOf('step'), storeClock(layout), (work) => work());
    for (let round = 0; round < ROUNDS * 25; round++) {
      const content = `${round}`.padStart(8);
      writeFileSync(file, content); // the same size and, often, the same time as the one before
      const first = memo();
      expect(first.digest(file, statSync(file, { bigint: true }))).toBe(digestOf(content));
      first.save();
    }
  });

  test('nor when the file is another one each time', async () => {
    const base = coarsePlace();
    const layout = new Layout(join(base, 'cache'));
    const [file, other] = [join(base, 'file'), join(base, 'other')];
    writeFileSync(file, '0');
    for (let round = 0; round < ROUNDS * 10; round++) {
      const memo = new Memo(layout, digestOf('step'), storeClock(layout), (work) => work());
      const stat = statSync(file, { bigint: true });
      if (round % 3 === 0) await sleep(25);
      writeFileSync(other, String(round % 10));
      renameSync(other, file); // between the stat and the hash
      memo.digest(file, stat);
      memo.save();
      const after = new Memo(layout, digestOf('step'), storeClock(layout), (work) => work());
      expect(after.digest(file, statSync(file, { bigint: true }))).toBe(digestOf(String(round % 10)));
    }
  });

  test('the command sees each of many quick edits', { timeout: 120_000 }, async () => {
    const space = new Workspace(coarsePlace());
    const seen: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const content = String(round % 10);
      space.write('in', content);
      const { told } = await space.sh(['--input', 'in', '--output', 'out'], 'cat in > out');
      expect(space.read('out')).toBe(content);
      seen.push(told.outcome);
    }
    expect(seen).toContain('restored');
  });
});

describe('a directory becomes a link between the check and the write', () => {
  class Swapping extends LocalStore {
    readonly #work: () => void;
    constructor(dir: string, work: () => void) {
      super(dir);
      this.#work = work;
    }
    override async fetchTo(digest: string, target: string): Promise<boolean> {
      this.#work();
      return await super.fetchTo(digest, target);
    }
  }

  test.each(['write', 'remove'])('%s', async (what) => {
    const base = temporary();
    const root = join(base, 'app');
    for (const dir of ['app/out/dir', 'sentinel']) mkdirSync(join(base, dir), { recursive: true });
    for (const name of ['sentinel/a', 'sentinel/b', 'app/out/dir/a', 'app/out/dir/b'])
      writeFileSync(join(base, name), 'yours');
    const before = stateOf(join(base, 'sentinel'));
    const store = new Swapping(join(base, 'cache'), () => {
      rmSync(join(root, 'out/dir'), { recursive: true, force: true });
      symlinkSync(join(base, 'sentinel'), join(root, 'out/dir'));
    });
    const digest = await store.addBytes(Buffer.from('mine'));
    const path = what === 'write' ? 'out/dir/a' : 'out/a';
    const done = await restore(store, root, {
      refused: null,
      write: [{ type: 'file', path, digest, size: '4', exec: false }],
      remove: what === 'write' ? [] : [join(root, 'out/dir/b')],
      mirrors: [],
    });
    expect(done).toMatchObject({ ok: false, why: 'failed', detail: expect.stringContaining('link') });
    expect(stateOf(join(base, 'sentinel'))).toEqual(before);
  });
});

test('gc beside wraps', { timeout: 300_000 }, async () => {
  const rig = (await Rig.open()).write({
    'make.sh':
      '#!/bin/sh\nmkdir -p "out-$1/deep"; cat "in-$1" > "out-$1/a"; cat "in-$1" "in-$1" > "out-$1/deep/b"; echo "said $(cat "in-$1")"\n',
  });
  let over = false;
  const told: string[] = [];
  const wraps = async (name: string): Promise<void> => {
    for (let round = 0; round < ROUNDS; round++) {
      const content = `${name}${round % 3}`;
      rig.write({ [`in-${name}`]: content });
      if (round % 2 === 0) rig.remove(`out-${name}`);
      const ran = await rig.wrap(['./make.sh', name], { flags: ['--input', `in-${name}`, '--output', `out-${name}`] });
      told.push(ran.outcome.outcome);
      expect([ran.exit, ran.stdout.toString(), ran.outcome.warnings]).toEqual([0, `said ${content}\n`, []]);
      expect([rig.read(`out-${name}/a`), rig.read(`out-${name}/deep/b`)]).toEqual([content, content + content]);
    }
  };
  const gcs = async (): Promise<void> => {
    for (let round = 0; !over; round++) {
      const bounds = round % 2 === 0 ? ['--max-size', '1KB'] : ['--max-age', '1s'];
      const { exit, said } = await rig.wgcache(['gc', ...bounds]);
      expect(exit, said.join('\n')).toBe(0);
    }
  };
  const cleaning = gcs();
  try {
    await Promise.all([wraps('x'), wraps('y')]);
  } finally {
    over = true;
  }
  await cleaning;
  console.log(
    `races: beside gc ${JSON.stringify(Object.fromEntries(['fresh', 'restored', 'miss'].map((kind) => [kind, told.filter((one) => one === kind).length])))}`,
  );
  expect(told).toContain('miss');
  const verified = await rig.wgcache(['verify']);
  expect(verified.exit, verified.stdout.toString()).toBe(0);
});
