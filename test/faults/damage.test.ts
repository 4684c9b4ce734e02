/**
 * Every kind of file in the store, harmed in every way: the steps' results are what they were, at most one line warns, and after the next
 * run the store is whole again. The machine has all kinds: an HTTP repository, a `file://` chart, a described step with a secret, a config.
 */
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { useLoopback } from '../e2e/loopback.ts';
import { Rig, type Wrapped } from '../e2e/rig.ts';
import { faultsOfStore, filesBelow, outputBlobs } from './store-check.ts';

/** All files and all harms, and not one file of each kind and the most telling harms. */
const ALL = process.env.WGCACHE_FAULTS_ALL === '1';
const TELLING = ['cut in half', 'bit in the middle flipped', 'emptied', 'a directory instead'];
const MEMORIES = new Set(['memo', 'facts', 'recent', 'config', 'validators', 'meanings']);

const HARMS: Readonly<Record<string, (path: string) => void>> = {
  'cut in half': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'first bit flipped': (path) => flip(path, () => 0),
  'bit in the middle flipped': (path) => flip(path, (size) => size >> 1),
  'last bit flipped': (path) => flip(path, (size) => size - 1),
  emptied: (path) => truncateSync(path, 0),
  'longer by one byte': (path) => appendFileSync(path, 'x'),
  'zeroes instead': (path) => writeFileSync(path, Buffer.alloc(statSync(path).size)),
  'a directory instead': (path) => {
    rmSync(path);
    mkdirSync(join(path, 'inside'), { recursive: true });
  },
  gone: (path) => rmSync(path),
};

function flip(path: string, where: (size: number) => number): void {
  const bytes = readFileSync(path);
  if (bytes.length > 0) bytes[where(bytes.length)]! ^= 1;
  writeFileSync(path, bytes);
}

const MAKE =
  '#!/bin/sh\nmkdir -p out\ncp input out/a\nprintf %s "$TOKEN" | wc -c > out/length\necho made\necho noted >&2\n';
const STEPS = [
  { argv: ['helm', 'dependency', 'update', 'charts/app'], flags: [] },
  { argv: ['helm', 'package', 'charts/lib', '-d', 'packed'], flags: [] },
  { argv: ['./make.sh'], flags: ['--input', 'input', '--output', 'out', '--secret', 'TOKEN'] },
] as const;
const OUTPUTS = ['charts/app/charts', 'charts/app/Chart.lock', 'packed', 'out'];

const loopback = useLoopback();
let rig: Rig;
let pristine: string;
let expected: { readonly tree: unknown; readonly said: readonly string[] };

beforeAll(async () => {
  const repository = loopback().repositories.jetstack;
  rig = await Rig.open({ env: { TOKEN: 'hunter2' } });
  rig
    .write({ 'make.sh': MAKE, input: '1', 'wgcache.config.yaml': 'log: full\n' })
    .chart('charts/lib')
    .chart(
      'charts/app',
      `dependencies:\n  - {name: cert-manager, version: '1.14.5', repository: "${repository}"}\n  - {name: lib, version: '*', repository: "file://../lib"}\n`,
    );
  const twin = rig.twin();
  const bare: string[] = [];
  for (const { argv } of STEPS) {
    const ran = await twin.bare(argv);
    expect(ran.exit, ran.stderr).toBe(0);
    bare.push(`${ran.stdout}${ran.stderr}`.replaceAll(twin.base, rig.base));
  }
  expected = { tree: twin.meaning(), said: bare };
  await runAll();
  await sleep(2_100); // a config changed so lately is not remembered
  for (const _ of [1, 2]) await runAll();
  rig.remove(...OUTPUTS);
  pristine = join(rig.base, 'pristine');
  cpSync(rig.store, pristine, { recursive: true, preserveTimestamps: true });
});

/** Runs the steps one after the other, and looks at all they left. */
async function runAll(): Promise<Wrapped[]> {
  const all: Wrapped[] = [];
  for (const { argv, flags } of STEPS) all.push(await rig.wrap(argv, { flags }));
  expect(all.map(({ exit }) => exit)).toEqual(STEPS.map(() => 0));
  expect(all.map(({ stdout, stderr }) => `${stdout}${stderr}`)).toEqual(expected.said);
  expect(rig.meaning()).toEqual(expected.tree);
  return all;
}

function kinds(store: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const path of filesBelow(join(store, 'v1')).sort()) {
    const name = relative(store, path);
    const kind = name.split('/')[1]!;
    found.set(kind, [...(found.get(kind) ?? []), name]);
  }
  return found;
}

