/** The seven built-in tools from sites laid out as their projects lay them out: installed, locked, restored, listed, run. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { platformOf } from '../../src/tools/template.ts';
import { ToolRig } from './rig.ts';
import { program, type Site, serveFiles, sevenSites, sha256, VERSIONS } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await serveFiles(await sevenSites());
});
afterAll(() => site.close());

const NAMES = Object.keys(VERSIONS) as (keyof typeof VERSIONS)[];
const { os, arch } = platformOf(process.platform, process.arch);
const here = `${os}-${arch}`;

function seven(): ToolRig {
  const rig = new ToolRig();
  rig.want(Object.fromEntries(NAMES.map((name) => [name, { version: VERSIONS[name], baseUrl: site.url }])));
  return rig;
}

function said(file: string): string {
  return execFileSync(file, { encoding: 'utf8' }).trim();
}

describe('install', () => {
  test('each of the seven is what its project published for this platform', async () => {
    const rig = seven();
    const { exit, stdout, stderr } = await rig.tools('install');
    expect(stderr).toBe('');
    expect(exit).toBe(0);
    for (const name of NAMES) {
      expect(stdout).toContain(`${name} ${VERSIONS[name]}: installed (`);
      const file = rig.path(`.wgcache/bin/${name}`);
      expect(said(file)).toBe(`${name} ${VERSIONS[name]} ${os}/${arch}`);
      expect(readFileSync(file, 'utf8')).toBe(program(name, VERSIONS[name], `${os}/${arch}`));
      expect(readlinkSync(file)).toBe(`../tools/${name}/${VERSIONS[name]}/bin/${name}`);
      expect(statSync(file).mode & 0o777).toBe(0o755);
      expect(readdirSync(rig.path(`.wgcache/tools/${name}/${VERSIONS[name]}`))).toEqual(['bin']);
    }
    expect(rig.has('wgcache-tools.lock')).toBe(false); // all versions were said, and there is no lock to keep up
  });

  test('nothing is asked of a server when all is there, nor of the cache', async () => {
    const rig = seven();
    await rig.tools('install');
    rmSync(rig.cache, { recursive: true });
    const before = site.seen.length;
    const { exit, stdout } = await rig.tools('install');
    expect(exit).toBe(0);
    for (const name of NAMES) expect(stdout).toContain(`${name} ${VERSIONS[name]}: fresh (`);
    expect(site.seen.length).toBe(before);
  });

  test('another checkout has it from the cache', async () => {
    const rig = seven();
    await rig.tools('install');
    const before = site.seen.length;
    const other = rig.elsewhere('other');
    const { exit, stdout } = await other.tools('install', 'helm', 'yq');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^(helm|yq) [\d.]+: restored .*\n(helm|yq) [\d.]+: restored .*\n$/);
    expect(said(other.path('.wgcache/bin/yq'))).toBe(`yq 4.44.3 ${os}/${arch}`);
    expect(readdirSync(other.path('.wgcache/bin')).sort()).toEqual(['helm', 'yq']);
    expect(site.seen.length).toBe(before);
  });

  test('says it as JSON', async () => {
    const rig = seven();
    const { stdout, stderr } = await rig.tools('install', '--json', 'kubectl');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      v: 1,
      path: rig.path('.wgcache/bin'),
      tools: [{ name: 'kubectl', ok: true, how: 'installed', version: '1.30.0', programs: ['kubectl'], files: 1 }],
    });
  });

  test('git does not see it', async () => {
    const rig = seven();
    rmSync(rig.path('.git'), { recursive: true });
    execFileSync('git', ['init', '-q'], { cwd: rig.root });
    await rig.tools('install', 'yq');
    const status = execFileSync('git', ['status', '--porcelain'], { cwd: rig.root, encoding: 'utf8' });
    expect(status.trim()).toBe('?? wgcache.config.yaml');
  });

  test('what somebody has done to it is put right', async () => {
    const rig = seven();
    await rig.tools('install', 'helm', 'yq');
    const helm = realpathSync(rig.path('.wgcache/bin/helm'));
    writeFileSync(helm, '#!/bin/sh\necho bad\n');
    rmSync(rig.path('.wgcache/bin/yq'));
    const { stdout } = await rig.tools('install', 'helm', 'yq');
    expect(stdout).toContain('helm 3.17.3: restored');
    expect(stdout).toContain('yq 4.44.3: fresh');
    expect(said(rig.path('.wgcache/bin/helm'))).toBe(`helm 3.17.3 ${os}/${arch}`);
    expect(said(rig.path('.wgcache/bin/yq'))).toBe(`yq 4.44.3 ${os}/${arch}`);
  });

  test('what was touched and is the same is left alone', async () => {
    const rig = seven();
    await rig.tools('install', 'helm');
    const helm = realpathSync(rig.path('.wgcache/bin/helm'));
    const text = readFileSync(helm);
    const { ino } = statSync(helm);
    writeFileSync(helm, text);
    expect((await rig.tools('install', 'helm')).stdout).toContain('helm 3.17.3: fresh');
    expect(statSync(helm).ino).toBe(ino);
  });

  test('two versions side by side, and back', async () => {
    const rig = seven();
    await rig.tools('install', 'helm');
    const newer = await serveFiles(await sevenSites({ ...VERSIONS, helm: '3.19.5' }));
    try {
      rig.want({ helm: { version: '3.19.5', baseUrl: newer.url } });
      await rig.tools('install');
      expect(said(rig.path('.wgcache/bin/helm'))).toBe(`helm 3.19.5 ${os}/${arch}`);
      expect(said(rig.path('.wgcache/tools/helm/3.17.3/bin/helm'))).toBe(`helm 3.17.3 ${os}/${arch}`);
    } finally {
      await newer.close();
    }
    rig.want({ helm: { version: '3.17.3', baseUrl: site.url } });
    expect((await rig.tools('install')).stdout).toContain('helm 3.17.3: fresh');
    expect(said(rig.path('.wgcache/bin/helm'))).toBe(`helm 3.17.3 ${os}/${arch}`);
  });

  test('`like` gives a second one of a kind another name', async () => {
    const rig = new ToolRig();
    rig.want({
      helm: { version: '3.17.3', baseUrl: site.url },
      helm3: { version: '3.17.3', like: 'helm', baseUrl: site.url },
    });
    expect((await rig.tools('install')).exit).toBe(0);
    expect(said(rig.path('.wgcache/bin/helm3'))).toBe(`helm 3.17.3 ${os}/${arch}`);
  });

  test('two tools cannot have one program', async () => {
    const rig = new ToolRig();
    const other = { url: `${site.url}/helm-v{version}-{platform}.tar.gz`, checksum: '{url}.sha256sum' };
    rig.want({
      helm: { version: '3.17.3', baseUrl: site.url },
      other: { version: '3.17.3', ...other, bin: { helm: '{platform}/helm' } },
    });
    await rig.tools('install', 'helm');
    const { exit, stdout } = await rig.tools('install', 'other');
    expect(exit).toBe(1);
    expect(stdout).toContain('other: failed: helm is a program of helm already');
    expect(readlinkSync(rig.path('.wgcache/bin/helm'))).toBe('../tools/helm/3.17.3/bin/helm');
  });

  test('what the config no longer has is off PATH; what others put there stays', async () => {
    const rig = seven();
    await rig.tools('install', 'helm', 'yq');
    writeFileSync(rig.path('.wgcache/bin/gopls'), '#!/bin/sh\n');
    symlinkSync('../elsewhere', rig.path('.wgcache/bin/mine'));
    rig.want({ helm: { version: '3.17.3', baseUrl: site.url, bin: { h: '{platform}/helm' } } });
    expect((await rig.tools('install')).exit).toBe(0);
    expect(readdirSync(rig.path('.wgcache/bin')).sort()).toEqual(['gopls', 'h', 'mine']);
    expect((await rig.tools('which', 'yq')).exit).toBe(1);
    rig.want({ helm: { version: '9.9.9', baseUrl: site.url } });
    expect((await rig.tools('install')).exit).toBe(1);
    expect(readdirSync(rig.path('.wgcache/bin')).sort()).toEqual(['gopls', 'h', 'mine']); // what failed changes nothing
  });

  test('several at once', async () => {
    let waiting: (() => void)[] = [];
    let most = 0;
    const slow = await serveFiles(site.files, (_, response, body) => {
      if (body === undefined) return false;
      // Each answer waits until three are asked for, or for long.
      waiting.push(() => response.writeHead(200, { 'content-length': body.length }).end(body));
      most = Math.max(most, waiting.length);
      const go = (): void => {
        for (const answer of waiting) answer();
        waiting = [];
      };
      if (waiting.length >= 3) go();
      else setTimeout(go, 2_000).unref();
      return true;
    });
    try {
      const rig = new ToolRig();
      const version = (name: 'helm' | 'yq' | 'task') => ({ version: VERSIONS[name], baseUrl: slow.url });
      rig.want({ helm: version('helm'), yq: version('yq'), task: version('task') });
      expect((await rig.tools('install')).exit).toBe(0);
      expect(most).toBe(3);
    } finally {
      await slow.close();
    }
  });

  test('one failure stops no other', async () => {
    const rig = seven();
    rig.want({ yq: { version: '4.44.3', baseUrl: site.url }, helm: { version: '9.9.9', baseUrl: site.url } });
    const { exit, stdout } = await rig.tools('install');
    expect(exit).toBe(1);
    expect(stdout).toContain('yq 4.44.3: installed');
    expect(stdout).toMatch(/helm: failed: .*\/helm-v9\.9\.9-.*\.sha256sum: is not there \(status 404\)/);
  });

  test('--link: no copy, read-only, and the cache finds out when somebody writes all the same', async () => {
    const rig = seven();
    await rig.tools('install', '--link', 'helm');
    const file = realpathSync(rig.path('.wgcache/bin/helm'));
    const blob = join(rig.cache, 'v1/blobs', sha256(readFileSync(file)).slice(0, 2), sha256(readFileSync(file)));
    expect(statSync(file).ino).toBe(statSync(blob).ino);
    expect(statSync(file).mode & 0o222).toBe(0);
    expect(said(file)).toBe(`helm 3.17.3 ${os}/${arch}`);
    rmSync(file);
    writeFileSync(blob, 'damage', { mode: 0o600 });
    const other = rig.elsewhere('other');
    expect((await other.tools('install', 'helm')).stdout).toContain('helm 3.17.3: installed'); // made anew
    expect(said(other.path('.wgcache/bin/helm'))).toBe(`helm 3.17.3 ${os}/${arch}`);
  });

  test('a damaged blob is found, also when it was whole the last time', async () => {
    const rig = seven();
    await rig.tools('install', 'helm');
    const digest = sha256(readFileSync(rig.path('.wgcache/bin/helm')));
    const blob = join(rig.cache, 'v1/blobs', digest.slice(0, 2), digest);
    await new Promise((resolve) => setTimeout(resolve, 2_100)); // its stat says something from now on
    expect((await rig.elsewhere('one').tools('install', 'helm')).stdout).toContain('restored');
    expect((await rig.elsewhere('two').tools('install', 'helm')).stdout).toContain('restored');
    rmSync(blob);
    writeFileSync(blob, readFileSync(rig.path('.wgcache/bin/helm'), 'utf8').replace('x', 'y'));
    const three = rig.elsewhere('three');
    expect((await three.tools('install', 'helm')).stdout).toContain('installed');
    expect(sha256(readFileSync(three.path('.wgcache/bin/helm')))).toBe(digest);
  });
});

describe('lock', () => {
  test('every platform that is published, and then nothing but the cache is needed', async () => {
    const rig = seven();
    const { exit, stdout } = await rig.tools('lock');
    expect(exit).toBe(0);
    expect(stdout).toContain('replicated 0.129.0: darwin-amd64, darwin-arm64, linux-amd64\n');
    expect(stdout).toContain('yq 4.44.3: darwin-amd64, darwin-arm64, linux-amd64, linux-arm64\n');
    const { tools } = JSON.parse(rig.read('wgcache-tools.lock')) as {
      tools: Record<
        string,
        { version: string; platforms: Record<string, { url: string; sha256: string; size: number }> }
      >;
    };
    expect(Object.keys(tools)).toEqual([...NAMES].sort());
    for (const name of NAMES) {
      for (const { url, sha256: sum, size } of Object.values(tools[name]!.platforms)) {
        expect(url).toMatch(/^https:\/\/(get\.helm\.sh|dl\.k8s\.io|github\.com)\//); // the project's, not the mirror's
        const body = site.files.get(new URL(url).pathname)!;
        expect([sum, size]).toEqual([sha256(body), body.length]);
      }
    }
    expect((await rig.tools('install', '--locked')).exit).toBe(0);
    const before = site.seen.length;
    const other = rig.elsewhere('other');
    expect((await other.tools('install', '--locked')).exit).toBe(0);
    expect(site.seen.length).toBe(before);
    expect(said(other.path('.wgcache/bin/preflight'))).toBe(`preflight 0.95.0 ${os}/${arch}`);
  });

  test('it is the same text each time', async () => {
    const rig = seven();
    await rig.tools('lock');
    const first = rig.read('wgcache-tools.lock');
    await rig.tools('lock');
    expect(rig.read('wgcache-tools.lock')).toBe(first);
  });

  test('`latest` and ranges are found out once, with the day', async () => {
    const rig = new ToolRig();
    rig.want({
      helm: { version: 'latest', baseUrl: site.url },
      kubectl: { version: 'latest', baseUrl: site.url },
      task: { version: '^3.40', baseUrl: site.url },
      yq: { version: 'latest', baseUrl: site.url },
    });
    expect((await rig.tools('install')).exit).toBe(0);
    const lock = JSON.parse(rig.read('wgcache-tools.lock')) as { tools: Record<string, Record<string, string>> };
    expect(lock.tools).toMatchObject({
      helm: { wanted: 'latest', version: '3.17.3', resolved: new Date().toISOString().slice(0, 10) },
      kubectl: { version: '1.30.0' },
      task: { wanted: '^3.40', version: '3.54.0' },
      yq: { version: '4.44.3' },
    });
    const before = site.paths().length;
    // As it lies there, though it is now known by its sum.
    expect((await rig.tools('install')).stdout.match(/: (fresh|restored|installed) /g)).toEqual(
      Array(4).fill(': fresh '),
    );
    await rig.elsewhere('other').tools('install');
    expect(site.paths().slice(before)).toEqual([]);
  });

  test('`lock NAME` finds out anew, others stay', async () => {
    const rig = new ToolRig();
    rig.want({ task: { version: '^3', baseUrl: site.url }, yq: { version: '^4', baseUrl: site.url } });
    await rig.tools('lock');
    const newer = await serveFiles(await sevenSites({ ...VERSIONS, task: '3.55.0', yq: '4.45.0' }));
    try {
      rig.want({ task: { version: '^3', baseUrl: newer.url }, yq: { version: '^4', baseUrl: newer.url } });
      const { stdout } = await rig.tools('lock', 'task');
      expect(stdout).toContain('task 3.55.0 (was 3.54.0): ');
      expect(stdout).toContain('yq 4.44.3: ');
    } finally {
      await newer.close();
    }
  });

  test('a range nothing fits names what there is', async () => {
    const rig = new ToolRig();
    rig.want({ task: { version: '^7', baseUrl: site.url } });
    const { exit, stdout } = await rig.tools('install');
    expect(exit).toBe(1);
    expect(stdout).toBe('task: failed: no version for ^7: there are 3.54.0, 3.40.1, 2.8.1\n');
  });

  test('--locked: what the lock does not have is an error', async () => {
    const rig = seven();
    expect((await rig.tools('install', '--locked', 'yq')).stdout).toContain('wgcache-tools.lock does not have it');
    await rig.tools('lock');
    rig.want({ yq: { version: '4.44.2', baseUrl: site.url } });
    const { exit, stdout } = await rig.tools('install', '--locked', 'yq');
    expect(exit).toBe(1);
    expect(stdout).toContain('the config wants 4.44.2, wgcache-tools.lock was made for 4.44.3');
    rig.want({ yq: { version: '4.44.3', url: `${site.url}/other`, sha256: { [here]: 'a'.repeat(64) } } });
    expect((await rig.tools('install', '--locked', 'yq')).stdout).toContain(
      'it was locked from url https://github.com',
    );
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, -20)],
    ['of a later wgcache', (text: string) => text.replace('"version": 1', '"version": 2')],
    ['with another sum than a sum', (text: string) => text.replace(/"sha256": "..../, '"sha256": "zzzz')],
  ])('one that is %s is an error, and is not passed over', async (_, damage) => {
    const rig = seven();
    await rig.tools('lock');
    writeFileSync(rig.path('wgcache-tools.lock'), damage(rig.read('wgcache-tools.lock')));
    const { exit, stderr } = await rig.tools('install', 'yq');
    expect(exit).toBe(2);
    expect(stderr).toMatch(/^wgcache: wgcache-tools\.lock: /);
  });

  test('without a published sum it is locked as it came, and says so', async () => {
    const rig = new ToolRig();
    const url = `${site.url}/helm-v{version}-{platform}.tar.gz`;
    rig.want({ mine: { version: '3.17.3', url, bin: '{platform}/helm' } });
    expect((await rig.tools('install')).stdout).toContain('mine: failed: nothing to check');
    const { exit, stdout } = await rig.tools('lock');
    expect(exit).toBe(0);
    expect(stdout).toContain('no checksum is published: locked as it came');
    expect((await rig.tools('install', '--locked')).exit).toBe(0);
    expect(said(rig.path('.wgcache/bin/mine'))).toBe(`helm 3.17.3 ${os}/${arch}`);
  });

  test('install keeps up a lock that is there', async () => {
    const rig = seven();
    rig.want({ yq: { version: '4.44.3', baseUrl: site.url } });
    await rig.tools('lock');
    rig.want({ yq: { version: '4.44.3', baseUrl: site.url }, kubectl: { version: '1.30.0', baseUrl: site.url } });
    await rig.tools('install');
    const lock = JSON.parse(rig.read('wgcache-tools.lock')) as { tools: Record<string, { platforms: object }> };
    expect(Object.keys(lock.tools)).toEqual(['kubectl', 'yq']);
    expect(Object.keys(lock.tools.kubectl!.platforms)).toEqual([here]);
  });
});

describe('the rest', () => {
  test('list', async () => {
    const rig = seven();
    rig.want({ yq: { version: '^4', baseUrl: site.url }, helm: { version: '3.17.3', baseUrl: site.url } });
    await rig.tools('install', 'yq');
    const day = new Date().toISOString().slice(0, 10);
    expect((await rig.tools('list')).stdout).toBe(
      `tool  wanted  from  locked               installed  where
yq    ^4      url   4.44.3 (${day})  4.44.3     ${rig.path('.wgcache/bin/yq')}
helm  3.17.3  url   -                    -
`,
    );
    expect(JSON.parse((await rig.tools('list', '--json')).stdout)).toMatchObject({
      v: 1,
      tools: [
        { name: 'yq', installed: '4.44.3', shown: `yq 4.44.3 ${os}/${arch}` },
        { name: 'helm', installed: null },
      ],
    });
  });

  test('path and which', async () => {
    const rig = seven();
    expect((await rig.tools('path')).stdout).toBe(`${rig.path('.wgcache/bin')}\n`);
    await rig.tools('install', 'yq');
    expect((await rig.tools('which', 'yq')).stdout).toBe(`${rig.path('.wgcache/tools/yq/4.44.3/bin/yq')}\n`);
    const { exit, stdout, stderr } = await rig.tools('which', 'helm');
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toContain('helm is not installed in this workspace');
  });

  test('the whole archive, with links in it', async () => {
    const rig = new ToolRig();
    const url = `${site.url}/helm-v{version}-{platform}.tar.gz`;
    rig.want({ mine: { version: '3.17.3', url, checksum: '{url}.sha256sum', bin: '{platform}/helm', keep: 'all' } });
    expect((await rig.tools('install')).exit).toBe(0);
    expect(rig.read(`.wgcache/tools/mine/3.17.3/all/${here}/README.md`)).toBe('r');
    expect(lstatSync(rig.path('.wgcache/tools/mine/3.17.3/bin/mine')).isSymbolicLink()).toBe(true);
    expect(said(rig.path('.wgcache/bin/mine'))).toBe(`helm 3.17.3 ${os}/${arch}`);
    const other = rig.elsewhere('other');
    expect((await other.tools('install')).stdout).toContain('restored');
    expect(said(other.path('.wgcache/bin/mine'))).toBe(`helm 3.17.3 ${os}/${arch}`);
  });

  test('a program the archive does not have names those it has', async () => {
    const rig = new ToolRig();
    rig.want({ helm: { version: '3.17.3', baseUrl: site.url, bin: 'bin/helm' } });
    const { stdout } = await rig.tools('install');
    expect(stdout).toContain('helm: failed: the archive has no bin/helm');
    expect(stdout).toContain(`${here}/helm`);
    expect(existsSync(rig.path('.wgcache/bin/helm'))).toBe(false);
  });

  test.each([
    [['install', 'hlem'], 'tools: the config has no hlem', 'Did you mean helm?'],
    [['instal'], 'wgcache tools: unknown action instal', 'Did you mean `wgcache tools install`?'],
    [[], 'wgcache tools: do what?', 'One of install, lock, list, which, path, exec.'],
    [['list', '--locked'], 'wgcache tools list: --locked means nothing here', undefined],
    [['install', '--', 'x'], 'wgcache tools install: unexpected -- x', undefined],
    [['exec', 'helm'], 'wgcache tools exec: the command must stand behind --', 'wgcache tools exec -- helm'],
    [['which'], 'wgcache tools which: one program', 'wgcache tools which PROGRAM'],
    [['install', '--jsno'], 'wgcache tools: unknown flag --jsno', 'Did you mean --json?'],
  ])('%j is a usage error', async (words, message, hint) => {
    const { exit, stderr } = await seven().tools(...words);
    expect(exit).toBe(2);
    expect(stderr).toBe(`wgcache: ${message}\n${hint === undefined ? '' : `         ${hint}\n`}`);
  });

  test.each([
    [{ x: '1.2.3' }, 'tools.x has no source', 'Built in are helm, task'],
    [{ x: { version: '1', go: 'a/b', npm: 'c' } }, 'tools.x has go and npm', '`from:` says which of them counts.'],
    [{ yq: { version: '1', from: 'npm' } }, 'tools.yq has no npm', 'Built in are'],
    [{ x: { version: '1', like: 'hlem' } }, 'tools.x.like: there is no built-in hlem', 'Did you mean helm?'],
  ])('%j is a fault of the config', async (tools, message, hint) => {
    const rig = new ToolRig();
    rig.want(tools as Record<string, object>);
    const { exit, stderr } = await rig.tools('install');
    expect(exit).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });

  test('without tools: says how to begin', async () => {
    const { exit, stderr } = await new ToolRig().tools('install');
    expect(exit).toBe(2);
    expect(stderr).toContain('tools: the config wants none');
  });

  test('--help', async () => {
    expect((await seven().tools('install', '--help')).stdout).toContain('wgcache tools install|lock');
  });
});
