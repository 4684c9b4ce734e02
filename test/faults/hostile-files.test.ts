/** The cache's own small files from somebody else's hand, with sums that fit: whatever they say, the step ends as the command would. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeChecked } from '../../src/base/checked.ts';
import { digestOf } from '../../src/base/digest.ts';
import { stats } from '../../src/commands/stats.ts';
import type { Host } from '../../src/host.ts';
import { Memo } from '../../src/step/memo.ts';
import { readEvents } from '../../src/store/journal.ts';
import { Layout } from '../../src/store/layout.ts';
import { recentKeys } from '../../src/store/recent.ts';
import { Workspace } from '../support/wrapped.ts';
import { anyJson, damaged, tally, temporary, timeFor } from './hostile.ts';

const counted = tally('hostile-files');

/** The value with one node, whichever, replaced: sound all around what is odd. */
function mutated(value: unknown): fc.Arbitrary<unknown> {
  const nodes = countNodes(value);
  return fc.tuple(fc.nat(nodes - 1), anyJson).map(([at, odd]) => replaceNode(value, { left: at }, odd));
}

function countNodes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, item) => sum + countNodes(item), 1);
}

function replaceNode(value: unknown, at: { left: number }, odd: unknown): unknown {
  if (at.left-- === 0) return odd;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => replaceNode(item, at, odd));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceNode(item, at, odd)]));
}

function encoded(name: string, version: number, value: fc.Arbitrary<unknown>): fc.Arbitrary<Uint8Array> {
  return damaged(value.map((json) => encodeChecked(name, version, Buffer.from(JSON.stringify(json) ?? 'x'))));
}

