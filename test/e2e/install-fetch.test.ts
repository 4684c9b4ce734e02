/** Downloads with the real curl and wget from a server on loopback: pinned by a sum, or by what the server says. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { madeLikeBare, openInstallRig, toldOf } from './install-rig.ts';
import type { Rig } from './rig.ts';

const OLD = 'Wed, 01 Jan 2025 00:00:00 GMT';

/** What the server has; tests change it. */
interface File {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status?: number;
  /** The body ends here, whatever its length was said to be. */
  readonly cut?: number;
  /** What a HEAD says all the same: all is well, with so many bytes. */
  readonly head?: number;
}
let files: Record<string, File> = {};
let asked: string[] = [];
let server: Server;
let base = '';
let rig: Rig;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? '').replace(/\?.*/, '');
  asked.push(`${request.method} ${path}${request.headers.authorization === undefined ? '' : ' with credentials'}`);
  const file = files[path];
  const { body = 'no such file\n', headers = {}, cut, status = file === undefined ? 404 : 200, head } = file ?? {};
  response.writeHead(request.method === 'HEAD' ? (head === undefined ? status : 200) : status, {
    'content-length': request.method === 'HEAD' ? (head ?? Buffer.byteLength(body)) : Buffer.byteLength(body),
    ...headers,
  });
  if (request.method === 'HEAD') response.end();
  else if (cut === undefined) response.end(body);
  else response.write(body.slice(0, cut), () => response.destroy());
}

const put = (path: string, body: string, more: Partial<File> = {}): void => {
  files[path] = { body, headers: { etag: `"${sum(body)}"` }, ...more };
};
const sum = (body: string): string => createHash('sha256').update(body).digest('hex');
const url = (path: string): string => base + path;
const gets = (): number => asked.filter((line) => line.startsWith('GET')).length;

beforeAll(async () => {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(async () => {
  [files, asked] = [{}, []];
  rig = (await openInstallRig()).write({ 'bin/keep': '' });
});

test.each([
  ['curl, by what the server says', ['curl', '-fsSLo', 'bin/tool'], []],
  ['curl, by a sum', ['curl', '-fsSLo', 'bin/tool'], ['--sha256', sum('one\n')]],
  ['wget, by what the server says', ['wget', '-nv', '-O', 'bin/tool'], []],
  ['wget, by a sum', ['wget', '-q', '-O', 'bin/tool'], ['--sha256', sum('one\n')]],
] as const)('%s: cold, fresh, put back; as the bare command does it', async (_, words, flags) => {
  put('/tool', 'one\n');
  const argv = [...words, url('/tool')];
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'bin', flags }))).toBe('miss first');
  expect(toldOf(await rig.wrap(argv, { flags }))).toBe('fresh');
  rig.remove('bin/tool');
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'bin', flags }))).toBe('restored');
  rig.write({ 'bin/tool': 'mine' });
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'bin', flags }))).toBe('restored');
  chmodSync(rig.path('bin/tool'), 0o755); // what a step after it does
  expect(toldOf(await rig.wrap(argv, { flags }))).toBe('fresh');
  rig.remove('bin/tool').write({ 'bin/tool': 'mine' });
  chmodSync(rig.path('bin/tool'), 0o755);
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'bin', flags }))).toBe('restored');
});

