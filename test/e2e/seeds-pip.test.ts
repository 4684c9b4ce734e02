/** Seeds with the real pip: a second machine with the same wgcache and an empty cache of its own asks for less, and installs the same. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { contents, openInstallRig, toldOf } from './install-rig.ts';
import { filesBelow } from './trees.ts';

vi.setConfig({ testTimeout: 400_000 }); // pip takes seconds to start on a busy machine

const CANARY = 'canary-7a1e';
const AUTHORIZATION = `Basic ${Buffer.from(`u:${CANARY}`).toString('base64')}`;

/** An index of wheels that says of each how long it holds, as the public one does. Where an index asks who it is, pip keeps the answer to that. */
async function serve(wheels: string, headersOf: (file: string) => Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [, kind, name = ''] = (request.url ?? '').split('/');
    if (request.headers.authorization !== AUTHORIZATION) {
      response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
    } else if (kind === 'simple') {
      const files = readdirSync(wheels).filter((file) => file.startsWith(`${name}-`));
      const links = files.map((file) => `<a href="/files/${file}?signature=${CANARY}">${file}</a>`);
      response
        .writeHead(200, { 'content-type': 'text/html', 'cache-control': 'max-age=600', etag: '"page"' })
        .end(`<!DOCTYPE html><html><body>${links.join('')}</body></html>`);
    } else {
      const file = name.split('?', 1)[0] ?? '';
      asked.push(file);
      response
        .writeHead(200, { 'cache-control': 'max-age=365000000, immutable, public', etag: '"w"', ...headersOf(file) })
        .end(readFileSync(join(wheels, file)));
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  const url = `http://u:${CANARY}@127.0.0.1:${(server.address() as AddressInfo).port}/simple/`;
  return { url, took: () => asked.splice(0).sort() };
}

/** Files below a directory that hold what nobody but the index may see. */
function naming(dir: string): string[] {
  const secrets = [CANARY, AUTHORIZATION.slice('Basic '.length)];
  return filesBelow(dir).filter((path) => secrets.some((secret) => readFileSync(path).includes(secret)));
}

test('pip install: wheels come from the seed, and no credentials are kept', async () => {
  const rig = await openInstallRig({ PIP_NO_INPUT: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1' });
  const run = async (...argv: string[]): Promise<void> => {
    const { exit, stderr } = await rig.bare(argv, { env: { PIP_CACHE_DIR: join(rig.base, 'none') } });
    expect(exit, stderr).toBe(0);
  };
  await run('python3', '-m', 'venv', 'tool');
  await run('tool/bin/pip', 'install', '-q', 'pip==26.1');
  const wheels = join(rig.base, 'wheels');
  await run('tool/bin/pip', 'download', '-q', '--no-deps', '-d', wheels, 'six==1.16.0', 'idna==3.7', 'wheel==0.45.1');
  const index = await serve(wheels, (file) =>
    file.startsWith('wheel-') ? { vary: 'Authorization', 'set-cookie': `session=${CANARY}` } : {},
  );
  const hashes = new Map(readdirSync(wheels).map((file) => [file.split('-', 1)[0], sha256(join(wheels, file))]));
  const pin = (release: string): string => `${release} --hash=sha256:${hashes.get(release.split('==', 1)[0])}\n`;
  const [six, idna, wheel] = ['six==1.16.0', 'idna==3.7', 'wheel==0.45.1'].map(pin);
  const install = ['tool/bin/pip', 'install', '--only-binary', ':all:', '-r', 'requirements.txt', '--target', 'lib'];
  const on = (machine: string) => ({
    HOME: join(rig.base, machine),
    PIP_INDEX_URL: index.url,
    PIP_TRUSTED_HOST: '127.0.0.1', // pip keeps nothing that came by plain HTTP from any other
  });
  const cacheOf = (machine: string): string => join(rig.base, machine, '.cache/pip/http-v2');
  const from = async (machine: string, ...pins: (string | undefined)[]) => {
    rig.remove('lib');
    rig.write({ 'requirements.txt': pins.join('') });
    return await rig.wrap(install, { env: on(machine) });
  };

  expect(toldOf(await from('one', six, wheel))).toBe('miss first');
  expect(index.took()).toHaveLength(2);
  expect(naming(cacheOf('one'))).toHaveLength(3); // pip itself keeps them: two pages, and how the wheel came
  expect(naming(rig.store)).toEqual([]);

  const second = await from('two', six, idna, wheel);
  expect(second.outcome).toMatchObject({ outcome: 'seeded', files: 2, stored: true, warnings: [] });
  expect(index.took()).toEqual(['idna-3.7-py3-none-any.whl', 'wheel-0.45.1-py3-none-any.whl']);
  const made = contents(rig, 'lib');
  rig.remove('lib');
  expect((await rig.bare(install, { env: on('bare') })).exit).toBe(0);
  const sources = (tree: object) => Object.entries(tree).filter(([name]) => !name.includes('__pycache__'));
  expect(sources(made)).toEqual(sources(contents(rig, 'lib')));
  index.took();

  const third = await from('three', idna);
  expect(third.outcome).toMatchObject({ outcome: 'seeded', files: 2 }); // six is not wanted here
  expect(index.took()).toEqual([]);
  const [body = ''] = filesBelow(cacheOf('three')).filter((path) => hashes.get('idna') === sha256(path));
  writeFileSync(body, 'rot'); // what a seed rests on: pip looks at the bytes, also of what is in its cache
  rmSync(rig.path('lib'), { recursive: true });
  const rotten = await rig.bare(install, { env: on('three') });
  expect(rotten.exit).not.toBe(0);
  expect(rotten.stderr).toMatch(/DO NOT MATCH THE HASHES/);
  expect(naming(rig.store)).toEqual([]);
});

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
