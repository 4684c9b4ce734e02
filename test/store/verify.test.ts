/** Verifying: every kind of damage is found where it is, nothing else is, and after a repair nothing is left of it. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodeChecked } from '../../src/base/checked.ts';
import { digestOf } from '../../src/base/digest.ts';
import { thisProcess } from '../../src/store/holder.ts';
import { rememberKey } from '../../src/store/recent.ts';
import { encodeRecord } from '../../src/store/record.ts';
import { type Verified, verifyStore } from '../../src/store/verify.ts';
import { faultsOfStore } from '../faults/store-check.ts';
import { HOUR, SyntheticStore } from '../support/synthetic-store.ts';

function synthetic(): SyntheticStore {
  const made = new SyntheticStore();
  onTestFinished(() => made.remove());
  return made;
}

async function verify({ store }: SyntheticStore, repair = false): Promise<Verified> {
  return await verifyStore(store.layout, { repair, onProgress: () => undefined });
}

/** What is wrong, by kind and path. */
async function faults(made: SyntheticStore, repair = false): Promise<string[]> {
  return (await verify(made, repair)).damage.map(({ kind, path }) => `${kind} ${path}`);
}

function relative(made: SyntheticStore, path: string): string {
  return path.slice(made.path().length + 1);
}

function overwrite(path: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) chmodSync(path, 0o600);
  writeFileSync(path, bytes);
}

describe('a whole store', () => {
  it('has no damage, and is counted', async () => {
    const made = synthetic();
    const { key } = await made.record('a', ['one', 'two'], 2 * HOUR);
    await made.record('b', ['two'], 2 * HOUR);
    await made.blob('nobody names it');
    const { layout } = made.store;
    rememberKey(layout, digestOf('step'), { key, tool: null });
    overwrite(layout.memo(digestOf('m')), encodeChecked('wgcache-memo', 1, Buffer.from('{}')));
    overwrite(layout.memo(digestOf('n')), encodeChecked('wgcache-memo', 7, Buffer.from('{}'))); // of another version
    overwrite(layout.meaning(digestOf('m')), key);
    overwrite(layout.glance(digestOf('g')), 'only its own environment can tell');
    overwrite(layout.journal('2026-11'), 'no event\n');
    overwrite(join(layout.temp, 'in-work'), 'half');
    const seen: number[] = [];
    const verified = await verifyStore(layout, { repair: true, onProgress: (done) => seen.push(done) });
    expect(verified).toMatchObject({
      records: 2,
      blobs: 7,
      other: 4,
      damage: [],
      orphans: { files: 1, bytes: 4096 },
      leftovers: 0,
      foreign: [],
    });
    expect(seen).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
    expect(made.files('blobs')).toHaveLength(7);
  });

  it('may be no store at all', async () => {
    const made = synthetic();
    expect(await verify(made)).toMatchObject({ records: 0, blobs: 0, other: 0, damage: [], foreign: [] });
    expect(existsSync(made.path())).toBe(false);
  });
});