test('other bytes of the same length, another validator', async () => {
  const argv = ['curl', '-fsSLo', 'tool', url('/tool')];
  put('/tool', 'one\n');
  await rig.wrap(argv);
  put('/tool', 'two\n');
  expect(toldOf(await rig.wrap(argv))).toBe('miss changed');
  expect(rig.read('tool')).toBe('two\n');
  put('/tool', 'two\n', { headers: { etag: '"other"' } });
  expect(toldOf(await rig.wrap(argv))).toBe('miss changed');
  put('/tool', 'two\n', { headers: { 'last-modified': OLD } });
  expect(toldOf(await rig.wrap(argv))).toBe('miss changed');
  put('/tool', 'six\n', { headers: { 'last-modified': 'Wed, 01 Jan 2025 00:00:01 GMT' } });
  expect(toldOf(await rig.wrap(argv))).toBe('miss changed');
  expect(rig.read('tool')).toBe('six\n');
  for (const headers of [{}, { etag: 'W/"1"' }, { 'last-modified': new Date().toUTCString() }]) {
    put('/tool', 'ten\n', { headers });
    const ran = await rig.wrap(argv);
    expect(toldOf(ran)).toBe('bypass unpinned');
    expect(ran.outcome.reason?.text).toContain('--sha256');
  }
  expect(rig.read('tool')).toBe('ten\n');
});

test('with a sum nobody is asked once the file is known: the server may be gone, the address another', async () => {
  put('/tool', 'one\n');
  const flags = ['--sha256', sum('one\n')];
  const line = (from: string): string[] => ['curl', '-fsSLo', 'tool', from];
  await rig.wrap(line(url('/tool')), { flags });
  expect(asked).toEqual(['GET /tool']);
  rig.remove('tool');
  expect(toldOf(await rig.wrap(line('http://127.0.0.1:9/tool'), { flags }))).toBe('restored');
  expect(toldOf(await rig.movedTo('elsewhere').wrap(line(url('/tool')), { flags }))).toBe('fresh');
  expect(asked).toHaveLength(1);
  const ran = await rig.wrap(line('http://127.0.0.1:9/tool')); // without one the command finds out for itself
  expect([toldOf(ran), ran.exit]).toEqual(['bypass offline', 7]);
});

test('another file than the sum says: removed, exit 1, both sums; the same where it is not cached', async () => {
  put('/tool', 'two\n');
  const flags = ['--sha256', sum('one\n')];
  for (const argv of [
    ['curl', '-fsSLo', 'tool', url('/tool')],
    ['wget', '-q', url('/tool')],
    ['curl', '-fsSLo', '../outside', url('/tool')],
  ]) {
    const ran = await rig.wrap(argv, { flags });
    expect([argv, ran.exit]).toEqual([argv, 1]);
    expect(ran.outcome.warnings).toMatchObject([
      { code: 'wrong-file', expected: sum('one\n'), actual: sum('two\n'), removed: true },
    ]);
  }
  const { exit, said } = await rig.wgcache(['wrap', ...flags, '--', 'curl', '-fsSLo', 'tool', url('/tool')]);
  expect(exit).toBe(1);
  expect(said).toEqual([
    `error: tool is not what --sha256 says: expected ${sum('one\n')}, got ${sum('two\n')}; it was removed`,
  ]);
  expect(existsSync(rig.path('tool')) || existsSync(join(rig.base, 'outside'))).toBe(false);
  put('/tool', 'one\n');
  expect(toldOf(await rig.wrap(['curl', '-fsSLo', 'tool', url('/tool')], { flags }))).toBe('miss first');
  put('/error', 'no!\n', { status: 500 });
  expect((await rig.wrap(['curl', '-sLo', 'tool', url('/error')], { flags })).exit).toBe(0); // known: fresh
  rig.remove('tool');
  const page = await rig.wrap(['curl', '-sLo', 'other', url('/error')], { flags });
  expect([toldOf(page), page.exit, existsSync(rig.path('other'))]).toEqual([
    'miss first (not stored: digest-mismatch)',
    1,
    false,
  ]);
});

