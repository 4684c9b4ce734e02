/** The sites of the seven built-in tools on loopback: archives and checksum files as their projects lay them out, with small programs in them. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { serve, type TestServer } from '../support/net.ts';

export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A program that says who it is: `helm 3.17.3 linux/amd64`. */
export function program(name: string, version: string, platform: string): string {
  return `#!/bin/sh\n# ${'x'.repeat(2_000)}\necho ${name} ${version} ${platform}\n`;
}

export async function tarball(members: Readonly<Record<string, string>>): Promise<Buffer> {
  const dir = mkdtempSync(join(tmpdir(), 'wgcache-site-'));
  try {
    for (const [path, text] of Object.entries(members)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
      if (text.startsWith('#!')) chmodSync(join(dir, path), 0o755);
    }
    await create({ gzip: true, portable: true, file: join(dir, '.tgz'), cwd: dir }, Object.keys(members));
    return readFileSync(join(dir, '.tgz'));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const PLATFORMS = ['linux-amd64', 'linux-arm64', 'darwin-amd64', 'darwin-arm64'];

export const VERSIONS = {
  helm: '3.17.3',
  task: '3.54.0',
  yq: '4.44.3',
  kubectl: '1.30.0',
  helmfile: '0.170.0',
  preflight: '0.95.0',
  replicated: '0.129.0',
} as const;

type Tool = keyof typeof VERSIONS;

/** Every file of the seven sites, by path. */
export async function sevenSites(versions: Readonly<Record<Tool, string>> = VERSIONS): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const put = (path: string, body: string | Buffer): void => void files.set(path, Buffer.from(body));
  const releases = (project: string, tool: Tool): string => `/${project}/releases/download/v${versions[tool]}`;
  const sums = (base: string, names: readonly string[]): string =>
    names.map((name) => `${sha256(files.get(`${base}/${name}`) ?? '')}  ${name}\n`).join('');

  for (const platform of PLATFORMS) {
    const [os = '', arch = ''] = platform.split('-');
    const fake = (tool: Tool): string => program(tool, versions[tool], `${os}/${arch}`);
    const { helm, kubectl, helmfile } = versions;
    const archive = `/helm-v${helm}-${platform}.tar.gz`;
    put(
      archive,
      await tarball({
        [`${platform}/LICENSE`]: 'l',
        [`${platform}/README.md`]: 'r',
        [`${platform}/helm`]: fake('helm'),
      }),
    );
    put(`${archive}.sha256sum`, `${sha256(files.get(archive)!)}  helm-v${helm}-${platform}.tar.gz\n`);
    put(
      `${releases('go-task/task', 'task')}/task_${os}_${arch}.tar.gz`,
      await tarball({ task: fake('task'), 'completion/bash/task.bash': 'c', LICENSE: 'l' }),
    );
    put(`${releases('mikefarah/yq', 'yq')}/yq_${os}_${arch}`, fake('yq'));
    const bare = `/release/v${kubectl}/bin/${os}/${arch}/kubectl`;
    put(bare, fake('kubectl'));
    put(`${bare}.sha256`, sha256(files.get(bare)!));
    put(
      `${releases('helmfile/helmfile', 'helmfile')}/helmfile_${helmfile}_${os}_${arch}.tar.gz`,
      await tarball({ 'README.md': 'r', helmfile: fake('helmfile') }),
    );
    const all = os === 'darwin' ? 'all' : arch;
    put(
      `${releases('replicatedhq/troubleshoot', 'preflight')}/preflight_${os}_${all}.tar.gz`,
      await tarball({ preflight: fake('preflight'), 'sbom/spdx.json': '{}' }),
    );
    if (platform !== 'linux-arm64')
      put(
        `${releases('replicatedhq/replicated', 'replicated')}/replicated_${versions.replicated}_${os}_${all}.tar.gz`,
        await tarball({ replicated: fake('replicated'), LICENSE: 'l' }),
      );
  }
  const listed = (base: string, file: string): void => {
    const names = [...files.keys()]
      .filter((path) => path.startsWith(`${base}/`))
      .map((path) => path.slice(base.length + 1));
    put(`${base}/${file}`, sums(base, names));
  };
  listed(releases('go-task/task', 'task'), 'task_checksums.txt');
  listed(releases('helmfile/helmfile', 'helmfile'), `helmfile_${versions.helmfile}_checksums.txt`);
  listed(releases('replicatedhq/troubleshoot', 'preflight'), `troubleshoot_${versions.preflight}_checksums.txt`);
  listed(releases('replicatedhq/replicated', 'replicated'), `cli_${versions.replicated}_checksums.txt`);
  // rhash: name, then a column an algorithm.
  const yq = releases('mikefarah/yq', 'yq');
  const order = ['CRC32', 'MD5', 'SHA-1', 'SHA-512', 'SHA-256'];
  const hash = (algorithm: string, bytes: Buffer): string =>
    algorithm === 'CRC32'
      ? 'deadbeef'
      : createHash(algorithm.replace('-', '').toLowerCase()).update(bytes).digest('hex');
  const names = [...files.keys()].filter((path) => path.startsWith(`${yq}/`));
  put(
    `${yq}/checksums`,
    names
      .map((path) => `${[path.slice(yq.length + 1), ...order.map((one) => hash(one, files.get(path)!))].join('  ')}\n`)
      .join(''),
  );
  put(`${yq}/checksums_hashes_order`, `${order.join('\n')}\n`);
  put('/helm-latest-version', `v${versions.helm}`);
  put('/release/stable.txt', `v${versions.kubectl}`);
  const listing = (tags: readonly string[]): string =>
    JSON.stringify([
      { tag_name: 'v99.0.0', draft: true, prerelease: false },
      { tag_name: 'v98.0.0-rc.1', draft: false, prerelease: true },
      ...tags.map((tag) => ({ tag_name: tag, draft: false, prerelease: false })),
    ]);
  put('/repos/go-task/task/releases', listing([`v${versions.task}`, 'v3.40.1', 'v2.8.1', 'nightly']));
  put('/repos/mikefarah/yq/releases', listing([`v${versions.yq}`]));
  return files;
}

export interface Site extends TestServer {
  readonly files: Map<string, Buffer>;
  /** Paths asked for, with the method when it is not GET. */
  paths(): string[];
}

type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer | undefined) => boolean;

/** Serves files with ETag, Range and If-Range, as static servers do. `over` comes first: true means that it has answered. */
export async function serveFiles(files: Map<string, Buffer>, over: Handler = () => false): Promise<Site> {
  const server = await serve((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://x');
    const body = files.get(pathname);
    if (over(request, response, body)) return;
    if (body === undefined) {
      response.writeHead(404).end('not found');
      return;
    }
    const etag = `"${sha256(body).slice(0, 16)}"`;
    const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    const fits = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    if (start !== undefined && fits) {
      const from = Number(start);
      if (from >= body.length) {
        response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
        return;
      }
      const headers = {
        etag,
        'content-length': body.length - from,
        'content-range': `bytes ${from}-${body.length - 1}/${body.length}`,
      };
      response.writeHead(206, headers).end(body.subarray(from));
      return;
    }
    response.writeHead(200, { etag, 'content-length': body.length }).end(request.method === 'HEAD' ? undefined : body);
  });
  return {
    ...server,
    files,
    paths: () => server.seen.map(({ method, url }) => (method === 'GET' ? (url ?? '') : `${method} ${url}`)),
  };
}