describe('damage', () => {
  const HARMS: readonly (readonly [string, (path: string) => void])[] = [
    ['a bit', (path) => overwrite(path, Buffer.from(readFileSync(path)).fill(0, 0, 1))],
    ['cut off', (path) => overwrite(path, readFileSync(path).subarray(1))],
    ['longer', (path) => overwrite(path, Buffer.concat([readFileSync(path), Buffer.from('x')]))],
    ['empty', (path) => overwrite(path, '')],
    ['a directory', (path) => [rmSync(path), mkdirSync(join(path, 'x'), { recursive: true })]],
    ['a dangling link', (path) => [rmSync(path), symlinkSync('nowhere', path)]],
  ];

  it.each(HARMS)('of a blob: %s', async (_, harm) => {
    const made = synthetic();
    const [a, b] = [await made.record('a', ['one', 'both']), await made.record('b', ['both'])];
    const c = await made.record('c', ['three']);
    const blob = made.store.layout.blob(digestOf('both'));
    harm(blob);
    const expected = [`blob-damaged ${relative(made, blob)}`];
    for (const { path } of [a, b]) expected.push(`record-incomplete ${relative(made, path)}`);
    expect(await faults(made)).toEqual(expected.sort((x, y) => (x.split(' ')[1]! < y.split(' ')[1]! ? -1 : 1)));
    expect(existsSync(a.path)).toBe(true);
    const { damage } = await verify(made, true);
    expect(damage.map(({ removed }) => removed)).toEqual([true, true, true]);
    expect([a, b, c].map(({ path }) => existsSync(path))).toEqual([false, false, true]);
    expect(await faults(made)).toEqual([]);
    expect(faultsOfStore(made.dir)).toEqual([]);
  });

  it.each(HARMS.slice(0, 4))('of a record: %s', async (_, harm) => {
    const made = synthetic();
    const { path } = await made.record('a', ['one']);
    harm(path);
    expect(await faults(made)).toEqual([`record-damaged ${relative(made, path)}`]);
    expect(await faults(made, true)).toHaveLength(1);
    expect(await faults(made)).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });

  it('a record under another key, or of other sizes', async () => {
    const made = synthetic();
    const [a, b] = [await made.record('a', ['one']), await made.record('b', ['two'])];
    renameSync(a.path, b.path);
    expect(await verify(made)).toMatchObject({
      damage: [{ kind: 'record-damaged', detail: expect.stringContaining('another key') }],
    });
    rmSync(b.path);
    const c = await made.record('c', ['three']);
    const text = readFileSync(c.path, 'utf8');
    const record = JSON.parse(text.slice(text.indexOf('\n'))) as Parameters<typeof encodeRecord>[0];
    const [output] = record.outputs;
    overwrite(c.path, encodeRecord({ ...record, outputs: [{ ...output, size: '6' } as typeof output & object] }));
    expect(await verify(made)).toMatchObject({
      damage: [{ kind: 'record-damaged', detail: 'out/000 has 5 bytes, not 6' }],
    });
  });

  it('a blob that is missing: of an output, a log, the text of a key', async () => {
    for (const [text, what] of [
      ['one', 'out/000'],
      ['log of a', 'its log'],
      ['key of a', 'the text of its key'],
    ] as const) {
      const made = synthetic();
      const { path } = await made.record('a', ['one']);
      rmSync(made.store.layout.blob(digestOf(text)));
      expect(await verify(made, true)).toMatchObject({
        damage: [
          {
            kind: 'record-incomplete',
            path: relative(made, path),
            detail: expect.stringContaining(`${what} is missing`),
            removed: true,
          },
        ],
      });
      expect(existsSync(path)).toBe(false);
    }
  });

  it('of our own files', async () => {
    const made = synthetic();
    const { layout } = made.store;
    const id = digestOf('x');
    const whole = encodeChecked('wgcache-x', 1, Buffer.from('{"a":1}'));
    const files = [layout.memo(id), layout.fact(id), layout.recent(id), layout.validators(id)];
    for (const path of files) overwrite(path, whole);
    expect(await faults(made)).toEqual([]);
    for (const path of files) overwrite(path, whole.subarray(0, -1));
    overwrite(layout.meaning(id), 'no digest');
    overwrite(made.path('config', `${id}.json`), '{');
    overwrite(layout.secretKey, 'short');
    expect((await verify(made)).damage.map(({ kind }) => kind)).toEqual(Array(7).fill('file-damaged'));
    await verify(made, true);
    expect(await faults(made)).toEqual([]);
  });

  it('any byte of any file of a record is found, and no run without damage finds any', async () => {
    const made = synthetic();
    await made.record('a', ['one', 'two'], 2 * HOUR);
    const files = [...made.files('blobs'), ...made.files('records')];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(files.length - 1),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (which, at, flip) => {
          const path = files[which] as string;
          const before = readFileSync(path);
          const bytes = Buffer.from(before);
          bytes[at % bytes.length]! ^= flip;
          overwrite(path, bytes);
          expect(await faults(made)).toContainEqual(
            expect.stringMatching(new RegExp(`-damaged ${relative(made, path)}$`)),
          );
          overwrite(path, before);
          expect(await faults(made)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('what is no damage', () => {
  it('leftovers and strangers are told, and stay', async () => {
    const made = synthetic();
    const { layout } = made.store;
    overwrite(join(layout.temp, 'left'), 'x');
    made.age(join(layout.temp, 'left'), 2 * HOUR);
    overwrite(layout.lock(digestOf('dead')), JSON.stringify({ token: 't', ...thisProcess(), started: '1' }));
    overwrite(layout.lock(digestOf('alive')), JSON.stringify({ token: 't', ...thisProcess() }));
    const strangers = [
      '.DS_Store',
      'blobs/00/x',
      `blobs/00/${'1'.repeat(64)}`,
      'blobs/zz',
      'config/x',
      'journal/x',
      'memo/x',
      'records/local/00/x',
    ];
    for (const name of strangers) overwrite(made.path(name), 'x');
    expect(await verify(made, true)).toMatchObject({ damage: [], leftovers: 2, foreign: strangers.toSorted() });
    expect(strangers.every((name) => existsSync(made.path(name)))).toBe(true);
  });

  it('what goes or comes while it looks', async () => {
    const made = synthetic();
    for (let i = 0; i < 20; i++) await made.record(`r${i}`, [`${i}`]);
    const gone = await made.record('gone', ['gone']);
    const anew = await made.record('anew', ['anew']);
    let calls = 0;
    let coming: Promise<unknown> = Promise.resolve();
    const verified = await verifyStore(made.store.layout, {
      repair: true,
      onProgress: () => {
        calls += 1;
        // Records before their blobs, as gc does; and blobs before their record, as a writer does.
        if (calls === 10)
          for (const path of [gone.path, ...gone.blobs.map((d) => made.store.layout.blob(d))]) rmSync(path);
        if (calls === 12) coming = made.record('new', ['new']);
        if (calls === 14) for (const digest of anew.blobs) rmSync(made.store.layout.blob(digest), { force: true });
        if (calls === 16) coming = coming.then(() => made.record('anew', ['anew']));
      },
    });
    await coming;
    expect(verified.damage).toEqual([]);
    expect(faultsOfStore(made.dir)).toEqual([]);
  });
});