test('an error page is never kept', async () => {
  put('/broken', 'oh dear\n', { status: 500 });
  const plain = await madeLikeBare(rig, ['curl', '-sSLo', 'bin/page', url('/missing')], { made: 'bin' });
  expect([toldOf(plain), plain.exit]).toEqual(['bypass offline', 0]);
  const failing = await madeLikeBare(rig, ['curl', '-fsSLo', 'bin/page', url('/missing')], { made: 'bin' });
  expect([toldOf(failing), failing.exit]).toEqual(['bypass offline', 22]);
  expect(toldOf(await madeLikeBare(rig, ['curl', '-sSLo', 'bin/page', url('/broken')], { made: 'bin' }))).toBe(
    'bypass offline',
  );
  expect((await madeLikeBare(rig, ['wget', '-q', '-O', 'bin/page', url('/broken')], { made: 'bin' })).exit).toBe(8);
  // A server that says one thing to HEAD and another to GET.
  put('/two-faced', 'oh dear, an error\n', { status: 500, head: 4, headers: { etag: '"1"' } });
  const liar = await rig.wrap(['curl', '-sSLo', 'bin/page', url('/two-faced')]);
  expect(toldOf(liar)).toBe('miss first (not stored: plugin)');
});

test('a body that is cut short is not kept', async () => {
  put('/tool', 'one two three\n', { cut: 5 });
  const argv = ['curl', '-fsSLo', 'tool', url('/tool')];
  expect(toldOf(await rig.wrap(argv))).toBe('miss first (not stored: failed)');
  const pinned = await rig.wrap(argv, { flags: ['--sha256', sum('one two three\n')] });
  expect([toldOf(pinned), pinned.exit]).toEqual(['miss first (not stored: failed)', 18]);
  put('/tool', 'one two three\n');
  expect(toldOf(await rig.wrap(argv))).toBe('miss first');
  expect(rig.read('tool')).toBe('one two three\n');
});

test('redirects: the last answer counts, and another target is another file', async () => {
  put('/v1', 'one\n', { headers: { etag: '"same"' } });
  put('/v2', 'two\n', { headers: { etag: '"same"' } });
  put('/latest', '', { status: 302, headers: { location: url('/v1?X-Amz-Signature=1') } });
  const argv = ['curl', '-fsSLo', 'tool', url('/latest')];
  expect(toldOf(await rig.wrap(argv))).toBe('miss first');
  put('/latest', '', { status: 302, headers: { location: url('/v1?X-Amz-Signature=2') } });
  expect(toldOf(await rig.wrap(argv))).toBe('fresh');
  put('/latest', '', { status: 302, headers: { location: url('/v2') } });
  expect(toldOf(await rig.wrap(argv))).toBe('miss changed');
  expect(rig.read('tool')).toBe('two\n');
  expect(toldOf(await rig.wrap(['curl', '-fsSo', 'tool', url('/latest')]))).toBe('bypass unsupported');
});

test('several, and what a failed one among them leaves', async () => {
  put('/a', 'a\n');
  put('/b', 'b\n');
  const argv = ['curl', '-fsS', '--fail-early', '-o', 'bin/a', url('/a'), '-o', 'bin/b', url('/b')];
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'bin' }))).toBe('miss first');
  rig.remove('bin/a');
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'bin' }))).toBe('restored');
  const flags = ['--sha256', sum('a\n'), '--sha256', sum('b\n')];
  const loose = argv.filter((word) => word !== '--fail-early');
  expect(toldOf(await rig.wrap(loose))).toBe('bypass unpinned');
  delete files['/a'];
  rig.write({ 'bin/a': 'of yesterday\n' });
  const ran = await rig.wrap(loose, { flags }); // curl itself exits 0: the last one went well
  expect([toldOf(ran), ran.exit]).toEqual(['miss changed (not stored: digest-mismatch)', 1]);
});

test('times are those of the server where the command sets them', async () => {
  put('/tool', 'one\n', { headers: { etag: '"1"', 'last-modified': OLD } });
  for (const argv of [
    ['curl', '-fsSRo', 'tool', url('/tool')],
    ['wget', '-q', url('/tool')],
  ]) {
    expect(toldOf(await rig.remove('tool').wrap(argv))).toBe('miss first');
    expect(toldOf(await rig.remove('tool').wrap(argv))).toBe('restored');
    expect([argv[0], lstatSync(rig.path('tool')).mtime.toUTCString()]).toEqual([argv[0], OLD]);
  }
});

