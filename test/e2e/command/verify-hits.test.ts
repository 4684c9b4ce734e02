/** `wrap --verify-hits`: a wrong hit is named, its record goes, and the next run is right. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeRecord, encodeRecord } from '../../../src/store/record.ts';
import { Rig } from '../rig.ts';

const FLAGS = ['--input', 'in.txt', '--output', 'out'];
const COPY = ['sh', '-c', 'mkdir -p out && cat in.txt > out/a && cat secret.txt >> out/a'];

async function wrapped(rig: Rig, more: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return await rig.wgcache(['wrap', ...FLAGS, '--name', 'copy', ...more, '--', ...COPY], { env });
}

async function open(): Promise<Rig> {
  const rig = await Rig.open();
  rig.write({ 'in.txt': 'in\n', 'secret.txt': 'one\n' });
  expect((await wrapped(rig, [])).told[0]?.outcome).toBe('miss');
  return rig;
}

const journal = (rig: Rig) =>
  readdirSync(join(rig.store, 'v1/journal')).flatMap((name) =>
    readFileSync(join(rig.store, 'v1/journal', name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );

test('an input nobody declared is caught, named and mended', async () => {
  const rig = await open();
  rig.write({ 'secret.txt': 'two\n' });
  const wrong = await wrapped(rig, ['--verify-hits', '100']);
  expect(wrong.exit).toBe(0);
  expect(wrong.told[0]?.outcome).toBe('fresh');
  expect(wrong.said.join('\n')).toMatch(/WRONG HIT: copy: .*\n.*out\/a differs/);
  expect(wrong.stderr + wrong.said.join('\n')).toContain('wgcache audit');
  expect(journal(rig).at(-1)).toMatchObject({ v: 1, plugin: 'generic', label: 'copy', verdict: 'differs' });
  expect(rig.read('out/a')).toBe('in\none\n'); // the workspace is the hit's
  const next = await wrapped(rig, []);
  expect(next.told[0]).toMatchObject({ outcome: 'miss', why: 'its record is gone from the cache' });
  expect(rig.read('out/a')).toBe('in\ntwo\n');
  const again = await wrapped(rig, ['--verify-hits', '100']);
  expect(again.said.join('\n')).toContain('verified: copy: run again, it makes the same');
});

test('--strict fails, by variable and config too; 0 verifies nothing', async () => {
  const rig = await open();
  rig.write({ 'secret.txt': 'two\n' });
  expect((await wrapped(rig, ['--verify-hits', '0', '--strict'])).exit).toBe(0);
  const failed = await wrapped(rig, ['--strict'], { WGCACHE_VERIFY_HITS: '100' });
  expect({ exit: failed.exit, said: failed.said.join() }).toMatchObject({
    exit: 1,
    said: expect.stringContaining('WRONG HIT'),
  });
  await wrapped(rig, []);
  rig.write({ 'secret.txt': 'three\n', 'wgcache.config.yaml': 'verifyHits: 100\n' });
  expect((await wrapped(rig, [])).said.join()).toContain('WRONG HIT');
});

test('a record that names other bytes is caught', async () => {
  const rig = await open();
  const dir = join(rig.store, 'v1/records/local');
  const [shard = ''] = readdirSync(dir);
  const [name = ''] = readdirSync(join(dir, shard));
  const file = join(dir, shard, name);
  const record = decodeRecord(readFileSync(file));
  if (record === null) throw new Error('no record');
  const bytes = Buffer.from('other\n');
  const digest = createHash('sha256').update(bytes).digest('hex');
  const blob = join(rig.store, 'v1/blobs', digest.slice(0, 2), digest);
  rig.write({ [join('..', 'wgcache/v1/blobs', digest.slice(0, 2), digest)]: bytes });
  chmodSync(blob, 0o400);
  const outputs = record.outputs.map((output) =>
    output.type === 'file' ? { ...output, digest, size: String(bytes.length) } : output,
  );
  writeFileSync(file, encodeRecord({ ...record, outputs }));
  const wrong = await wrapped(rig, ['--verify-hits', '100']);
  expect(wrong.told[0]?.outcome).toBe('restored');
  expect(rig.read('out/a')).toBe('other\n');
  expect(wrong.said.join('\n')).toMatch(/WRONG HIT: copy: .*\n.*out\/a differs/);
  expect(existsSync(file)).toBe(false);
  expect((await wrapped(rig, [])).told[0]?.outcome).toBe('miss');
  expect(rig.read('out/a')).toBe('in\none\n');
});

test('a command that fails now, one that makes more, one that makes less', async () => {
  const rig = await open();
  rig.remove('secret.txt');
  expect((await wrapped(rig, ['--verify-hits', '100'])).said.join('\n')).toMatch(
    /exit 1, the record has 0: .*secret\.txt/,
  );
  rig.write({ 'flag.txt': '' });
  const argv = [
    'sh',
    '-c',
    'mkdir -p out; rm -f out/*; date > /dev/null; touch out/a; test -e flag.txt || touch out/b; test ! -e more.txt || touch out/c',
  ];
  const run = (...flags: string[]) => rig.wgcache(['wrap', ...FLAGS, '--name', 'more', ...flags, '--', ...argv]);
  rig.remove('flag.txt');
  await run();
  rig.write({ 'flag.txt': '', 'more.txt': '' });
  const { said: head, stderr } = await run('--verify-hits', '100');
  const said = `${head.join('\n')}\n${stderr}`;
  expect(said).toContain('out/b is not made');
  expect(said).toContain('out/c is made or kept, and the record has no such file');
});

test('steps without outputs are compared by what they print', async () => {
  const rig = await open();
  const run = (...flags: string[]) =>
    rig.wgcache(['wrap', '--input', 'in.txt', '--name', 'print', ...flags, '--', 'sh', '-c', 'pwd; cat secret.txt']);
  await run();
  expect((await run('--verify-hits', '100')).said.join('\n')).toContain('verified: print');
  rig.write({ 'secret.txt': 'two\n' });
  expect((await run('--verify-hits', '100')).said.join('\n')).toMatch(/WRONG HIT: print: .*\n.*stdout differs: two/);
});

test('nothing of the workspace is touched by it, and nothing is left behind', async () => {
  const rig = await open();
  const argv = ['sh', '-c', 'mkdir -p out; cp in.txt out/a; echo x >> stray.txt'];
  const run = (...flags: string[]) => rig.wgcache(['wrap', ...FLAGS, '--name', 'stray', ...flags, '--', ...argv]);
  await run();
  const before = rig.tree();
  expect((await run('--verify-hits', '100')).said.join('\n')).toContain('verified: stray');
  expect(rig.tree()).toEqual(before);
  expect(readdirSync(rig.env.TMPDIR ?? '')).toEqual([]);
});

test('a number from 0 to 100', async () => {
  const rig = await open();
  for (const typed of ['101', '-1', 'all', '1e1', '']) {
    const ran = await rig.wgcache(['wrap', `--verify-hits=${typed}`, '--', 'true']);
    expect({ typed, exit: ran.exit }).toEqual({ typed, exit: 2 });
  }
  expect((await rig.wgcache(['wrap', '--', 'true'], { env: { WGCACHE_VERIFY_HITS: 'all' } })).exit).toBe(2);
});
