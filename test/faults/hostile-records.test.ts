/** Records from somebody else's hand: decoding never throws, and a restore writes nothing outside the outputs. */
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeChecked } from '../../src/base/checked.ts';
import { digestOf } from '../../src/base/digest.ts';
import { byCodeUnit, pathFault } from '../../src/base/paths.ts';
import { restore } from '../../src/step/restore.ts';
import { LocalStore } from '../../src/store/local.ts';
import { decodeRecord, RECORD_VERSION } from '../../src/store/record.ts';
import { stopwatch } from '../support/cpu.ts';
import { Workspace } from '../support/wrapped.ts';
import { anyJson, damaged, hostilePath, stateOf, tally, temporary, timeFor } from './hostile.ts';

const counted = tally('hostile-records');

const GOOD = digestOf('good');
const ROTTEN = digestOf('rotten');

const digest = fc.constantFrom(GOOD, GOOD, ROTTEN, digestOf('absent'));
const number64 = fc.constantFrom('0', '4', '-1', '9999999999999999999', '-9999999999999999999', '1700000000000000000');
const oddly = <T>(usual: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 30, arbitrary: usual as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: anyJson });

/** Where links lead out of the workspace; see {@link layOut}. */
const near = fc
  .array(fc.constantFrom('a', 'b', 'dir', 'file', 'link', 'linked', 'up', 'loop', 'dangling', 'é'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join('/'));
const path = fc.oneof({ weight: 20, arbitrary: near }, { weight: 1, arbitrary: hostilePath });
const target = fc.oneof(
  hostilePath,
  fc.constantFrom('../sentinel', '..', '.', '<root>/dir', '<root>/../sentinel', '<root>/', '/dev/null', 'loop'),
);

const output = fc.oneof(
  fc.record(
    {
      type: fc.constant('file'),
      path: oddly(path),
      digest: oddly(digest),
      size: oddly(number64),
      exec: oddly(fc.boolean()),
      mtime: oddly(number64),
      same: oddly(
        fc.record({ fact: fc.constantFrom('chart-archive', '__proto__', 'x'), field: fc.string(), value: fc.string() }),
      ),
    },
    { requiredKeys: ['type', 'path', 'digest', 'size', 'exec'] },
  ),
  fc.record({ type: fc.constantFrom('dir', 'absent'), path: oddly(path) }),
  fc.record({ type: fc.constant('link'), path: oddly(path), target: oddly(target) }),
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('hardlink', 'device', 'fifo', ''), path, target }) },
);

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Mostly in order and each once, as a record's must be. */
const outputs = fc.tuple(fc.array(output, { maxLength: 8 }), fc.nat(9)).map(([list, chance]) => {
  if (chance === 0) return list as unknown[];
  const byPath = new Map(list.map((item) => [textOf(item.path), item]));
  return [...byPath].sort(([a], [b]) => byCodeUnit(a, b)).map(([, item]): unknown => item);
});

const record = fc.record({
  version: oddly(fc.constant(RECORD_VERSION)),
  key: oddly(digest),
  scope: oddly(fc.constantFrom('local', '../..')),
  root: oddly(fc.constantFrom(null, GOOD)),
  plugin: oddly(fc.string()),
  label: oddly(fc.string({ unit: 'binary' })),
  tool: oddly(fc.constantFrom(null, { name: 'sh', digest: GOOD, version: null })),
  outputs: oddly(outputs),
  log: oddly(
    fc.record({
      stdout: fc.constantFrom(null, GOOD),
      stderr: fc.constantFrom(null, GOOD),
      order: fc.array(fc.tuple(fc.constantFrom(1, 2), fc.nat({ max: 2 ** 31 - 1 })), { maxLength: 3 }),
      rooted: fc.constantFrom([], [1], [2, 1]),
    }),
  ),
  ranMs: oddly(fc.double({ noNaN: true })),
  madeAt: oddly(fc.string()),
  envMode: oddly(fc.constantFrom(null, 'strict')),
});

/** Its head says what is there, or lies. */
const encoded = fc
  .tuple(
    oddly(record),
    fc.constantFrom('true', 'true', 'true', 'true', 'true', 'true', 'sum', 'length', 'name', 'version', 'none'),
  )
  .map(([value, head]): Uint8Array => {
    const body = Buffer.from(JSON.stringify(value));
    const whole = Buffer.from(
      encodeChecked(head === 'name' ? 'wgcache-memo' : 'wgcache-record', head === 'version' ? 1 : RECORD_VERSION, body),
    );
    if (head === 'none') return body;
    if (head === 'sum') whole.write('0000', whole.indexOf(' ', 16) + 1);
    return head === 'length'
      ? Buffer.from(whole.toString('latin1').replace(/ \d+\n/, ' 99999999999999999999\n'), 'latin1')
      : whole;
  });

const reading = 0.4;
test('decoding gives a sound record or none', { timeout: timeFor(reading) }, async () => {
  let sound = 0;
  await counted.check('decode', reading, damaged(encoded), (bytes) => {
    const decoded = decodeRecord(bytes);
    if (decoded === null) return;
    sound++;
    for (const { path: name } of decoded.outputs) expect(pathFault(name)).toBeNull();
  });
  expect(sound, 'records that pass').toBeGreaterThan(5);
});

