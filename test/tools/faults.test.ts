/** What goes wrong between a site and a workspace: nothing wrong becomes visible, and the message has what is needed. */
import { existsSync, lutimesSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { platformOf } from '../../src/tools/template.ts';
import type { Tried } from '../../src/tools/trying.ts';
import { serve } from '../support/net.ts';
import { ToolRig } from './rig.ts';
import { type Site, serveFiles, sevenSites, sha256, tarball } from './site.ts';

const { os, arch } = platformOf(process.platform, process.arch);
const platform = `${os}-${arch}`;
const ARCHIVE = `/helm-v3.17.3-${platform}.tar.gz`;
const SUM = `${ARCHIVE}.sha256sum`;

let site: Site;
let rig: ToolRig;
/** What the next requests for the archive get, in turn; then the file. */
let script: ((request: IncomingMessage, response: ServerResponse, body: Buffer) => void)[];

beforeEach(async () => {
  script = [];
  site = await serveFiles(await sevenSites(), (request, response, body) => {
    if (body === undefined || request.url !== ARCHIVE) return false;
    const next = script.shift();
    next?.(request, response, body);
    return next !== undefined;
  });
  rig = new ToolRig();
  rig.want({ helm: { version: '3.17.3', baseUrl: site.url } });
});
afterEach(() => site.close());

const archive = (): Buffer => site.files.get(ARCHIVE)!;
const asked = (): string[] => site.paths().filter((path) => path === ARCHIVE);

/** Nothing of the tool is to be seen in the workspace or as a record. */
function nothingThere(): void {
  expect(existsSync(rig.path('.wgcache/bin/helm'))).toBe(false);
  expect(existsSync(rig.path('.wgcache/tools/helm'))).toBe(false);
  expect(existsSync(join(rig.cache, 'v1/records'))).toBe(false);
}

function problemOf(result: Tried<unknown>): object {
  if (result.ok) throw new Error('it went well');
  return result.problem;
}

function works(): void {
  expect(readFileSync(rig.path('.wgcache/bin/helm'), 'utf8')).toContain('echo helm 3.17.3');
}

test('another sum than the published one', async () => {
  const expected = sha256('other');
  site.files.set(SUM, Buffer.from(`${expected}  helm-v3.17.3-${platform}.tar.gz\n`));
  const { exit, stdout } = await rig.tools('install');
  expect(exit).toBe(1);
  expect(stdout).toContain(`helm: failed: ${site.url}${ARCHIVE} is not what it should be: its project publishes`);
  expect(stdout).toContain(expected);
  expect(stdout).toContain(sha256(archive()));
  nothingThere();
});

test('another sum than the config says', async () => {
  const expected = sha256('other');
  rig.want({ helm: { version: '3.17.3', baseUrl: site.url, sha256: { [platform]: expected } } });
  expect(problemOf(await rig.direct('helm'))).toEqual({
    code: 'checksum',
    what: `${site.url}${ARCHIVE}`,
    expected,
    actual: sha256(archive()),
    by: 'config',
  });
  nothingThere();
  expect(site.paths()).not.toContain(SUM); // the config's word is enough
});

test('replaced since it was locked, together with its published sum', async () => {
  await rig.tools('lock');
  const expected = sha256(archive());
  const replaced = await tarball({ [`${platform}/helm`]: '#!/bin/sh\necho evil 1.0\n' });
  site.files.set(ARCHIVE, replaced);
  site.files.set(SUM, Buffer.from(`${sha256(replaced)}  helm-v3.17.3-${platform}.tar.gz\n`));
  const problem = { code: 'checksum', what: `${site.url}${ARCHIVE}`, expected, actual: sha256(replaced), by: 'lock' };
  expect(problemOf(await rig.direct('helm'))).toEqual(problem);
  nothingThere();
  const { stdout } = await rig.tools('install', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ tools: [{ ok: false, problem }] });
  // What the message says to do, if that is right.
  expect((await rig.tools('lock')).exit).toBe(0);
  expect((await rig.tools('install')).exit).toBe(1);
  expect((await rig.tools('lock', 'helm')).exit).toBe(0);
  expect((await rig.tools('install', '--locked')).exit).toBe(0);
});