/** The text of a key is read by a miss that says what changed, and by nothing else. */
function isKeyText(name: string): boolean {
  const key = basename(name);
  const records = filesBelow(join(pristine, 'v1/records'));
  return records.some((path) => basename(path).startsWith(key));
}

test('the machine has a file of every kind', () => {
  expect([...kinds(pristine).keys()]).toEqual(
    expect.arrayContaining([
      'blobs',
      'records',
      'memo',
      'facts',
      'recent',
      'meanings',
      'validators',
      'journal',
      'config',
      'secret.key',
    ]),
  );
});

const CHOSEN = ALL ? Object.keys(HARMS) : TELLING;

describe.each(CHOSEN)('%s', (harm) => {
  test('any file of the store', { timeout: 600_000 }, async () => {
    const restored = new Set(outputBlobs(pristine).map((path) => basename(path)));
    for (const [kind, names] of kinds(pristine)) {
      const others = names.filter((name) => !isKeyText(name));
      if (others.length === 0) continue;
      for (const name of ALL ? others : [others[CHOSEN.indexOf(harm) % others.length]!]) {
        rm(rig.store);
        cpSync(pristine, rig.store, { recursive: true, preserveTimestamps: true });
        rig.remove(...OUTPUTS);
        const path = join(rig.store, name);
        if (kind === 'blobs') chmodSync(path, 0o600);
        if (kind === 'facts') rm(join(rig.store, 'v1/memo')); // else nobody reads them
        HARMS[harm]!(path);
        for (const { outcome, said } of await runAll()) {
          expect(['restored', 'miss'], name).toContain(outcome.outcome);
          expect({ name, warnings: outcome.warnings.length, said: said.length }).toEqual({
            name,
            warnings: 0,
            said: 0,
          });
        }
        rig.remove(...OUTPUTS);
        const repaired = await runAll();
        expect({ name, outcomes: repaired.map(({ outcome }) => outcome.outcome) }).toEqual({
          name,
          outcomes: ['restored', 'restored', 'restored'],
        });
        // What is only remembered, and a body nobody asks for, stays as it is until somebody needs it.
        const read = kind === 'blobs' ? restored.has(basename(name)) : !MEMORIES.has(kind);
        const faults = faultsOfStore(rig.store).filter((fault) => read || !fault.includes(name));
        expect({ name, faults }).toEqual({ name, faults: [] });
      }
    }
  });
});

test.each(CHOSEN)('the text of a key, %s: hits are hits, and the next miss does without it', async (harm) => {
  const name = kinds(pristine)
    .get('blobs')!
    .find((one) => isKeyText(one))!;
  rm(rig.store);
  cpSync(pristine, rig.store, { recursive: true, preserveTimestamps: true });
  rig.remove(...OUTPUTS);
  chmodSync(join(rig.store, name), 0o600);
  HARMS[harm]!(join(rig.store, name));
  for (const { outcome, said } of await runAll())
    expect({ ...outcome, said }).toMatchObject({ outcome: 'restored', said: [] });
  for (const touched of ['charts/lib/values.yaml', 'input']) {
    const before = rig.read(touched);
    rig.write({ [touched]: `${before}# other\n` });
    for (const { argv, flags } of STEPS) {
      const { exit, outcome, said } = await rig.wrap(argv, { flags });
      expect({ exit, said, warnings: outcome.warnings }).toEqual({ exit: 0, said: [], warnings: [] });
    }
    rig.write({ [touched]: before });
  }
  rig.remove(...OUTPUTS);
  for (const { outcome } of await runAll()) expect(outcome.outcome).toBe('restored');
});

describe('a file where a directory of the store should be', () => {
  test.each(['v1', 'v1/blobs', 'v1/records', 'v1/memo', 'v1/locks', 'v1/tmp', 'v1/journal'])('%s', async (name) => {
    rm(rig.store);
    cpSync(pristine, rig.store, { recursive: true, preserveTimestamps: true });
    rm(join(rig.store, name));
    writeFileSync(join(rig.store, name), '');
    for (const _ of [1, 2]) {
      rig.remove(...OUTPUTS);
      for (const { outcome } of await runAll()) {
        expect(['restored', 'miss', 'bypass']).toContain(outcome.outcome); // without a store key no secret can be sealed
        expect(outcome.warnings.length).toBeLessThanOrEqual(1);
      }
    }
  });
});

function rm(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