const memories = 0.06;
test('a memo, a fact and the last keys', { timeout: timeFor(memories) }, async () => {
  const base = temporary();
  const layout = new Layout(join(base, 'cache'));
  const step = digestOf('step');
  const file = join(base, 'file');
  writeFileSync(file, 'content');
  const stat = statSync(file, { bigint: true });
  const { dev, ino, size, mtimeNs, ctimeNs } = stat;
  const identity = `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  const paths = [layout.memo(step), layout.fact(digestOf('id')), layout.recent(step)] as const;
  for (const path of paths) mkdirSync(dirname(path), { recursive: true });
  const files = fc.tuple(
    encoded('wgcache-memo', 1, mutated({ digests: { [identity]: digestOf('content') }, facts: { id: { a: [1] } } })),
    encoded('wgcache-fact', 1, mutated({ id: 'id', value: { a: 1 } })),
    encoded(
      'wgcache-recent',
      1,
      mutated([
        { key: digestOf('a'), tool: null },
        { key: digestOf('b'), tool: 'v1' },
      ]),
    ),
  );
  await counted.check('memo, fact, recent', memories, files, (contents) => {
    for (const [at, path] of paths.entries()) writeFileSync(path, contents[at]!);
    const clock = { probe: () => ({ nowNs: 0n, dev: -1n }) };
    const memo = new Memo(layout, step, clock, (work) => work());
    expect(memo.digest(file, stat)).toMatch(/^[0-9a-f]{64}$/);
    memo.fact('id');
    memo.fact('toString');
    memo.save();
    for (const { key, tool } of recentKeys(layout, step)) {
      expect(key).toMatch(/^[0-9a-f]{64}$/);
      expect(tool === null || typeof tool === 'string').toBe(true);
    }
  });
});

const EVENT = {
  v: 1, at: '2026-11-24T00:00:00Z', plugin: 'generic', label: 'sh', outcome: 'miss', reason: null,
  key: digestOf('key'), exit: 0, totalMs: 1, ranMs: 2, bytes: 3, notStored: null,
}; // biome-ignore format: one line of a journal

const journals = 0.05;
test('the journal', { timeout: timeFor(journals) }, async () => {
  const base = temporary();
  const layout = new Layout(join(base, 'cache'));
  mkdirSync(layout.journalDir, { recursive: true });
  const said: string[] = [];
  const host: Host = {
    env: { PATH: '', HOME: base, WGCACHE_DIR: join(base, 'cache'), WGCACHE_ROOT: join(base, 'app') },
    cwd: join(base, 'app'),
    write: (_, bytes) => void said.push(Buffer.from(bytes).toString()),
    isTerminal: () => false,
    onSignal: () => () => undefined,
    now: () => 0,
  };
  const line = fc.oneof(
    mutated(EVENT).map((event) => JSON.stringify(event) ?? ''),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '{"v":1}',
      '[]',
      'null',
      '{"v":1,"at":"\\u001bx","plugin":"a\\u001b[31m","outcome":"fresh","totalMs":1,"ranMs":1e999,"bytes":1,"label":"a"}',
    ),
  );
  const journal = damaged(fc.array(line, { maxLength: 6 }).map((lines) => Buffer.from(lines.join('\n'))));
  await counted.check('journal', journals, journal, async (bytes) => {
    writeFileSync(layout.journal('2026-11'), bytes);
    for (const { outcome, plugin } of readEvents(layout)) expect(`${outcome}${plugin}`).toBeTypeOf('string');
    for (const json of [false, true]) {
      said.length = 0;
      expect(await stats(host, json)).toBe(0);
      expect(said.join('')).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f]/);
    }
  });
});

const wrapping = 0.01;
/** Not `config`: what is remembered of a config file was found right before, and its sum says that it is ours. */
test('any file of the cache beside the blobs', { timeout: timeFor(wrapping * 5) }, async () => {
  const space = new Workspace();
  space.usePlugin(
    "[{ kind: 'tree', path: 'out', exclusive: true }]",
    "shape: [await context.derive('values.yaml', 'yaml-mapping') ? 'a' : 'b', String(context.input('values.yaml', 'content'))],",
  );
  space.write('values.yaml', 'a: 1\n');
  const script = 'mkdir -p out && echo made > out/a && echo said';
  const settle = async (): Promise<void> => {
    for (let at = 0; at < 3; at++) await space.sh([], script);
  };
  await settle();
  const base = join(space.cache, 'v1');
  const kinds = new Set<string>();
  const choice = fc.record({
    file: fc.nat(),
    at: fc.nat(500),
    odd: anyJson,
    how: fc.constantFrom('node', 'node', 'node', 'bytes', 'dir', 'gone'),
    byte: fc.nat(),
  });
  await counted.check('wrap', wrapping, choice, async ({ file, at, odd, how, byte }) => {
    const names = filesBelow(base).filter((path) => !/^(blobs|tmp|locks|config)\//.test(relative(base, path)));
    const path = names[file % names.length] as string;
    kinds.add(relative(base, path).split('/')[0] as string);
    const whole = readFileSync(path);
    rmSync(path);
    if (how === 'dir') mkdirSync(join(path, 'x'), { recursive: true });
    else if (how !== 'gone') writeFileSync(path, how === 'bytes' ? flipped(whole, byte) : rewritten(whole, at, odd));
    // A miss tells why: by the last keys too.
    if (byte % 3 === 0) space.write('values.yaml', `a: ${byte}\n`);
    rmSync(space.path('out'), { recursive: true, force: true });
    const ran = await space.sh([], script);
    expect(ran.exit).toBe(0);
    expect(space.read('out/a')).toBe('made\n');
    // A fact that is no fact is the plugin's trouble; what runs unwatched writes to our own streams.
    if (ran.told.outcome === 'bypass') expect(relative(base, path)).toMatch(/^facts|^memo/);
    else expect(ran.stdout).toBe('said\n');
    rmSync(path, { recursive: true, force: true });
    await space.sh([], script);
  });
  for (const kind of ['records', 'memo', 'recent', 'journal']) expect(kinds).toContain(kind);
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[at % copy.length]! ^= 1 + (at % 255);
  return copy;
}

/** One of our checked files with another value and a sum that fits; another file with some of its JSON replaced. */
function rewritten(bytes: Buffer, at: number, odd: unknown): Uint8Array {
  const [head = '', ...rest] = bytes.toString('utf8').split('\n');
  const [name = '', version] = head.split(' ');
  if (!name.startsWith('wgcache-')) return Buffer.from(`${head}\n${JSON.stringify(odd)}\n`);
  const value: unknown = JSON.parse(rest.join('\n'));
  const changed = replaceNode(value, { left: at % countNodes(value) }, odd);
  return encodeChecked(name, Number(version), Buffer.from(JSON.stringify(changed) ?? ''));
}

test('the last keys name a blob that is no key', async () => {
  const space = new Workspace();
  space.usePlugin(
    "[{ kind: 'tree', path: 'out', exclusive: true }]",
    "shape: [String(context.input('input', 'content') && '')],",
  );
  const layout = new Layout(space.cache);
  for (const text of [
    'made',
    '[]',
    '{"tools":{},"env":null}',
    '{"tools":{"sh":1},"env":{"A":{}},"inputs":{"a":[]},"facts":{}}',
  ]) {
    space.write('input', text);
    await space.sh([], `mkdir -p out && printf '%s' '${text}' > out/a`);
    for (const path of filesBelow(join(layout.base, 'recent')))
      writeFileSync(
        path,
        encodeChecked('wgcache-recent', 1, Buffer.from(JSON.stringify([{ key: digestOf(text), tool: null }]))),
      );
    space.write('input', `${text} `);
    expect(await space.sh([], 'mkdir -p out')).toMatchObject({ exit: 0, told: { outcome: 'miss' } });
  }
});

function filesBelow(dir: string): string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