test('a list without the file', async () => {
  site.files.set(SUM, Buffer.from(`${sha256(archive())}  helm-v3.17.2-${platform}.tar.gz\n`));
  expect(problemOf(await rig.direct('helm'))).toMatchObject({ code: 'not-listed', list: `${site.url}${SUM}` });
  expect(asked()).toEqual([]); // not even fetched
  nothingThere();
});

test('no list', async () => {
  site.files.delete(SUM);
  expect(problemOf(await rig.direct('helm'))).toMatchObject({
    code: 'network',
    detail: expect.stringContaining(`${SUM}: is not there (status 404)`),
  });
  nothingThere();
});

test('404', async () => {
  site.files.delete(ARCHIVE);
  expect(problemOf(await rig.direct('helm'))).toEqual({
    code: 'network',
    why: 'not-found',
    detail: `${site.url}${ARCHIVE}: is not there (status 404)`,
  });
  nothingThere();
});

test('429 with Retry-After: waits, and has it', async () => {
  script = [(_, response) => void response.writeHead(429, { 'retry-after': '1' }).end()];
  const started = performance.now();
  const { exit } = await rig.tools('install');
  expect(exit).toBe(0);
  expect(performance.now() - started).toBeGreaterThan(990);
  works();
});

test.each([500, 502, 503, 504])('%i: asked again', async (status) => {
  script = [status, status].map((code) => (_, response) => void response.writeHead(code).end());
  expect(await rig.direct('helm')).toMatchObject({ ok: true, value: { how: 'installed' } });
  expect(asked()).toHaveLength(3);
  works();
});

test('5xx for good', async () => {
  script = Array.from({ length: 9 }, () => (_, response) => void response.writeHead(503).end());
  expect(problemOf(await rig.direct('helm'))).toMatchObject({
    code: 'network',
    detail: expect.stringContaining('503'),
  });
  expect(asked()).toHaveLength(3);
  nothingThere();
});

const half = (response: ServerResponse, body: Buffer, headers: object = {}): void => {
  response.writeHead(200, { 'content-length': body.length, etag: `"${sha256(body).slice(0, 16)}"`, ...headers });
  response.write(body.subarray(0, body.length >> 1));
};

test('a truncated body: goes on where it stopped', async () => {
  script = [
    (_, response, body) => {
      half(response, body);
      setTimeout(() => response.socket?.destroy(), 50);
    },
  ];
  expect(await rig.direct('helm')).toMatchObject({ ok: true });
  const ranges = site.seen.filter(({ url }) => url === ARCHIVE).map(({ headers }) => headers.range);
  expect(ranges).toEqual([undefined, `bytes=${archive().length >> 1}-`]);
  works();
});

test('a truncated body with the right length announced as its own', async () => {
  script = [(_, response, body) => void response.end(body.subarray(0, body.length >> 1))];
  expect(problemOf(await rig.direct('helm'))).toMatchObject({ code: 'checksum', by: 'published' });
  nothingThere();
});

test('a slow body', async () => {
  script = [
    (_, response, body) => {
      response.writeHead(200, { 'content-length': body.length });
      let at = 0;
      const step = Math.ceil(body.length / 8);
      const timer = setInterval(() => {
        response.write(body.subarray(at, at + step));
        at += step;
        if (at < body.length) return;
        clearInterval(timer);
        response.end();
      }, 60);
    },
  ];
  expect(await rig.direct('helm', { idleTimeoutMs: 400 })).toMatchObject({ ok: true });
  expect(asked()).toHaveLength(1);
  works();
});

test('a hanging body is given up; the next run goes on with it', async () => {
  script = [(_, response, body) => half(response, body)];
  const problem = problemOf(await rig.direct('helm', { idleTimeoutMs: 300, retry: { attempts: 1 } }));
  expect(problem).toMatchObject({ code: 'network', detail: expect.stringContaining('nothing came for 0.3 s') });
  nothingThere();
  expect(await rig.direct('helm')).toMatchObject({ ok: true });
  expect(site.seen.at(-1)?.headers).toMatchObject({ range: `bytes=${archive().length >> 1}-` });
  works();
  expect(readdirSync(join(rig.cache, 'v1/tmp'))).toEqual([]);
});

