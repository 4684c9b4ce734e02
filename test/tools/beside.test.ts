/** Tools in a workspace beside the rest: steps, proxies and certificates, gc and verify. */
import { mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../../src/commands/main.ts';
import { openWorkspace } from '../../src/config.ts';
import { makeAuthority, serve, serveProxy, temporaryDirectory } from '../support/net.ts';
import { Workspace } from '../support/wrapped.ts';
import { ToolRig } from './rig.ts';
import { type Site, serveFiles, sevenSites } from './site.ts';

const place = temporaryDirectory();
let site: Site;
beforeAll(async () => {
  site = await serveFiles(await sevenSites());
});
afterAll(async () => {
  await site.close();
  place.remove();
});

test('installed tools are no input of a step that takes everything, unless it names them', async () => {
  const workspace = new Workspace();
  workspace.write('in.txt', '1');
  const flags = ['--input', '**', '--input', '!out', '--output', 'out'];
  expect((await workspace.sh(flags, 'cp in.txt out')).told.outcome).toBe('miss');
  workspace.write('.wgcache/tools/x/1/bin/x', 'program');
  workspace.write('.wgcache/.gitignore', '*\n');
  expect((await workspace.sh(flags, 'cp in.txt out')).told.outcome).toBe('fresh');
  const named = ['--input', '.wgcache/tools/**', '--output', 'out'];
  expect((await workspace.sh(named, 'echo > out')).told.outcome).toBe('miss');
  expect((await workspace.sh(named, 'echo > out')).told.outcome).toBe('fresh');
  workspace.write('.wgcache/tools/x/1/bin/x', 'another');
  expect((await workspace.sh(named, 'echo > out')).told.outcome).toBe('miss');
});

test('through a proxy, from a server under a CA of its own', async () => {
  const authority = makeAuthority(join(place.path, 'ca'));
  const certificate = authority.issue('server', ['DNS:tools.example', 'IP:127.0.0.1']);
  const secure = await serve(
    (request, response) => {
      const body = site.files.get(request.url ?? '');
      response.writeHead(body === undefined ? 404 : 200).end(body);
    },
    { certificate },
  );
  const proxy = await serveProxy();
  try {
    const rig = new ToolRig();
    rig.want({ yq: { version: '4.44.3', baseUrl: `https://tools.example:${secure.port}` } });
    Object.assign(rig.env, { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
    expect((await rig.tools('install')).stdout).toContain('signed by an authority we do not trust');
    Object.assign(rig.env, { SSL_CERT_FILE: authority.caFile });
    expect((await rig.tools('install')).stdout).toContain('yq 4.44.3: installed');
    expect(proxy.seen.every((line) => line.startsWith(`CONNECT tools.example:${secure.port}`))).toBe(true);
  } finally {
    await Promise.all([secure.close(), proxy.close()]);
  }
});

test('verify finds nothing wrong with them, gc keeps them, and removes what was long not used', async () => {
  const rig = new ToolRig();
  rig.want({ yq: { version: '4.44.3', baseUrl: site.url } });
  await rig.tools('install');
  const { config } = await openWorkspace(rig.root, rig.env);
  const run = async (...words: string[]): Promise<{ exit: number; said: Record<string, unknown> }> => {
    let said = '';
    const exit = await main(
      {
        env: rig.env,
        cwd: rig.root,
        write: (stream, bytes) => {
          if (stream === 1) said += Buffer.from(bytes).toString();
        },
        isTerminal: () => false,
        onSignal: () => () => undefined,
        now: () => performance.now(),
      },
      [...words, '--json'],
    );
    return { exit, said: JSON.parse(said) as Record<string, unknown> };
  };
  const records = join(config.dir, 'v1/records/local');
  const age = (days: number): void => {
    const then = new Date(Date.now() - days * 86_400_000);
    for (const file of readdirSync(join(config.dir, 'v1'), { recursive: true, encoding: 'utf8' })) {
      if (/^(blobs|records)\//.test(file)) utimesSync(join(config.dir, 'v1', file), then, then);
    }
  };
  expect(await run('verify')).toMatchObject({ exit: 0, said: { damage: [], orphans: { files: 0 }, foreign: [] } });
  age(10);
  expect((await run('gc')).exit).toBe(0);
  const other = rig.elsewhere('other');
  expect((await other.tools('install')).stdout).toContain('restored');
  age(20);
  expect((await rig.tools('install')).stdout).toContain('fresh'); // a use, too
  await run('gc', '--max-age', '15d');
  expect((await rig.elsewhere('second').tools('install')).stdout).toContain('restored');
  age(40);
  await run('gc');
  mkdirSync(records, { recursive: true });
  expect(readdirSync(records, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'))).toEqual(
    [],
  );
  expect((await rig.elsewhere('third').tools('install')).stdout).toContain('installed');
});
