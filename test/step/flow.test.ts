/** The flow of wrap, status and explain as a whole: what writes, what runs, what a cache in trouble changes (nothing but speed). */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stats } from '../../src/commands/stats.ts';
import { WgcacheError } from '../../src/errors.ts';
import type { Host } from '../../src/host.ts';
import { Workspace } from '../support/wrapped.ts';

const OUT = ['--output', 'out'];
const made = 'mkdir -p out && echo a > out/a && echo ran';

/** Only root may mount, and not in every container: those few tests show as skipped elsewhere. */
const MAY_MOUNT = mayMount();

/** Everything below a directory: names, contents, times. */
function shot(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mtimeMs, mode, ino } = lstatSync(path);
      return `${path} ${entry.isFile() ? readFileSync(path, 'latin1') : ''} ${mtimeMs} ${mode} ${ino}`;
    })
    .sort();
}

describe('what only looks writes nothing', () => {
  const looks = [
    ['status', []],
    ['explain', []],
    ['explain', ['--json']],
    ['wrap', ['--dry-run']],
    ['wrap', ['--dry-run', '--force']],
  ] as const;
  const describedBy = ['--input', 'in', '--secret', 'TOKEN', '--env', 'HOME', ...OUT];

  it.each(looks)('%s %j: before the first run, not even a cache directory', async (command, flags) => {
    const space = new Workspace();
    space.env.TOKEN = 'hunter2';
    space.write('in', '1');
    const before = shot(space.base);
    await space.run(command, [...flags, ...describedBy], ['sh', '-c', made]);
    expect(shot(space.base)).toEqual(before);
    expect(existsSync(space.cache)).toBe(false);
  });

  it.each(looks)('%s %j: nor when it would be fresh, restored, a miss or a bypass', async (command, flags) => {
    const space = new Workspace();
    space.env.TOKEN = 'hunter2';
    space.write('in', '1');
    const look = async (argv: readonly string[] = ['sh', '-c', made], extra: readonly string[] = []): Promise<void> => {
      const before = shot(space.base);
      await space.run(command, [...flags, ...describedBy, ...extra], argv);
      expect(shot(space.base)).toEqual(before);
    };
    await space.sh(describedBy, made);
    await look();
    writeFileSync(space.path('out/a'), 'wrong');
    await look();
    rmSync(space.path('out'), { recursive: true });
    await look();
    space.write('in', 'other');
    await look();
    await look(['sh', '-c', 'touch ran-anyway'], ['--output', '../outside']);
  });

  it('a dry run says what would happen and runs nothing, whatever it is', async () => {
    const space = new Workspace();
    const dry = async (flags: readonly string[], script = 'echo x >> count; mkdir -p out') =>
      (await space.sh(['--dry-run', ...flags], script)).told;
    expect(await dry(OUT)).toMatchObject({
      outcome: 'miss',
      reason: { code: 'first' },
      stored: false,
      notStored: { code: 'dry-run' },
      exit: 0,
    });
    expect(await dry(['--stdin', ...OUT])).toMatchObject({ outcome: 'bypass', reason: { code: 'stdin' } });
    expect(await dry(['--output', '../x'])).toMatchObject({
      outcome: 'bypass',
      reason: { code: 'output-outside-root' },
    });
    expect(await dry([])).toMatchObject({ outcome: 'bypass', reason: { code: 'not-described' } });
    expect(space.has('count')).toBe(false);
    await space.sh(OUT, made);
    expect(await dry(OUT, made)).toMatchObject({ outcome: 'fresh' });
    rmSync(space.path('out'), { recursive: true });
    expect(await dry(OUT, made)).toMatchObject({ outcome: 'restored', written: 2 });
    expect(space.has('out')).toBe(false);
    expect(
      readFileSync(join(space.cache, 'v1/journal', readdirSync(join(space.cache, 'v1/journal'))[0]!), 'utf8')
        .trim()
        .split('\n'),
    ).toHaveLength(1);
  });

  it('status answers by its exit code', async () => {
    const space = new Workspace();
    const state = async () => {
      const { exit, stderr } = await space.run('status', OUT, ['sh', '-c', made]);
      return `${exit} ${/wgcache: (\w+):/.exec(stderr)?.[1]}`;
    };
    expect(await state()).toBe('1 miss');
    await space.sh(OUT, made);
    expect(await state()).toBe('0 fresh');
    writeFileSync(space.path('out/a'), 'wrong');
    expect(await state()).toBe('1 stale');
  });
});