test.each([
  ['deep arrays', '['.repeat(500_000) + ']'.repeat(500_000)],
  ['deep objects', `${'{"outputs":'.repeat(300_000)}1${'}'.repeat(300_000)}`],
  ['a million outputs', `{"version":2,"outputs":[${'{"type":"dir","path":"a"},'.repeat(1_000_000)}0]}`],
  ['a long number', `{"version":${'1'.repeat(1_000_000)}}`],
])('a record that is a bomb: %s', (_, body) => {
  const cpuMs = stopwatch();
  expect(decodeRecord(encodeChecked('wgcache-record', RECORD_VERSION, Buffer.from(body)))).toBeNull();
  expect(cpuMs()).toBeLessThan(2_000);
});

/** A workspace with links that lead out of it, into places whose every change shows. */
function layOut(base: string): string {
  const root = join(base, 'app');
  rmSync(root, { recursive: true, force: true });
  mkdirSync(join(root, 'dir/dir'), { recursive: true });
  for (const name of ['file', 'dir/file']) writeFileSync(join(root, name), 'mine');
  for (const [name, to] of [
    ['link', '../sentinel'],
    ['linked', join(base, 'sentinel/file')],
    ['up', '..'],
    ['loop', 'loop'],
    ['dangling', '../sentinel/new'],
    ['dir/link', '../../sentinel'],
    ['dir/up', join(base, 'sentinel/dir')],
  ] as const)
    symlinkSync(to, join(root, name));
  return root;
}

const restoring = 0.12;
test('a restore changes nothing outside the workspace', { timeout: timeFor(restoring) }, async () => {
  const base = temporary();
  mkdirSync(join(base, 'sentinel/dir'), { recursive: true });
  for (const name of ['sentinel/file', 'sentinel/a', 'sentinel/dir/b']) writeFileSync(join(base, name), 'yours');
  const store = new LocalStore(join(base, 'cache'));
  await store.addBytes(Buffer.from('good'));
  await store.addBytes(Buffer.from('rotten'));
  const before = stateOf(base, ['app', 'cache']);
  const seen = new Set<string>();
  // Several on top of each other: a link that one puts in place is what the next one finds.
  const several = fc.array(fc.tuple(record, fc.array(path, { maxLength: 2 })), { minLength: 1, maxLength: 4 });
  await counted.check('restore', restoring / 3, several, async (records) => {
    const root = layOut(base);
    rmSync(store.layout.blob(ROTTEN), { force: true }); // a reader that finds it out takes it away
    writeFileSync(store.layout.blob(ROTTEN), 'spoiled');
    for (const [value, strays] of records) {
      const decoded = decodeRecord(encodeChecked('wgcache-record', RECORD_VERSION, Buffer.from(JSON.stringify(value))));
      if (decoded === null) continue;
      const remove = strays.filter((name) => pathFault(name) === null).map((name) => join(root, name));
      const done = await restore(store, root, { refused: null, write: decoded.outputs, remove, mirrors: [] });
      seen.add(done.ok ? 'ok' : done.why);
    }
    expect(stateOf(base, ['app', 'cache'])).toEqual(before);
    return records.length;
  });
  expect([...seen].sort()).toEqual(['blob-gone', 'failed', 'ok']);
  expect(readdirSync(store.layout.temp)).toEqual([]);
});

const wrapping = 0.01;
test('a step whose record is hostile runs or hits, and touches nothing but its outputs', {
  timeout: timeFor(wrapping * 5),
}, async () => {
  const space = new Workspace();
  space.usePlugin("[{ kind: 'tree', path: 'out', exclusive: true }]");
  space.write('keep/file', 'mine');
  const script = 'mkdir -p out && echo made > out/a && echo said';
  const first = await space.sh([], script);
  expect(first.told.stored).toBe(true);
  const key = first.told.key as string;
  const store = new LocalStore(space.cache);
  const address = { scope: 'local', key, root: null };
  const sound = decodeRecord((await store.readRecord(address)) as Uint8Array);
  await store.addBytes(Buffer.from('good'));
  const before = stateOf(space.base, ['app/out', 'cache', 'home']);
  const mine = fc.record({
    outputs: outputs.map((list) =>
      list.map((item) => ({ ...(item as object), path: `out/${textOf((item as { path: unknown }).path)}` })),
    ),
    extra: oddly(fc.constant(sound?.log)),
    link: fc.constantFrom(null, 'out/link', 'out/dir', 'out/a'),
  });
  const kinds = new Set<string>();
  await counted.check('wrap', wrapping, mine, async ({ outputs: list, extra, link }) => {
    const all = [{ type: 'dir', path: 'out' }, ...list];
    const body = { ...sound, outputs: all, log: extra };
    await store.writeRecord(
      address,
      encodeChecked('wgcache-record', RECORD_VERSION, Buffer.from(JSON.stringify(body))),
    );
    rmSync(space.path('out'), { recursive: true, force: true });
    mkdirSync(space.path('out'));
    if (link !== null) symlinkSync('../keep', space.path(link));
    if (link === 'out/a') rmSync(space.path(link)); // what the command itself would write through is not ours to judge
    const ran = await space.sh([], script);
    kinds.add(ran.told.outcome);
    expect(ran.exit).toBe(0);
    expect(stateOf(space.base, ['app/out', 'cache', 'home'])).toEqual(before);
  });
  expect(kinds).toContain('miss');
  expect(kinds).toContain('restored');
});
