/** `go install` and `go mod download` with the real go and module proxy: cold, warm, and every edit that changes the result. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startingBuild } from '../oracle/install/_base/find.ts';
import { contents, goEnv, madeLikeBare, openGoRig, toldOf } from './install-rig.ts';
import type { Rig } from './rig.ts';

const DIGRAPH = 'golang.org/x/tools/cmd/digraph';
const [OLD, NEW] = ['v0.30.0', 'v0.31.0'];

vi.setConfig({ testTimeout: 400_000 }); // go links a program each time

const inBin = (rig: Rig) => ({ GOBIN: rig.path('.wgcache/bin') });
const install = (rig: Rig, args: readonly string[], env: Record<string, string | undefined> = {}) =>
  madeLikeBare(rig, ['go', 'install', ...args], { made: '.wgcache/bin', env: { ...inBin(rig), ...env } });

test('go install: made, fresh, put back; another version, flag or variable is another binary', async () => {
  const rig = await openGoRig();
  expect(toldOf(await install(rig, [`${DIGRAPH}@${OLD}`]))).toBe('miss first');
  expect(toldOf(await install(rig, [`${DIGRAPH}@${OLD}`]))).toBe('fresh');
  rig.remove('.wgcache/bin');
  expect(toldOf(await install(rig, [`${DIGRAPH}@${OLD}`]))).toBe('restored');
  writeFileSync(rig.path('.wgcache/bin/digraph'), 'somebody’s own');
  expect(toldOf(await install(rig, [`${DIGRAPH}@${OLD}`]))).toBe('bypass unsupported'); // Go leaves it alone, and fails
  writeFileSync(rig.path('.wgcache/bin/digraph'), '\x7fELF damaged');
  expect(toldOf(await install(rig, [`${DIGRAPH}@${OLD}`]))).toBe('restored');
  expect(toldOf(await install(rig, [`${DIGRAPH}@${NEW}`]))).toBe('miss changed');
  expect(toldOf(await install(rig, ['-trimpath', `${DIGRAPH}@${NEW}`]))).toBe('miss changed');
  expect(toldOf(await install(rig, ['-trimpath', '-ldflags=-s -w', `${DIGRAPH}@${NEW}`]))).toBe('miss changed');
  expect(toldOf(await install(rig, ['-ldflags', '-s -w', '--trimpath', `${DIGRAPH}@${NEW}`]))).toBe('fresh');
  expect(toldOf(await install(rig, [`${DIGRAPH}@${NEW}`], { GOFLAGS: '-trimpath' }))).toBe('miss changed');
  expect(toldOf(await install(rig, [`${DIGRAPH}@${OLD}`]))).toBe('restored');
  // What `go env -w` writes counts like a variable.
  mkdirSync(join(rig.env.HOME ?? '', '.config/go'), { recursive: true });
  writeFileSync(join(rig.env.HOME ?? '', '.config/go/env'), 'GOFLAGS=-ldflags=-w\n');
  expect(toldOf(await install(rig, [`${DIGRAPH}@${OLD}`]))).toBe('miss changed');
  expect(toldOf(await install(rig, [`${DIGRAPH}@${OLD}`], { GOENV: 'off' }))).toBe('restored');
});

test('go install with cgo: the C compiler counts', async () => {
  const rig = await openGoRig();
  startingBuild('/usr/bin/gcc', rig.path('bin/gcc'), { env: ['BUILD', 'one'] });
  const env = { CGO_ENABLED: '1', PATH: `${rig.path('bin')}:${rig.env.PATH}` };
  expect(toldOf(await install(rig, [`${DIGRAPH}@${OLD}`], env))).toBe('miss first');
  expect(toldOf(await install(rig, [`${DIGRAPH}@${OLD}`], env))).toBe('fresh');
  startingBuild('/usr/bin/gcc', rig.path('bin/gcc'), { env: ['BUILD', 'two'] });
  const again = await install(rig, [`${DIGRAPH}@${OLD}`], env);
  expect(again.outcome.reason?.text).toBe('program gcc changed');
  rig.write({ 'bin/gcc': '#!/bin/sh\nexec /usr/bin/gcc "$@"\n' });
  expect(toldOf(await install(rig, [`${DIGRAPH}@${OLD}`], env))).toBe('bypass unsupported');
});

test('what cannot be known or put back is only run', async () => {
  const rig = await openGoRig();
  const home = await rig.wrap(['go', 'install', `${DIGRAPH}@${OLD}`]);
  expect(home.outcome.reason?.text).toMatch(
    /go\/bin lies outside the workspace root; .*set GOBIN="\$PWD\/\.wgcache\/bin"/,
  );
  const because = async (args: string[], env: Record<string, string> = {}) => toldOf(await install(rig, args, env));
  expect(await because([`${DIGRAPH}@${OLD}`], { GONOSUMDB: 'golang.org/x' })).toBe('bypass unpinned');
  expect(await because([`${DIGRAPH}@${OLD}`], { GOFLAGS: '-toolexec=/bin/true' })).toBe('bypass unknown-flag');
  expect(await because(['-ldflags=-linkmode=external', `${DIGRAPH}@${OLD}`])).toBe('bypass unsupported');
  expect(await because([`${DIGRAPH}@master`], { GOPROXY: 'off' })).toBe('bypass unpinned');
  expect(await because([`${DIGRAPH}@v99.0.0`])).toBe('miss first (not stored: failed)');
  expect(await because([`${DIGRAPH}@v99.0.0`])).toBe('miss first (not stored: failed)');
});

const [MODCACHE = '', PROXY = ''] = goEnv('GOMODCACHE', 'GOPROXY');
const server = createServer((request, response) => {
  const path = decodeURIComponent(request.url ?? '');
  if (path.endsWith('/golang.org/x/tools/@v/list')) return response.end(versions.join('\n'));
  if (path.startsWith('/sumdb/'))
    return void relay(path).then((text) => response.writeHead(text === null ? 404 : 200).end(text));
  try {
    const [name] = versions.filter((version) => path.includes(version));
    if (name === undefined) throw new Error('not published');
    return response.end(readFileSync(join(MODCACHE, 'cache/download', path)));
  } catch {
    return response.writeHead(404).end();
  }
});
let versions: string[] = [];
/** The checksum database, by the way this machine has to it. */
async function relay(path: string): Promise<Buffer | null> {
  const answer = await fetch(`${PROXY.split(/[,|]/)[0]}${path}`);
  return answer.ok ? Buffer.from(await answer.arrayBuffer()) : null;
}
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
afterAll(() => void server.close());
const proxy = () => `http://127.0.0.1:${(server.address() as { port: number }).port}`;

