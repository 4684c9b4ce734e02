import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { create } from 'tar';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../scripts/tools.mjs', import.meta.url));
const SUMS = '/go-task/task/releases/download/v3.54.0/task_checksums.txt';
/** Stands in for the released program: it says the version that is asked for. */
const PROGRAM = '#!/bin/sh\necho 3.54.0\n';

let dir: string;
let server: Server;
let sums: (archive: Buffer) => string;

beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'wgcache-tools-')));
  await mkdir(join(dir, 'nothing'));
  await writeFile(join(dir, 'task'), PROGRAM, { mode: 0o755 });
  await create({ gzip: true, file: join(dir, 'task.tar.gz'), cwd: dir }, ['task']);
  const archive = await readFile(join(dir, 'task.tar.gz'));
  server = createServer((request, response) => {
    if (request.url === SUMS) response.end(sums(archive));
    else if (/\/v3\.54\.0\/task_\w+_\w+\.tar\.gz$/.test(request.url ?? '')) response.end(archive);
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await rm(dir, { recursive: true });
});

/** Runs the script where there is no Go, no Debian and no task on PATH: only the release is left. */
function ensureTask(path = join(dir, 'nothing')) {
  return execa(process.execPath, [SCRIPT, 'task'], {
    reject: false,
    extendEnv: false,
    env: {
      PATH: path,
      WGCACHE_TOOLS_DIR: join(dir, 'cache'),
      WGCACHE_TOOLS_MIRROR: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    },
  });
}

const listed = (archive: Buffer) => {
  const digest = createHash('sha256').update(archive).digest('hex');
  return ['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64']
    .map((platform) => `${digest}  task_${platform}.tar.gz\n`)
    .join('');
};

test('a release is kept when its checksum is the published one', async () => {
  sums = listed;
  const first = await ensureTask();
  const path = join(dir, 'cache', 'task-3.54.0', 'task');
  expect(first.stdout).toBe(`task ${path}`);
  expect(await readFile(path, 'utf8')).toBe(PROGRAM);
  expect(await readdir(join(dir, 'cache'))).toEqual(['task-3.54.0']);

  sums = () => 'gone';
  const second = await ensureTask();
  expect([second.exitCode, second.stdout, second.stderr]).toEqual([0, first.stdout, '']);
});

test('trouble with the place of wgcache tools leaves the other ways', async () => {
  sums = listed;
  await writeFile(join(dir, 'cache-own'), 'no directory');
  const { stdout, stderr } = await ensureTask();
  expect(stdout).toBe(`task ${join(dir, 'cache', 'task-3.54.0', 'task')}`);
  expect(stderr).toMatch(/not by wgcache tools: .*cache-own/);
});

test.each([
  [
    'another checksum',
    (archive: Buffer) => listed(Buffer.concat([archive, archive])),
    /has SHA-256 [0-9a-f]{64}, published is/,
  ],
  ['no checksum', () => `${'0'.repeat(64)}  another.tar.gz\n`, /has no checksum of/],
])('a release with %s leaves nothing and is an error of one sentence', async (_, published, reason) => {
  sums = published;
  const { exitCode, stdout, stderr } = await ensureTask();
  expect([exitCode, stdout]).toEqual([1, '']);
  const last = stderr.split('\n').at(-1);
  expect(last).toMatch(/^task 3\.40 or a newer v3 is missing: put it on PATH, or install Go .*go is not on PATH/);
  expect(last).toMatch(reason);
  expect(await readdir(join(dir, 'cache'))).toEqual([]);
});

test('one on PATH counts only when its version fits', async () => {
  sums = listed;
  const own = join(dir, 'own');
  await mkdir(own);
  await writeFile(join(own, 'task'), '#!/bin/sh\necho Task version: v3.39.2\n');
  await chmod(join(own, 'task'), 0o755);
  expect((await ensureTask(own)).stdout).toBe(`task ${join(dir, 'cache', 'task-3.54.0', 'task')}`);
  await writeFile(join(own, 'task'), '#!/bin/sh\necho Task version: v3.40.0\n');
  expect((await ensureTask(own)).stdout).toBe(`task ${join(own, 'task')}`);
});

test('a damaged one in the cache is replaced, also by two at once', async () => {
  sums = listed;
  await mkdir(join(dir, 'cache', 'task-3.54.0'), { recursive: true });
  await writeFile(join(dir, 'cache', 'task-3.54.0', 'task'), 'cut off', { mode: 0o755 });
  const both = await Promise.all([ensureTask(), ensureTask()]);
  expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(await readFile(join(dir, 'cache', 'task-3.54.0', 'task'), 'utf8')).toBe(PROGRAM);
  expect(await readdir(join(dir, 'cache'))).toEqual(['task-3.54.0']);
});