test('gone on with, and of two files: fetched whole once more', async () => {
  const etag = '"same"';
  script = [
    (_, response, body) => {
      half(response, Buffer.from(body).fill(0, 0, 100), { etag });
      setTimeout(() => response.socket?.destroy(), 50);
    },
    (request, response, body) => {
      expect(request.headers['if-range']).toBe(etag); // a server that keeps its ETag while the file changes
      const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0]);
      response.writeHead(206, { etag, 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` });
      response.end(body.subarray(from));
    },
  ];
  expect(await rig.direct('helm')).toMatchObject({ ok: true });
  expect(asked()).toHaveLength(3);
  works();
});

test('a silent server', async () => {
  script = [() => undefined];
  const problem = problemOf(await rig.direct('helm', { idleTimeoutMs: 200, retry: { attempts: 1 } }));
  expect(problem).toMatchObject({ code: 'network', detail: expect.stringContaining('nothing came') });
  nothingThere();
});

test('redirects to another host: followed, without the credentials', async () => {
  const other = await serve((_, response) => void response.end(archive()));
  script = [
    (_, response) => void response.writeHead(302, { location: `http://localhost:${other.port}/blob?sig=x` }).end(),
  ];
  rig.want({ helm: { version: '3.17.3', baseUrl: site.url.replace('://', '://me:secret@') } });
  try {
    const { exit, stdout } = await rig.tools('install', '--json');
    expect(exit).toBe(0);
    expect(site.seen.find(({ url }) => url === ARCHIVE)?.headers.authorization).toMatch(/^Basic /);
    expect(other.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    works();
    expect(stdout).not.toContain('secret');
  } finally {
    await other.close();
  }
});

test('credentials of a mirror are shown nowhere', async () => {
  rig.want({ helm: { version: '3.17.3', baseUrl: site.url.replace('://', '://me:secret@') } });
  site.files.set(ARCHIVE, Buffer.from('damaged'));
  const { exit, stdout, stderr } = await rig.tools('install');
  expect(exit).toBe(1);
  expect(stdout + stderr).toContain(`${site.url}${ARCHIVE} is not what it should be`);
  expect(stdout + stderr).not.toContain('secret');
});

test('credentials of an address are in no file for version control', async () => {
  const url = `${site.url.replace('://', '://me:secret@')}/helm-v{version}-{platform}.tar.gz`;
  rig.want({ mine: { version: '3.17.3', url, checksum: '{url}.sha256sum', bin: '{platform}/helm' } });
  expect((await rig.tools('lock')).exit).toBe(0);
  expect(rig.read('wgcache-tools.lock')).toContain(`${site.url}${ARCHIVE}`);
  expect(rig.read('wgcache-tools.lock')).not.toContain('secret');
  expect((await rig.tools('install', '--locked')).exit).toBe(0);
});

test('GITHUB_TOKEN is shown to nobody but GitHub', async () => {
  rig.env.GITHUB_TOKEN = 'ghs_secret';
  rig.want({ task: { version: '^3', baseUrl: site.url } });
  expect(await rig.direct('task')).toMatchObject({ ok: true });
  expect(site.paths()).toContain('/repos/go-task/task/releases?per_page=100');
  expect(site.seen.map(({ headers }) => headers.authorization).filter((header) => header !== undefined)).toEqual([]);
});

test('nobody there', async () => {
  rig.want({ helm: { version: '3.17.3', baseUrl: 'http://127.0.0.1:1' } });
  expect(problemOf(await rig.direct('helm'))).toMatchObject({ code: 'network' });
  nothingThere();
});

test('a list of releases that is none', async () => {
  site.files.set('/repos/go-task/task/releases', Buffer.from('{"message":"rate limit"}'));
  rig.want({ task: { version: '^3', baseUrl: site.url } });
  expect(problemOf(await rig.direct('task'))).toMatchObject({ code: 'bad-list' });
});

test('an archive that is damaged, though its sum is right', async () => {
  const damaged = archive().subarray(0, archive().length - 40);
  site.files.set(ARCHIVE, damaged);
  site.files.set(SUM, Buffer.from(`${sha256(damaged)}  helm-v3.17.3-${platform}.tar.gz\n`));
  expect(problemOf(await rig.direct('helm'))).toMatchObject({ code: 'archive' });
  nothingThere();
});

test('a placeholder there is not', async () => {
  rig.want({ helm: { version: '3.17.3', url: `${site.url}/{verison}.tar.gz` } });
  expect((await rig.tools('install')).stdout).toContain('nothing is called {verison}');
});

test('a record whose link leads out of the tool is refused', async () => {
  const { LocalStore } = await import('../../src/store/local.ts');
  const { encodeRecord, decodeRecord } = await import('../../src/store/record.ts');
  await rig.direct('helm');
  const store = new LocalStore(rig.cache);
  for (const file of readdirSync(join(rig.cache, 'v1/records/local'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.json')) continue;
    const path = join(rig.cache, 'v1/records/local', file);
    const record = decodeRecord(readFileSync(path))!;
    const link = { type: 'link', path: 'bin/helm', target: '../../../../../../etc/passwd' } as const;
    writeFileSync(path, encodeRecord({ ...record, outputs: [link] }));
    expect(await store.readRecord(record)).not.toBeNull();
  }
  const other = rig.elsewhere('other');
  expect(problemOf(await other.direct('helm'))).toMatchObject({ code: 'unsafe', path: 'bin/helm' });
  expect(other.has('.wgcache/bin/helm')).toBe(false);
});

test('two at once in one workspace, and in two', async () => {
  const other = rig.elsewhere('other');
  const results = await Promise.all([rig.direct('helm'), rig.direct('helm'), other.direct('helm')]);
  expect(results.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(asked()).toHaveLength(1);
  works();
});

test('a registry that is busy is asked again, whatever is asked of it', async () => {
  const layer = Buffer.from('#!/bin/sh\necho mine 1.0.0\n');
  const title = { 'org.opencontainers.image.title': 'mine' };
  const mediaType = 'application/octet-stream';
  const manifest = JSON.stringify({
    layers: [{ digest: `sha256:${sha256(layer)}`, size: layer.length, mediaType, annotations: title }],
  });
  const answers: Record<string, string | Buffer> = {
    '/v2/mine/tags/list': JSON.stringify({ tags: ['0.9.0', '1.0.0'] }),
    '/v2/mine/manifests/1.0.0': manifest,
    [`/v2/mine/manifests/sha256:${sha256(manifest)}`]: manifest,
    [`/v2/mine/blobs/sha256:${sha256(layer)}`]: layer,
  };
  const busy = new Set<string>();
  const registry = await serve((request, response) => {
    const what = `${request.method} ${request.url}`;
    const body = answers[request.url ?? ''];
    if (!busy.has(what)) response.writeHead(429, { 'retry-after': '0' }).end();
    else response.writeHead(body === undefined ? 404 : 200).end(request.method === 'HEAD' ? undefined : body);
    busy.add(what);
  });
  try {
    rig.want({ mine: { version: '^1', oci: `127.0.0.1:${registry.port}/mine` } });
    expect(await rig.direct('mine')).toMatchObject({ ok: true, value: { version: '1.0.0' } });
    expect(busy.size).toBe(5); // tags, the manifest by tag and by digest, the layer by HEAD and GET
  } finally {
    await registry.close();
  }
});

test('a server that gives and has no HEAD: locked without a size', async () => {
  const shy = await serveFiles(site.files, (request, response) => {
    if (request.method === 'HEAD') response.writeHead(403).end();
    return request.method === 'HEAD';
  });
  try {
    rig.want({ helm: { version: '3.17.3', baseUrl: shy.url } });
    expect((await rig.tools('lock')).exit).toBe(0);
    const { platforms } = JSON.parse(rig.read('wgcache-tools.lock')).tools.helm;
    expect(platforms[platform]).toMatchObject({ sha256: sha256(archive()) });
    expect(platforms[platform]).not.toHaveProperty('size');
  } finally {
    await shy.close();
  }
});

test('a link that another install is about to put in place is left to it', async () => {
  await rig.tools('install');
  const [mine, left] = ['.wgcache/bin/.new-mine', '.wgcache/bin/.new-left'].map((name) => rig.path(name)) as [
    string,
    string,
  ];
  for (const link of [mine, left]) symlinkSync('../tools/gone/1/bin/gone', link);
  lutimesSync(left, 0, 0);
  await rig.tools('install');
  expect(readdirSync(rig.path('.wgcache/bin')).sort()).toEqual(['.new-mine', 'helm']);
});
