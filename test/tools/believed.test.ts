/** What may not be believed: bytes nobody checked for who asks now, sums that are ambiguous, words in a lock or a config that contradict each other. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BODY, type Mine, openMine, PLATFORM } from './mine.ts';
import { serveFiles, sha256 } from './site.ts';

let site: Mine['site'];
let rig: Mine['rig'];
let put: Mine['put'];
let mine: Mine['mine'];
beforeEach(async () => {
  ({ site, rig, put, mine } = await openMine());
});
afterEach(() => site.close());

describe('what another one was content with', () => {
  test('locked as it came is no word for who has no lock', async () => {
    mine();
    const other = rig.elsewhere('other');
    expect((await rig.tools('lock')).stdout).toContain('locked as it came');
    const { exit, stdout } = await other.tools('install');
    expect({ exit, stdout }).toMatchObject({ exit: 1, stdout: expect.stringContaining('nothing to check') });
    expect(other.has('.wgcache/bin/mine')).toBe(false);
    expect((await rig.tools('install')).exit).toBe(0);
  });

  test('locked as it came is not what another config has a list for', async () => {
    mine();
    const other = rig.elsewhere('other');
    await rig.tools('lock');
    put('/sums', `${sha256('other')}  mine-1.0.0\n`);
    other.want({
      mine: { version: '1.0.0', url: `${site.url}/mine-{version}`, archive: 'none', checksum: `${site.url}/sums` },
    });
    expect((await other.tools('install')).stdout).toContain('is not what it should be');
  });

  test('checked by one list is not checked by another', async () => {
    put('/sums', `${sha256(BODY)}  mine-1.0.0\n`);
    put('/vetted', `${sha256('other')}  mine-1.0.0\n`);
    mine({ checksum: `${site.url}/sums` });
    expect((await rig.tools('install')).exit).toBe(0);
    mine({ checksum: `${site.url}/vetted` });
    expect((await rig.tools('install')).stdout).toContain('is not what it should be');
  });
});

test('gone on with, and nobody has a sum: fetched whole once more', async () => {
  const date = 'Wed, 01 Jan 2020 00:00:00 GMT';
  let asked = 0;
  const odd = await serveFiles(site.files, (request, response, body) => {
    if (request.method === 'HEAD' || request.url !== '/mine-1.0.0' || body === undefined) return false;
    asked += 1;
    if (asked > 2) return false;
    const half = body.length >> 1;
    if (asked === 1) {
      response.writeHead(200, { 'content-length': body.length, 'last-modified': date });
      response.write(Buffer.alloc(half, 'o'));
      setTimeout(() => response.socket?.destroy(), 50);
      return true;
    }
    const range = `bytes ${half}-${body.length - 1}/${body.length}`;
    response.writeHead(206, { 'last-modified': date, 'content-range': range }).end(body.subarray(half));
    return true;
  });
  try {
    rig.want({ mine: { version: '1.0.0', url: `${odd.url}/mine-{version}`, archive: 'none' } });
    expect((await rig.tools('lock')).exit).toBe(0);
    expect(rig.read('wgcache-tools.lock')).toContain(sha256(BODY));
    expect(asked).toBe(3);
  } finally {
    await odd.close();
  }
});

describe('the config against the lock', () => {
  test('a sum in the config that the lock does not have', async () => {
    mine({ sha256: { [PLATFORM]: sha256(BODY) } });
    expect((await rig.tools('lock')).exit).toBe(0);
    mine({ sha256: { [PLATFORM]: sha256('other') } });
    const { exit, stdout } = await rig.tools('install', '--locked');
    expect({ exit, stdout }).toMatchObject({ exit: 1, stdout: expect.stringContaining(sha256('other')) });
    expect((await rig.tools('lock')).exit).toBe(0); // the config's word
    expect(rig.read('wgcache-tools.lock')).toContain(sha256('other'));
    expect((await rig.tools('install')).stdout).toContain('is not what it should be');
  });

  test('a sum for a source that does not look at it', async () => {
    rig.want({ mine: { version: '1.0.0', pypi: 'mine', sha256: { [PLATFORM]: sha256('other') } } });
    const { exit, stderr } = await rig.tools('install');
    expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringContaining('sha256') });
  });
});

describe('a lock file', () => {
  test('a platform without a sum', async () => {
    put('/sums', `${sha256(BODY)}  mine-1.0.0\n`);
    mine({ checksum: `${site.url}/sums` });
    await rig.tools('install');
    await rig.tools('lock');
    const lock = JSON.parse(rig.read('wgcache-tools.lock'));
    lock.tools.mine.platforms[PLATFORM] = { url: `${site.url}/mine-1.0.0` };
    writeFileSync(rig.path('wgcache-tools.lock'), JSON.stringify(lock));
    const other = rig.elsewhere('other');
    const { exit, stderr } = await other.tools('install', '--locked');
    expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringContaining('mine is damaged') });
    expect(other.has('.wgcache/bin/mine')).toBe(false);
  });

  test('a tag in the place of a digest', async () => {
    const pin = (integrity: string): void =>
      writeFileSync(
        rig.path('wgcache-tools.lock'),
        JSON.stringify({
          version: 1,
          tools: { mine: { ...LOCKED, source: 'oci h/mine', platforms: { [PLATFORM]: { integrity } } } },
        }),
      );
    const LOCKED = { wanted: '1.0.0', version: '1.0.0', resolved: '2026-01-01' };
    rig.want({ mine: { version: '1.0.0', oci: 'h/mine' } });
    pin(`sha256:${sha256(BODY)}`);
    expect((await rig.tools('list')).exit).toBe(0);
    pin('v1.0.0');
    expect(await rig.tools('list')).toMatchObject({ exit: 2, stderr: expect.stringContaining('mine is damaged') });
  });

  test('the same tool twice, as a merge leaves it', async () => {
    mine({ sha256: { [PLATFORM]: sha256(BODY) } });
    await rig.tools('lock');
    const text = rig.read('wgcache-tools.lock');
    const entry = /"mine": (\{[\s\S]*?\n {4}\})/.exec(text)?.[1];
    writeFileSync(rig.path('wgcache-tools.lock'), text.replace('"mine": {', `"mine": ${entry},\n    "mine": {`));
    expect(() => JSON.parse(rig.read('wgcache-tools.lock'))).not.toThrow();
    const { exit, stderr } = await rig.tools('install', '--locked');
    expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringContaining('mine') });
  });

  test('marks of a merge conflict', async () => {
    mine({ sha256: { [PLATFORM]: sha256(BODY) } });
    await rig.tools('lock');
    writeFileSync(
      rig.path('wgcache-tools.lock'),
      `<<<<<<< HEAD\n${rig.read('wgcache-tools.lock')}=======\n>>>>>>> x\n`,
    );
    const { exit, stderr } = await rig.tools('install', '--locked');
    expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringContaining('wgcache-tools.lock') });
  });
});

describe('lists', () => {
  test.each([
    [
      'several of one name, told apart by directory',
      (s: string, o: string) => `${o}  darwin/mine-1.0.0\n${s}  x/mine-1.0.0\n`,
      true,
    ],
    [
      'several of one name, not to be told apart',
      (s: string, o: string) => `${o}  a/mine-1.0.0\n${s}  b/mine-1.0.0\n`,
      false,
    ],
    ['one name twice', (s: string, o: string) => `${s}  mine-1.0.0\n${o}  mine-1.0.0\n`, false],
    ['one name twice, the same', (s: string) => `${s}  mine-1.0.0\n${s.toUpperCase()} *./mine-1.0.0\r\n`, true],
    ['BSD and GNU', (s: string) => `SHA512 (mine-1.0.0) = ${s}${s}\nSHA256 (mine-1.0.0) = ${s}\n`, true],
    ['a bare sum beside those of other files', (s: string, o: string) => `${s}\n${o}  other\n`, false],
    ['a page', (s: string) => `<html><body>${s} mine-1.0.0</body></html>`, false],
  ])('%s', async (_, list, right) => {
    put('/x/mine-1.0.0', BODY);
    put('/sums', list(sha256(BODY), sha256('other')));
    rig.want({
      mine: { version: '1.0.0', url: `${site.url}/x/mine-{version}`, archive: 'none', checksum: `${site.url}/sums` },
    });
    const { exit, stdout } = await rig.tools('install');
    expect({ exit, stdout }).toMatchObject({ exit: right ? 0 : 1 });
    expect(stdout).toContain(right ? 'installed' : '/sums');
  });
});

describe('credentials', () => {
  test('of an address: in no message, no record, no blob', async () => {
    const url = `${site.url.replace('://', '://me:top@secret@')}/mine-{version}`;
    rig.want({ mine: { version: '1.0.0', url, archive: 'none', checksum: '{url}.sha256' } });
    put('/mine-1.0.0.sha256', sha256(BODY));
    const said: string[] = [];
    for (const words of [['lock'], ['install', '--locked'], ['list', '--json'], ['install', '--json']]) {
      const { exit, stdout, stderr } = await rig.tools(...words);
      expect({ exit, stdout, stderr }).toMatchObject({ exit: 0 });
      said.push(stdout, stderr);
    }
    rig.want({ mine: { version: '1.0.0', url: `${url}{verison}`, archive: 'none' } });
    const wrong = await rig.tools('install', '--json');
    expect(wrong.stdout).toContain('verison');
    said.push(wrong.stdout, rig.read('wgcache-tools.lock'));
    const files = readdirSync(rig.cache, { recursive: true, encoding: 'utf8', withFileTypes: true });
    for (const file of files) if (file.isFile()) said.push(readFileSync(join(file.parentPath, file.name), 'latin1'));
    expect(said.filter((text) => /secret|me:top/.test(text.replace('secret.key', '')))).toEqual([]);
  });
});
