/**
 * `wgcache tools` against the registries this machine is set up for, a small tool each, and against a real OCI registry. A client that is missing is
 * a failure: nothing is skipped.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LockFile } from '../../src/tools/lockfile.ts';
import { platformOf } from '../../src/tools/template.ts';
import { serveRegistry, type TestRegistry, temporaryDirectory } from '../support/net.ts';
import { ToolRig } from '../tools/rig.ts';
import { program, tarball } from '../tools/site.ts';

/** Downloading and building, on a busy machine. */
const PATIENCE_MS = 300_000;

const { os, arch } = platformOf(process.platform, process.arch);
const here = `${os}-${arch}`;

/** With the account's own settings of the clients. */
function rigOfMachine(): ToolRig {
  const rig = new ToolRig();
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('WGCACHE_') && name !== 'GITHUB_TOKEN');
  Object.assign(rig.env, Object.fromEntries(own));
  return rig;
}

function lockOf(rig: ToolRig): LockFile {
  return JSON.parse(rig.read('wgcache-tools.lock')) as LockFile;
}

interface Case {
  readonly source: string;
  readonly name: string;
  readonly tool: object;
  readonly args: readonly string[];
  readonly says: RegExp;
  readonly platform: string;
}

const CASES: readonly Case[] = [
  {
    source: 'go',
    name: 'gosumcheck',
    tool: { version: '0.30.0', go: 'golang.org/x/mod/gosumcheck' },
    args: ['-h'],
    says: /usage: gosumcheck/,
    platform: 'any',
  },
  {
    source: 'npm',
    name: 'is-ci',
    tool: { version: '^4', npm: 'is-ci' },
    args: [],
    says: /^$/,
    platform: here,
  },
  {
    source: 'pypi',
    name: 'task',
    tool: { version: '3.54.0', from: 'pypi' },
    args: ['--version'],
    says: /^3\.54\.0/,
    platform: here,
  },
  {
    source: 'crate',
    name: 'is_ci',
    tool: { version: '^1', crate: 'is_ci' },
    args: [],
    says: /^(true|false)?\s*$/,
    platform: 'any',
  },
];

test.each(CASES)(
  '$source: made, locked, and there without its client',
  async ({ name, tool, args, says, platform }) => {
    const rig = rigOfMachine();
    rig.want({ [name]: tool });
    const installed = await rig.tools('install');
    expect(installed.stdout).toMatch(new RegExp(`^${name} [\\d.]+: installed \\(`));
    expect(installed.exit).toBe(0);
    const run = (file: string): string => {
      try {
        return execFileSync(file, args, { encoding: 'utf8', env: { ...rig.env, CI: 'true' }, stdio: 'pipe' });
      } catch (error) {
        return (error as { stderr: string }).stderr; // usage exits 2
      }
    };
    expect(run(rig.path(`.wgcache/bin/${name}`))).toMatch(says);

    expect((await rig.tools('lock')).exit).toBe(0);
    const pin = lockOf(rig).tools[name]!.platforms[platform]!;
    expect(pin.sha256 ?? pin.integrity).toMatch(/^([0-9a-f]{64}|h1:.+|sha512-.+)$/);
    expect(rig.read('wgcache-tools.lock')).not.toMatch(/https?:/); // where a registry lies is the machine's business

    const other = rig.elsewhere('other');
    other.env.PATH = '/nonexistent';
    const restored = await other.tools('install', '--locked');
    expect(restored.stdout).toMatch(new RegExp(`^${name} [\\d.]+: restored \\(`));

    rmSync(rig.cache, { recursive: true });
    const none = await rig.elsewhere('third').tools('install', '--locked');
    expect(none.exit).toBe(1);
    expect(none.stdout).toMatch(/(go|npm|pip|cargo) is not on PATH, and/);
  },
  PATIENCE_MS,
);

test(
  'what the lock says of a module is what counts',
  async () => {
    const rig = rigOfMachine();
    rig.want({ is_ci: { version: '1.2.0', crate: 'is_ci' } });
    await rig.tools('lock');
    const lock = rig.read('wgcache-tools.lock');
    const { sha256 = '' } = lockOf(rig).tools.is_ci!.platforms.any!;
    writeFileSync(rig.path('wgcache-tools.lock'), lock.replace(sha256, 'a'.repeat(64)));
    const { exit, stdout } = await rig.tools('install');
    expect(exit).toBe(1);
    expect(stdout).toContain('wgcache-tools.lock says');
    expect(stdout).toContain(sha256);
  },
  PATIENCE_MS,
);

test(
  'a range is found out by the client',
  async () => {
    const rig = rigOfMachine();
    rig.want({
      gosumcheck: { version: '<0.30.0', go: 'golang.org/x/mod/gosumcheck' },
      is_ci: { version: '~1.1', crate: 'is_ci' },
      semver: { version: '7.7', npm: 'semver' },
    });
    const { stdout } = await rig.tools('lock');
    expect(stdout).toMatch(/^gosumcheck 0\.29\.0: any$/m);
    expect(stdout).toMatch(/^is_ci 1\.1\.\d+: any$/m);
    expect(stdout).toMatch(/^semver 7\.7\.\d+: /m);
  },
  PATIENCE_MS,
);