test('@latest: what the module proxy lists', async () => {
  const rig = await openGoRig();
  for (const version of [OLD, NEW]) await rig.bare(['go', 'install', `${DIGRAPH}@${version}`], { env: inBin(rig) });
  rig.remove('.wgcache');
  const env = { GOPROXY: proxy() };
  versions = [OLD];
  expect(toldOf(await install(rig, [`${DIGRAPH}@latest`], env))).toBe('miss first');
  expect(toldOf(await install(rig, [`${DIGRAPH}@latest`], env))).toBe('fresh');
  versions = [NEW, OLD];
  expect((await install(rig, [`${DIGRAPH}@latest`], env)).outcome.reason?.text).toBe(
    'versions of golang.org/x/tools changed',
  );
  versions = [OLD, NEW];
  expect(toldOf(await install(rig, [`${DIGRAPH}@latest`], env))).toBe('fresh');
  versions = [OLD];
  expect(toldOf(await install(rig, [`${DIGRAPH}@latest`], env))).toBe('restored');
  expect(toldOf(await install(rig, [`${DIGRAPH}@latest`], { GOPROXY: 'http://127.0.0.1:9' }))).toMatch(
    'bypass offline',
  );
});

test('go mod download: go.mod, go.sum and the modules', async () => {
  const rig = await openGoRig({ GOMODCACHE: '' });
  const env = { GOMODCACHE: rig.path('.wgcache/mod'), GOFLAGS: '-modcacherw' };
  const download = (...args: string[]) =>
    madeLikeBare(rig, ['go', 'mod', 'download', ...args], { made: '.wgcache/mod/github.com', env: { ...env } });
  rig.write({
    'go.mod': 'module example.com/m\n\ngo 1.21\n\nrequire github.com/davecgh/go-spew v1.1.1\n',
    'm.go': 'package m\n\nimport _ "github.com/davecgh/go-spew/spew"\n',
  });
  await rig.bare(['go', 'mod', 'tidy'], { env });
  rig.remove('.wgcache');
  expect(toldOf(await download())).toBe('miss first');
  expect(toldOf(await download())).toBe('fresh');
  const before = contents(rig, '.wgcache/mod/cache/download/github.com');
  rig.remove('.wgcache');
  expect(toldOf(await download())).toBe('restored');
  expect(contents(rig, '.wgcache/mod/cache/download/github.com')).toEqual(before);
  expect((await rig.bare(['go', 'mod', 'verify'], { env })).stdout.toString()).toBe('all modules verified\n');
  rig.edit('go.mod', (text) => text.replace('v1.1.1', 'v1.1.0'));
  expect(toldOf(await download())).toBe('miss changed (not stored: inputs-changed)'); // Go adds to go.sum
  expect(toldOf(await download())).toBe('miss changed');
  rig.edit('go.mod', (text) => text.replace('v1.1.0', 'v1.1.1'));
  rig.edit('go.sum', (text) => text.replace(/(v1\.1\.1) h1:.{6}/, '$1 h1:AAAAAA'));
  rmSync(rig.path('.wgcache'), { recursive: true });
  const wrong = await download();
  expect({ exit: wrong.exit, told: toldOf(wrong) }).toEqual({ exit: 1, told: 'miss changed (not stored: failed)' });
  rig.write({ 'go.sum': '' });
  const env2 = { ...env, GONOSUMDB: 'github.com' };
  expect(toldOf(await rig.wrap(['go', 'mod', 'download'], { env: env2 }))).toBe('bypass unpinned');
});
