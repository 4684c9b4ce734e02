/** Chart archives from a hostile server or disk: the fact is told, quickly, and nothing is thrown. Helm is the judge of those we say load. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fact } from '../../src/facts/chart-archive.ts';
import { toolPath } from '../e2e/built.ts';
import { damaged, hostilePath, tally, temporary, timeFor } from './hostile.ts';
import { base256, lyingGzip, octal, pax, type RawMember, rawTar } from './tarball.ts';

const counted = tally('hostile-archives');

const CHART = 'apiVersion: v2\nname: demo\nversion: 1.2.3\n';
const TEXTS = [
  CHART,
  CHART.replace('demo', 'other'),
  `${CHART}dependencies:\n- {name: x, version: "*", repository: "file://../../../etc"}\n`,
  'apiVersion: v1\nname: old\nversion: 0.1.0\n',
  'a: 1\n',
  '{{ now }} {{ tpl "{{ now }}" . }}',
  '{"$ref": "file:///etc/passwd"}',
  'name: !!binary x\n',
  'a: &a [*a, *a]\n',
  '\ufeffa: 1\n',
  '',
];

/** Names in a chart, its own directory first. */
const usualPath = fc.constantFrom(
  ...['Chart.yaml', 'Chart.lock', 'values.yaml', 'values.schema.json', 'templates/a.yaml', 'requirements.yaml'].map(
    (n) => `demo/${n}`,
  ),
  ...[
    'demo/charts/sub.tgz',
    'demo/charts/sub/Chart.yaml',
    'demo/charts/_x/Chart.yaml',
    'demo/charts/sub.tgz/x',
    'demo',
    'demo/',
    'Chart.yaml',
  ],
);
const memberPath = fc.oneof(
  { weight: 6, arbitrary: usualPath },
  { weight: 1, arbitrary: hostilePath.map((name) => `demo/${name}`) },
  { weight: 1, arbitrary: hostilePath },
);
const size = fc.oneof(
  fc.nat(2 ** 31 - 1).map(octal),
  fc.bigInt(-(2n ** 70n), 2n ** 90n).map(base256),
  fc.constantFrom(-512n, -1024n, -1n, 1n, 2n ** 53n, 2n ** 63n, 2n ** 95n - 1n).map(base256),
  fc
    .constantFrom('-0000001000\0', '99999999999\0', '            ', '0x10\0', '1e3\0', '\xff'.repeat(12))
    .map((text) => Buffer.from(text, 'latin1')),
);
const paxData = fc
  .array(
    fc
      .tuple(
        fc.constantFrom('path', 'size', 'linkpath', 'mtime', 'GNU.sparse.map', 'GNU.sparse.realsize', 'mode'),
        hostilePath,
        fc.constantFrom(0, 0, 0, -3, 1, 10_000),
      )
      .map(([key, value, lie]) => pax(key, value, lie)),
    { maxLength: 3 },
  )
  .map((records) => records.join(''));

function member(nested: fc.Arbitrary<Buffer> | null): fc.Arbitrary<RawMember> {
  const data = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...TEXTS) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 600 }) },
    ...(nested === null ? [] : [{ weight: 2, arbitrary: nested as fc.Arbitrary<Buffer | string> }]),
  );
  const file = fc.record({ path: memberPath, data }) as fc.Arbitrary<RawMember>;
  const odd = fc.record(
    {
      path: memberPath,
      data,
      type: fc.constantFrom(
        '\0',
        '1',
        '2',
        '3',
        '4',
        '5',
        '6',
        '7',
        'D',
        'K',
        'L',
        'N',
        'S',
        'V',
        'X',
        'g',
        'x',
        'Z',
        '\xff',
      ),
      linkname: hostilePath,
      size,
      mode: fc.constantFrom('0000755\0', '0007777\0', '4777777\0', 'zzzzzzz\0'),
      prefix: hostilePath,
      magic: fc.constantFrom('ustar  \0', '', 'ustar\x0000'),
      summed: fc.constantFrom(true, true, false),
      unpadded: fc.boolean(),
    },
    { requiredKeys: ['path'] },
  ) as fc.Arbitrary<RawMember>;
  const extended = fc.record({
    path: fc.constant('x'),
    type: fc.constantFrom('x', 'x', 'g'),
    data: paxData,
  }) as fc.Arbitrary<RawMember>;
  return fc.oneof({ weight: 8, arbitrary: file }, { weight: 2, arbitrary: odd }, { weight: 1, arbitrary: extended });
}

/** Mostly one that starts as a chart does, else nothing behind it is looked at. */
function archive(nested: fc.Arbitrary<Buffer> | null): fc.Arbitrary<Buffer> {
  const members = fc
    .tuple(fc.boolean(), fc.array(member(nested), { maxLength: 5 }))
    .map(([begins, list]): RawMember[] => [...(begins ? [{ path: 'demo/Chart.yaml', data: CHART }] : []), ...list]);
  return fc
    .tuple(
      members,
      fc.constantFrom(2, 2, 2, 0, 1, 3),
      fc.constantFrom('gzip', 'gzip', 'gzip', 'gzip', 'size', 'sum', 'twice', 'two', 'bare', 'deep'),
    )
    .map(([list, ends, how]) => {
      const tar = rawTar(list, ends);
      switch (how) {
        case 'size':
          return lyingGzip(tar, tar.length * 7);
        case 'sum':
          return lyingGzip(tar, tar.length, 1);
        case 'twice':
          return gzipSync(gzipSync(tar));
        case 'two':
          return Buffer.concat([gzipSync(tar, { level: 1 }), gzipSync(tar, { level: 1 })]);
        case 'bare':
          return tar;
        default:
          return gzipSync(tar, { level: 1 });
      }
    });
}

const share = 0.25;
test('what an archive means is told without a throw', { timeout: timeFor(share) }, async () => {
  const base = temporary();
  const taken: { readonly bytes: Buffer; readonly name: string | null }[] = [];
  let loading = 0;
  await counted.check('chart-archive', share, damaged(archive(archive(null))), async (bytes) => {
    const told = await fact.compute(bytes, null);
    expect(JSON.parse(JSON.stringify(told))).toEqual(told);
    if (!told.loads) return;
    loading++;
    expect(told.name).toBeTypeOf('string');
    if (taken.length < 60 && loading % 7 === 0) taken.push({ bytes: Buffer.from(bytes), name: told.name });
  });
  expect(loading, 'archives that load').toBeGreaterThan(20);
  // What we say that Helm loads it does load: a false yes would be a stale hit.
  const dir = join(base, 'app');
  mkdirSync(dir, { recursive: true });
  for (const [at, { bytes, name }] of taken.entries()) {
    const file = join(dir, `${at}.tgz`);
    writeFileSync(file, bytes);
    expect(execFileSync(toolPath('HELM3'), ['show', 'chart', file], { encoding: 'utf8' })).toContain(`name: ${name}\n`);
  }
  counted.note('archives that load, shown to Helm', taken.length);
});