describe('a cache in trouble changes nothing but speed', () => {
  /** Runs the step twice against a cache that is harmed before; the command must run or hit, never fail. */
  async function twice(space: Workspace, flags: readonly string[] = OUT) {
    const first = await space.sh(flags, made);
    const second = await space.sh(flags, made);
    for (const run of [first, second]) {
      expect(run.exit).toBe(0);
      expect(run.stdout).toBe('ran\n');
      expect(space.read('out/a')).toBe('a\n');
    }
    return [first.told, second.told] as const;
  }

  const TROUBLE = { code: 'cache-trouble' };

  it('a file in place of the cache directory', async () => {
    const space = new Workspace();
    writeFileSync(space.cache, '');
    const [first, second] = await twice(space);
    expect(first).toMatchObject({ outcome: 'miss', stored: false, notStored: TROUBLE, warnings: [TROUBLE] });
    expect(second.outcome).toBe('miss');
  });

  it('a cache directory below a file', async () => {
    const space = new Workspace();
    writeFileSync(join(space.base, 'file'), '');
    space.env.WGCACHE_DIR = join(space.base, 'file/cache');
    expect((await twice(space))[0]).toMatchObject({ outcome: 'miss', stored: false, warnings: [TROUBLE] });
    for (const command of ['status', 'explain'] as const)
      expect((await space.run(command, OUT, ['sh', '-c', made])).exit).toBe(command === 'status' ? 1 : 0);
  });

  it.runIf(MAY_MOUNT)('a read-only one: hits are hits, misses run', async () => {
    const space = new Workspace();
    mkdirSync(space.cache);
    await twice(space);
    mount(space.cache, ['-o', 'bind']);
    execFileSync('mount', ['-o', 'remount,ro,bind', space.cache]);
    expect((await space.sh(OUT, made)).told).toMatchObject({ outcome: 'fresh', warnings: [] });
    rmSync(space.path('out'), { recursive: true });
    const back = await space.sh(OUT, made);
    expect(back).toMatchObject({ exit: 0, stdout: 'ran\n', told: { outcome: 'restored' } });
    expect(readdirSync(space.root).sort()).toEqual(['.git', 'out']);
    const [miss] = await twice(space, ['--env', 'HOME', ...OUT]);
    expect(miss).toMatchObject({ outcome: 'miss', stored: false, notStored: TROUBLE });
    expect(miss.warnings).toHaveLength(1);
    for (const command of ['status', 'explain'] as const)
      expect((await space.run(command, OUT, ['sh', '-c', made])).exit).toBe(0);
  });

  it.runIf(MAY_MOUNT)('a full one', async () => {
    const space = new Workspace();
    mkdirSync(space.cache);
    mount(space.cache, ['-t', 'tmpfs', '-o', 'size=256k'], 'tmpfs');
    const large = 'mkdir -p out && head -c 600000 /dev/zero > out/large && echo ran';
    const run = await space.sh(OUT, large);
    expect(run).toMatchObject({
      exit: 0,
      stdout: 'ran\n',
      told: { outcome: 'miss', stored: false, notStored: TROUBLE },
    });
    expect(readdirSync(join(space.cache, 'v1/tmp'))).toEqual([]);
    rmSync(space.path('out'), { recursive: true });
    expect((await twice(space))[0]).toMatchObject({ outcome: 'miss', stored: true }); // there is room for a small one
    execFileSync('sh', ['-c', 'head -c 4000000 /dev/zero > "$0"/fill 2>/dev/null; true', space.cache]);
    space.write('out/a', 'wrong');
    expect(await space.sh(OUT, made)).toMatchObject({ exit: 0, stdout: 'ran\n', told: { outcome: 'restored' } });
    expect(space.read('out/a')).toBe('a\n');
    expect((await twice(space, ['--env', 'HOME', ...OUT]))[0]).toMatchObject({ outcome: 'miss', stored: false });
  });

  it.runIf(MAY_MOUNT)('one on another device than it seems: two mounts of one file system', async () => {
    const space = new Workspace();
    mkdirSync(space.cache);
    const [first] = await twice(space);
    expect(first.stored).toBe(true);
    mount(space.cache, ['-o', 'bind']);
    expect(statSync(space.cache).dev).toBe(statSync(space.root).dev);
    rmSync(space.path('out'), { recursive: true });
    expect(await space.sh(OUT, made)).toMatchObject({ stdout: 'ran\n', told: { outcome: 'restored', warnings: [] } });
    expect(space.read('out/a')).toBe('a\n');
    expect(readdirSync(space.root).sort()).toEqual(['.git', 'out']);
  });

  it('one that vanishes while the command runs', async () => {
    const space = new Workspace();
    const script = `rm -rf "${space.cache}"; ${made}`;
    expect(await space.sh(OUT, script)).toMatchObject({
      exit: 0,
      stdout: 'ran\n',
      told: { outcome: 'miss', stored: true },
    });
    expect((await space.sh(OUT, script)).told.outcome).toBe('fresh');
  });

  it('damage in every file, one after the other', async () => {
    const space = new Workspace();
    space.write('in', '1');
    const flags = ['--input', 'in', '--secret', 'HOME', ...OUT];
    await twice(space, flags);
    for (const harm of ['', 'garbage\n{}', 'append'])
      for (const path of files(space.cache)) {
        if (!existsSync(path)) continue;
        chmodSync(path, 0o600);
        if (harm === 'append') appendFileSync(path, 'x');
        else writeFileSync(path, harm);
        rmSync(space.path('out'), { recursive: true });
        const [, second] = await twice(space, flags);
        expect(second, path).toMatchObject({ outcome: 'fresh', warnings: [] });
      }
  });

  it('stats says in one line that it cannot read the journal', async () => {
    const space = new Workspace();
    mkdirSync(join(space.cache, 'v1'), { recursive: true });
    writeFileSync(join(space.cache, 'v1/journal'), '');
    const host = { env: space.env, cwd: space.cwd } as unknown as Host;
    await expect(stats(host, false)).rejects.toThrow(WgcacheError);
  });

  it('with --strict it is a failure that says so', async () => {
    const space = new Workspace();
    writeFileSync(space.cache, '');
    await expect(space.sh(['--strict', ...OUT], made)).rejects.toThrow(WgcacheError);
  });
});

