/** Mistakes of people: each is one clear sentence, and nothing of theirs is lost. */
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BODY, type Mine, openMine, PLATFORM } from './mine.ts';
import { sha256 } from './site.ts';

let site: Mine['site'];
let rig: Mine['rig'];
let put: Mine['put'];
let mine: Mine['mine'];
beforeEach(async () => {
  ({ site, rig, put, mine } = await openMine());
});
afterEach(() => site.close());

describe('what is not ours', () => {
  test.each(['a file', 'a link'])('%s in .wgcache/bin by the name of a tool stays', async (kind) => {
    mine({ sha256: { [PLATFORM]: sha256(BODY) } });
    mkdirSync(rig.path('.wgcache/bin'), { recursive: true });
    if (kind === 'a file') writeFileSync(rig.path('.wgcache/bin/mine'), 'their work');
    else {
      writeFileSync(rig.path('theirs'), 'their work');
      symlinkSync('../../theirs', rig.path('.wgcache/bin/mine'));
    }
    const { exit, stdout } = await rig.tools('install');
    expect(rig.read('.wgcache/bin/mine')).toBe('their work');
    expect({ exit, stdout }).toMatchObject({ exit: 1, stdout: expect.stringContaining('.wgcache/bin/mine') });
  });
});

describe('words of the config', () => {
  test.each([
    [
      'a version in two numbers, where nobody lists any',
      { version: '1.0', url: 'mine-{version}.0' },
      0,
      'mine 1.0: installed',
    ],
    ['an address that is none', { version: '1.0.0', url: 'http://[x/{version}' }, 1, 'mine: failed: '],
    ['an address with a broken escape', { version: '1.0.0', url: '%zz/{version}' }, 1, 'mine: failed: '],
    ['a port there is not', { version: '1.0.0', url: 'http://127.0.0.1:99999/{version}' }, 1, 'mine: failed: '],
    [
      'a checksum without a scheme',
      { version: '1.0.0', url: 'mine-{version}', sha256: undefined, checksum: 'SUMS' },
      2,
      'tools.mine.checksum',
    ],
    ['a page for the newest version', { version: 'latest', url: 'mine-{version}', latest: 'page' }, 1, '/page'],
    ['a version that is not there', { version: '9.9.9', url: 'mine-{version}' }, 1, 'Is there such a version'],
    ['a version with a capital', { version: 'V1.0.0', url: 'mine-{version}' }, 0, 'mine 1.0.0: installed'],
    ['`Latest`', { version: 'Latest', url: 'mine-{version}' }, 1, 'Latest'],
  ])('%s', async (_, said, code, text) => {
    put('/page', '<!DOCTYPE html>\n<html>Sign in</html>');
    const full = (url: string): string => (/^https?:/.test(url) ? url : `${site.url}/${url}`);
    rig.want({
      mine: {
        archive: 'none',
        sha256: { [PLATFORM]: sha256(BODY) },
        ...said,
        url: full(said.url),
        ...('latest' in said ? { latest: full(said.latest as string) } : {}),
      },
    });
    const { exit, stdout, stderr } = await rig.tools('install');
    expect({ exit, stdout, stderr }).toMatchObject({ exit: code });
    expect(stdout + stderr).toContain(text);
    expect(stdout + stderr).not.toMatch(/internal|bug|TypeError| {4}at /);
    expect(existsSync(rig.path('.wgcache/bin/mine'))).toBe(code === 0);
  });
});

test.each([
  ['1.7', '1.7.1'], // a range, as for every tool
  ['=1.6', '1.6'],
  ['latest', '2.0'],
  ['<1.7', '1.6'],
])('releases in two numbers: %s is %s', async (version, found) => {
  const tags = ['1.6', '1.7', '1.7.1', '2.0', 'nightly'].map((tag) => ({ tag_name: `mine-${tag}` }));
  put('/releases', JSON.stringify(tags));
  for (const { tag_name: name } of tags) put(`/${name}`, BODY);
  const tool = { url: `${site.url}/mine-{version}`, archive: 'none', sha256: { [PLATFORM]: sha256(BODY) } };
  rig.want({ mine: { version, ...tool, tag: 'mine-{version}', releases: `${site.url}/releases` } });
  expect((await rig.tools('install')).stdout).toContain(`mine ${found}: installed`);
});

test('a built-in tool misspelt', async () => {
  rig.want({ hlem: 'latest' });
  expect(await rig.tools('install')).toMatchObject({ exit: 2, stderr: expect.stringContaining('Did you mean helm?') });
});

test.each(['link', 'hard link'])('a program that is a %s in its archive: what to say then', async (kind) => {
  const dir = rig.path('pack');
  mkdirSync(dir);
  writeFileSync(join(dir, 'mine-1.0.0'), BODY, { mode: 0o755 });
  if (kind === 'link') symlinkSync('mine-1.0.0', join(dir, 'mine'));
  else linkSync(join(dir, 'mine-1.0.0'), join(dir, 'mine'));
  execFileSync('tar', ['czf', rig.path('a.tgz'), '-C', dir, 'mine-1.0.0', 'mine']);
  site.files.set('/a.tgz', readFileSync(rig.path('a.tgz')));
  const tool = {
    version: '1.0.0',
    url: `${site.url}/a.tgz`,
    sha256: { [PLATFORM]: sha256(site.files.get('/a.tgz')!) },
  };
  rig.want({ mine: tool });
  expect((await rig.tools('install')).stdout).toContain('`keep: all`');
  rig.want({ mine: { ...tool, keep: 'all' } });
  expect((await rig.tools('install')).exit).toBe(0);
  expect(rig.read('.wgcache/bin/mine')).toBe(BODY);
});

test('a sparse file is not left out of an archive that is kept whole', async () => {
  mkdirSync(rig.path('pack'));
  writeFileSync(rig.path('pack/mine'), BODY, { mode: 0o755 });
  writeFileSync(rig.path('pack/data'), '');
  truncateSync(rig.path('pack/data'), 1_000_000);
  execFileSync('tar', ['-S', '--format=gnu', '-czf', rig.path('a.tgz'), '-C', rig.path('pack'), 'mine', 'data']);
  site.files.set('/a.tgz', readFileSync(rig.path('a.tgz')));
  const tool = {
    version: '1.0.0',
    url: `${site.url}/a.tgz`,
    sha256: { [PLATFORM]: sha256(site.files.get('/a.tgz')!) },
  };
  rig.want({ mine: { ...tool, keep: 'all' } });
  expect((await rig.tools('install')).stdout).toContain('data is of a kind that is not known (SparseFile)');
  rig.want({ mine: tool });
  expect((await rig.tools('install')).exit).toBe(0);
});