test(
  'a client that fails is quoted',
  async () => {
    const rig = rigOfMachine();
    rig.want({ x: { version: '99.99.99', npm: 'semver' } });
    const { exit, stdout } = await rig.tools('install');
    expect(exit).toBe(1);
    expect(stdout).toMatch(/^x: failed: npm failed:\n[\s\S]*99\.99\.99/);
  },
  PATIENCE_MS,
);

describe('oci', () => {
  const place = temporaryDirectory();
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await serveRegistry(join(place.path, 'registry'), undefined);
  });
  afterAll(async () => {
    await registry.close();
    place.remove();
  });

  const digestOf = (bytes: Uint8Array | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

  async function pushBlob(name: string, bytes: Buffer): Promise<void> {
    const base = `http://${registry.host}`;
    const started = await fetch(`${base}/v2/${name}/blobs/uploads/`, { method: 'POST' });
    const upload = new URL(started.headers.get('location') ?? '', base);
    upload.searchParams.set('digest', digestOf(bytes));
    const headers = { 'content-type': 'application/octet-stream' };
    expect((await fetch(upload, { method: 'PUT', body: bytes, headers })).status).toBe(201);
  }

  async function putManifest(name: string, tag: string, mediaType: string, manifest: object): Promise<string> {
    const body = JSON.stringify({ schemaVersion: 2, mediaType, ...manifest });
    const url = `http://${registry.host}/v2/${name}/manifests/${tag}`;
    expect((await fetch(url, { method: 'PUT', body, headers: { 'content-type': mediaType } })).status).toBe(201);
    return digestOf(body);
  }

  /** As `oras push` does: a layer a file, with its name. */
  async function pushFiles(name: string, tag: string, files: Readonly<Record<string, Buffer>>): Promise<string> {
    const config = Buffer.from('{}');
    await pushBlob(name, config);
    for (const bytes of Object.values(files)) await pushBlob(name, bytes);
    const layers = Object.entries(files).map(([title, bytes]) => ({
      mediaType: 'application/octet-stream',
      digest: digestOf(bytes),
      size: bytes.length,
      annotations: { 'org.opencontainers.image.title': title },
    }));
    return await putManifest(name, tag, 'application/vnd.oci.image.manifest.v1+json', {
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(config), size: 2 },
      layers,
    });
  }

  test('a file, by its tag, then by its digest', async () => {
    const rig = new ToolRig();
    const digest = await pushFiles('tools/mine', '1.2.3', {
      LICENSE: Buffer.from('l'),
      mine: Buffer.from(program('mine', '1.2.3', here)),
    });
    await pushFiles('tools/mine', '1.0.0', { mine: Buffer.from(program('mine', '1.0.0', here)) });
    rig.want({ mine: { version: '^1', oci: `${registry.host}/tools/mine`, bin: 'mine' } });
    expect((await rig.tools('install')).stdout).toContain('mine 1.2.3: installed');
    expect(execFileSync(rig.path('.wgcache/bin/mine'), { encoding: 'utf8' })).toBe(`mine 1.2.3 ${here}\n`);
    expect(lockOf(rig).tools.mine).toMatchObject({ version: '1.2.3', platforms: { [here]: { integrity: digest } } });

    await pushFiles('tools/mine', '1.2.3', { mine: Buffer.from(program('evil', '6', here)) }); // the tag moves
    rmSync(rig.cache, { recursive: true });
    const other = rig.elsewhere('other');
    expect((await other.tools('install')).stdout).toContain('mine 1.2.3: installed');
    expect(readFileSync(other.path('.wgcache/bin/mine'), 'utf8')).toBe(program('mine', '1.2.3', here));
  });

  test('an archive in an index with a manifest a platform', async () => {
    const rig = new ToolRig();
    const archive = await tarball({ 'dist/mine': program('mine', '2.0.0', here) });
    const digest = await pushFiles('tools/many', 'v2.0.0-here', { 'mine.tar.gz': archive });
    const type = 'application/vnd.oci.image.manifest.v1+json';
    const size = (
      await (
        await fetch(`http://${registry.host}/v2/tools/many/manifests/${digest}`, { headers: { accept: type } })
      ).arrayBuffer()
    ).byteLength;
    const one = { mediaType: type, digest, size };
    await putManifest('tools/many', 'v2.0.0', 'application/vnd.oci.image.index.v1+json', {
      manifests: [
        { ...one, platform: { os: 'plan9', architecture: 'mips' } },
        { ...one, platform: { os, architecture: arch } },
      ],
    });
    const definition = { oci: `${registry.host}/tools/many`, tag: 'v{version}', bin: 'dist/mine' };
    rig.want({ mine: { version: '2.0.0', ...definition } });
    expect((await rig.tools('install')).stdout).toContain('mine 2.0.0: installed');
    expect(execFileSync(rig.path('.wgcache/bin/mine'), { encoding: 'utf8' })).toBe(`mine 2.0.0 ${here}\n`);
  });

  test('what is not there', async () => {
    const rig = new ToolRig();
    rig.want({ mine: { version: '7.0.0', oci: `${registry.host}/tools/mine` } });
    expect((await rig.tools('install')).stdout).toMatch(
      /mine: failed: .*\/v2\/tools\/mine\/manifests\/7\.0\.0: is not there/,
    );
  });
});