describe("the result is the command's", () => {
  it('failures are never stored, and come through', async () => {
    const space = new Workspace();
    for (const at of [1, 2])
      expect((await space.sh(OUT, `mkdir -p out; echo ${at > 0 ? 'no' : ''}; exit 7`)).told).toMatchObject({
        outcome: 'miss',
        exit: 7,
        notStored: { code: 'failed', exit: 7 },
      });
    expect((await space.sh(OUT, 'mkdir -p out; kill -TERM $$')).told).toMatchObject({
      exit: 143,
      notStored: { code: 'killed', signal: 'SIGTERM' },
    });
  });

  it('what cannot be started is said as a shell would, and leaves no lock', async () => {
    const space = new Workspace();
    space.write('bad', '#!/no/such/interpreter\n');
    chmodSync(space.path('bad'), 0o755);
    for (const name of ['./bad', './none', 'no-such-command'])
      await expect(space.wrap(OUT, [name])).rejects.toThrow(WgcacheError);
    expect(existsSync(join(space.cache, 'v1/locks')) ? readdirSync(join(space.cache, 'v1/locks')) : []).toEqual([]);
  });

  it('a further program that is not there: the command runs', async () => {
    const space = new Workspace();
    const { told } = await space.sh([...OUT, '--tool', 'no-such-tool'], 'echo ran > out');
    expect(told).toMatchObject({
      outcome: 'bypass',
      exit: 0,
      reason: { code: 'tool-not-found', name: 'no-such-tool' },
    });
    expect(space.read('out')).toBe('ran\n');
  });

  it('an output whose directory is a file is left to the command', async () => {
    const space = new Workspace();
    space.write('file', '');
    expect(await space.sh(['--output', 'file/out'], 'echo ran')).toMatchObject({
      exit: 0,
      stdout: 'ran\n',
      told: { notStored: { code: 'output-missing' } },
    });
  });

  it('a plugin that breaks does not break the step', async () => {
    const broken = "() => { throw new TypeError('oops') }";
    const [space, other] = [new Workspace(), new Workspace()];
    space.usePlugin(`(${broken})()`);
    expect(await space.sh([], 'true; exit 3')).toMatchObject({
      exit: 3,
      told: { outcome: 'bypass', reason: { code: 'plugin', text: 'plugin test failed: oops' } },
    });
    other.usePlugin('[]', `confirm: ${broken}`);
    expect(await other.sh([], 'echo ran')).toMatchObject({
      exit: 0,
      stdout: 'ran\n',
      told: { outcome: 'miss', stored: false, notStored: { code: 'plugin', text: 'plugin test failed: oops' } },
    });
  });

  it('a step inside a step, on the same directories, does not wait for itself', async () => {
    const space = new Workspace();
    const main = join(space.base, 'inner.mjs');
    writeFileSync(main, '');
    const held = 'printf %s "$WGCACHE_HELD" > ../held; mkdir -p out';
    await space.sh(OUT, held);
    space.env.WGCACHE_HELD = readFileSync(join(space.base, 'held'), 'utf8');
    expect(space.env.WGCACHE_HELD).toMatch(/^[0-9a-f]{64}:[\w-]+,[0-9a-f]{64}:[\w-]+$/);
    expect((await space.sh(['--force', ...OUT], held)).told.outcome).toBe('miss'); // left over: nobody holds it any more
    expect(readFileSync(join(space.base, 'held'), 'utf8').split(',')).toHaveLength(4);
  });

  it('a step waits for one that writes below its output, and does not keep half of that', async () => {
    const space = new Workspace();
    const inner = space.sh(
      ['--output', 'out/deep/er'],
      'mkdir -p out/deep/er; echo half > out/deep/er/b; sleep 0.5; echo whole > out/deep/er/b',
    );
    while (!space.has('out/deep/er/b')) await sleep(5);
    const outer = 'mkdir -p out; echo a > out/a';
    expect((await space.sh(OUT, outer)).told).toMatchObject({ outcome: 'miss', stored: true });
    await inner;
    rmSync(space.path('out'), { recursive: true });
    expect((await space.sh(OUT, outer)).told.outcome).toBe('restored');
    expect(space.read('out/deep/er/b')).toBe('whole\n');
  });

  it('the command sees the directory by its real name, so that what it prints of it is known for the root', async () => {
    const space = new Workspace();
    symlinkSync(space.root, join(space.base, 'alias'));
    space.env.PWD = join(space.base, 'alias');
    space.cwd = join(space.base, 'alias');
    const { stdout } = await space.sh(['--env', 'PWD', ...OUT], 'mkdir -p out; printenv PWD; pwd');
    expect(stdout).toBe(`${space.root}\n${space.root}\n`);
    expect(files(join(space.cache, 'v1/records'))[0]).toMatch(/[0-9a-f]{64}\.[0-9a-f]{64}\.json$/);
  });
});

function files(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Mounts for the length of a test; without another source the directory onto itself. */
function mount(target: string, options: readonly string[], source = target): void {
  execFileSync('mount', [...options, source, target]);
  onTestFinished(() => void execFileSync('umount', [target]));
}

function mayMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'wgcache-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', dir], { stdio: 'ignore' });
    execFileSync('umount', [dir]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