test('wget URL: right it is left alone, else wget writes beside it, and so it does here', async () => {
  put('/tool', 'one\n');
  const argv = ['wget', '-q', '-P', 'bin', url('/tool')];
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'bin' }))).toBe('miss first');
  expect(toldOf(await rig.wrap(argv))).toBe('fresh');
  put('/tool', 'two\n');
  expect(toldOf(await madeLikeBare(rig, argv, { made: 'bin' }))).toBe('bypass unsupported');
  expect([rig.read('bin/tool'), rig.read('bin/tool.1')]).toEqual(['one\n', 'two\n']);
  const refused = await rig.wgcache(['wrap', '--sha256', sum('two\n'), '--', ...argv]);
  expect([refused.exit, refused.said[0]]).toEqual([2, expect.stringContaining('so nothing was run: ')]);
});

test('a directory that is missing fails the command, known or not', async () => {
  put('/tool', 'one\n');
  const argv = ['curl', '-fsSLo', 'new/tool', url('/tool')];
  const flags = ['--sha256', sum('one\n')];
  rig.write({ 'new/x': '' });
  await rig.wrap(argv, { flags });
  rig.remove('new');
  expect((await madeLikeBare(rig, argv, { made: 'new', flags })).exit).toBe(23);
  const making = ['curl', '--create-dirs', '-fsSLo', 'new/tool', url('/tool')];
  expect(toldOf(await madeLikeBare(rig, making, { made: 'new', flags }))).toBe('miss changed');
  rig.remove('new');
  expect(toldOf(await madeLikeBare(rig, making, { made: 'new', flags }))).toBe('restored');
});

test('secrets stay with the command: nothing of ours holds them, and no other host gets them', async () => {
  put('/tool', 'one\n');
  const flags = ['--sha256', sum('one\n')];
  const secret = 'hunter2hunter2';
  const host = base.replace('127.0.0.1', 'localhost');
  put('/moved', '', { status: 302, headers: { location: `${host}/tool` } });
  for (const argv of [
    ['curl', '-fsSLo', 'tool', '-H', `Authorization: Bearer ${secret}`, url('/moved')],
    ['curl', '-fsSLo', 'tool', url(`/tool?k=${secret}`)],
    ['curl', '-fsSLo', 'tool', url('/tool').replace('//', `//me:${secret}@`)],
    ['wget', '-q', '-O', 'tool', `--password=${secret}`, '--user=me', url('/tool')],
  ]) {
    for (const given of [flags, []]) {
      const ran = await rig.wgcache(['wrap', ...given, '--', ...argv]);
      expect(JSON.stringify([ran.told, ran.said, ran.stderr])).not.toContain(secret);
      expect(ran.exit).toBe(0);
    }
  }
  for (const file of filesBelow(rig.store)) expect([file, readFileSync(file).includes(secret)]).toEqual([file, false]);
  expect(asked.filter((line) => line.includes('with credentials')).map((line) => line.split(' ')[1])).toContain(
    '/moved',
  );
  expect(gets()).toBeGreaterThan(0);
});

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile());
}

test('status and explain ask nobody for what is pinned, and run nothing', async () => {
  put('/tool', 'one\n');
  const words = ['--sha256', sum('one\n'), '--', 'curl', '-fsSLo', 'tool', url('/tool')];
  expect((await rig.wgcache(['status', ...words])).exit).toBe(1);
  expect((await rig.wgcache(['wrap', ...words])).exit).toBe(0);
  expect((await rig.wgcache(['status', ...words])).exit).toBe(0);
  expect((await rig.wgcache(['explain', ...words])).stdout.toString()).toContain(sum('one\n'));
  expect(asked).toEqual(['GET /tool']);
});
