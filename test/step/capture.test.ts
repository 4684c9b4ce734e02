/** What a run left → a record: only what is whole, only what is the step's, and bound to the root when it names it. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Workspace } from '../support/wrapped.ts';

const OUT = ['--output', 'out'];

describe('not stored, with the reason', () => {
  it.each([
    ['a missing output', 'true', { code: 'output-missing', path: 'out' }],
    ['a FIFO', 'mkdir -p out && mkfifo out/pipe', { code: 'output-unsupported', path: 'out/pipe' }],
    ['an output that is a FIFO itself', 'mkfifo out', { code: 'output-unsupported', path: 'out' }],
    ['a name with a backslash', "mkdir -p out && : > 'out/a\\b'", { code: 'output-unsupported', path: 'out/a\\b' }],
    ['a name that is no UTF-8', 'mkdir -p out && : > "$(printf \'out/a\\377\')"', { code: 'output-unsupported' }],
    [
      'a link target that is no UTF-8',
      'mkdir -p out && ln -s "$(printf \'a\\377\')" out/l',
      { code: 'output-unsupported', path: 'out/l' },
    ],
    [
      'an output that leads elsewhere',
      'mkdir -p ../disk && ln -sfn ../disk out && : > out/a',
      { code: 'output-unsupported', path: 'out' },
    ],
  ])('%s', async (_, script, reason) => {
    const space = new Workspace();
    const { told } = await space.sh(OUT, script);
    expect(told).toMatchObject({ outcome: 'miss', exit: 0, stored: false, notStored: reason });
    expect((await space.sh(OUT, `rm -rf out; ${script}`)).told.outcome).toBe('miss');
  });

  it("an input the command deleted: its result is still the command's", async () => {
    const space = new Workspace();
    space.write('in/a', 'a');
    const { told, exit, stdout } = await space.sh(['--input', 'in/*', ...OUT], 'mkdir out; rm -r in; echo done');
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: 'done\n' });
    expect(told).toMatchObject({ outcome: 'miss', stored: false, notStored: { code: 'inputs-changed' } });
  });

  it.each([
    ['a file', 'ln -sfn ../../shared out/d/l', 'echo x > out/d/l'],
    ['a directory', 'mkdir -p dir; ln -sfn ../../dir out/d/l', 'rm -f dir/x; echo x > out/d/l/x'],
  ])('what was written through a link below an output: %s', async (_, link, write) => {
    const space = new Workspace();
    space.write('shared', 'old');
    const { told } = await space.sh(OUT, `mkdir -p out/d; ${link}; ${write}`);
    expect(told).toMatchObject({ stored: false, notStored: { code: 'output-unsupported', path: 'out/d/l' } });
    await sleep(100);
    expect((await space.sh(OUT, ': leaves it as it was')).told.stored).toBe(true);
  });

  it('what was written through a link is noticed however long the tool then takes to tell its version', async () => {
    const space = new Workspace();
    space.usePlugin(
      "[{ kind: 'tree', path: 'out', exclusive: false }]",
      "tool: { name: 'sh', scripts: 'bytes', versionArgs: ['-c', 'sleep 0.3; echo v1'] }",
    );
    space.write('shared', 'old');
    const { told } = await space.sh([], 'mkdir -p out; ln -sfn ../shared out/l; echo x > out/l');
    expect(told).toMatchObject({ stored: false, notStored: { code: 'output-unsupported', path: 'out/l' } });
  });

  it('a directory that the cache lies in: it would be put back over itself', async () => {
    const space = new Workspace();
    space.env.WGCACHE_DIR = space.path('out/cache');
    const { told } = await space.sh(OUT, 'mkdir -p out; echo a > out/a');
    expect(told).toMatchObject({ stored: false, notStored: { code: 'output-unsupported', path: 'out' } });
  });

  it('an output that changes while it is copied', async () => {
    const space = new Workspace();
    const writer = '(while test -d out; do echo more >> out/a; done) > /dev/null 2>&1 &';
    const { told } = await space.sh(OUT, `mkdir -p out; head -c 100000000 /dev/zero > out/a; ${writer} sleep 0.3`);
    renameSync(space.path('out'), space.path('gone')); // ends the writer
    expect(told).toMatchObject({
      outcome: 'miss',
      stored: false,
      notStored: { code: 'outputs-changed', path: 'out/a' },
    });
  });

  it('a link among the files of a set: what it leads to would be lost', async () => {
    const space = new Workspace();
    space.usePlugin("[{ kind: 'set', dir: 'charts', suffix: '.yaml', fact: 'yaml-mapping', owns: () => true }]");
    space.write('elsewhere', 'a: 1');
    const { told } = await space.sh([], 'mkdir -p charts; ln -sf ../elsewhere charts/a.yaml');
    expect(told).toMatchObject({ stored: false, notStored: { code: 'output-unsupported', path: 'charts/a.yaml' } });
  });

  it('a directory where a rule says file', async () => {
    const space = new Workspace();
    space.usePlugin("[{ kind: 'file', path: 'out', required: true }]");
    const { told } = await space.sh([], 'mkdir -p out; echo a > out/a');
    expect(told).toMatchObject({ stored: false, notStored: { code: 'output-unsupported', path: 'out' } });
  });

  it('an input the command changed', async () => {
    const space = new Workspace();
    space.write('in/a', 'a');
    const { told } = await space.sh(['--input', 'in/*', ...OUT], 'mkdir -p out; echo b > in/a');
    expect(told).toMatchObject({ stored: false, notStored: { code: 'inputs-changed', what: 'in/a' } });
  });
});

describe('links', () => {
  it('inside an output are kept as links, whatever they lead to', async () => {
    const space = new Workspace();
    const script = 'mkdir -p out; ln -sfn /proc/self/mem out/x; ln -sfn . out/loop';
    expect((await space.sh(OUT, script)).told.stored).toBe(true);
    expect((await space.sh(OUT, script)).told.outcome).toBe('fresh');
  });

  it('an output that is a link to another output is kept', async () => {
    const space = new Workspace();
    const flags = ['--output', 'releases', '--output', 'current'];
    const script = 'mkdir -p releases/1 && echo a > releases/1/a && ln -sfn releases/1 current';
    expect((await space.sh(flags, script)).told.stored).toBe(true);
    rmSync(space.path('releases'), { recursive: true });
    rmSync(space.path('current'));
    expect((await space.sh(flags, script)).told.outcome).toBe('restored');
    expect(space.read('current/a')).toBe('a\n');
  });
});

describe('outputs that overlap', () => {
  it('nested ones are stored once', async () => {
    const space = new Workspace();
    const flags = ['--output', 'a', '--output', 'a/b', '--output', 'a'];
    const script = 'mkdir -p a/b && echo x > a/b/x && echo y > a/y';
    expect((await space.sh(flags, script)).told.stored).toBe(true);
    rmSync(space.path('a'), { recursive: true });
    expect((await space.sh(flags, script)).told).toMatchObject({ outcome: 'restored', written: 4 });
    expect([space.read('a/b/x'), space.read('a/y')]).toEqual(['x\n', 'y\n']);
  });

  it('what the step makes is no input of it, also where a pattern covers it', async () => {
    const space = new Workspace();
    space.write('in', '1');
    const flags = ['--input', '**', ...OUT];
    expect((await space.sh(flags, 'mkdir -p out; cp in out/a')).told.stored).toBe(true);
    expect((await space.sh(flags, 'mkdir -p out; cp in out/a')).told.outcome).toBe('fresh');
    space.write('in', '2');
    expect((await space.sh(flags, 'mkdir -p out; cp in out/a')).told).toMatchObject({
      outcome: 'miss',
      reason: { code: 'changed' },
    });
  });
});

describe('bound to the root', () => {
  const chunk = 1 << 20;
  it.each([0, 1, chunk - 5, chunk - 1, chunk, chunk + 3, 2 * chunk - 7])(
    'by its path at byte %i of an output',
    async (at) => {
      const space = new Workspace();
      const { root } = space;
      space.write('in', Buffer.concat([Buffer.alloc(at, 120), Buffer.from(root), Buffer.alloc(10, 121)]));
      const script = 'mkdir -p out; cp in out/a';
      expect((await space.sh(['--input', 'in', ...OUT], script)).told.stored).toBe(true);
      expect(boundRecords(space)).toBe(1);
    },
  );

  it('not by a path that is one byte off', async () => {
    const space = new Workspace();
    space.write(
      'in',
      Buffer.concat([Buffer.alloc(chunk - 5, 120), Buffer.from(space.root.slice(0, -1)), Buffer.from('~')]),
    );
    await space.sh(['--input', 'in', ...OUT], 'mkdir -p out; cp in out/a');
    expect(boundRecords(space)).toBe(0);
  });

  it('by a path that is written as a shell or an address writes it', async () => {
    const space = new Workspace();
    for (const name of ["it's a", "it's b"]) {
      space.cwd = join(space.base, name);
      mkdirSync(join(space.cwd, '.git'), { recursive: true });
    }
    for (const how of [`s/'/'"'"'/`, 's/ /%20/']) {
      const script = `mkdir -p out; pwd | sed "${how.replace(/"/g, '\\"')}" > out/a`;
      space.cwd = join(space.base, "it's a");
      expect((await space.sh(OUT, script)).told).toMatchObject({ outcome: 'miss', stored: true });
      space.cwd = join(space.base, "it's b");
      expect((await space.sh(OUT, script)).told).toMatchObject({ outcome: 'miss', reason: { code: 'other-root' } });
    }
  });

  it('by its log; elsewhere that is a miss that says so, and both records stand side by side', async () => {
    const space = new Workspace();
    const script = 'mkdir -p out; pwd';
    await space.sh(OUT, script);
    expect((await space.sh(OUT, script)).told.outcome).toBe('fresh');
    const other = join(space.base, 'other');
    mkdirSync(join(other, '.git'), { recursive: true });
    space.cwd = other;
    const away = await space.sh(OUT, script);
    expect(away.told).toMatchObject({ outcome: 'miss', reason: { code: 'other-root' }, stored: true });
    expect((await space.sh(OUT, script)).stdout).toBe(`${other}\n`);
    space.cwd = space.root;
    const home = await space.sh(OUT, script);
    expect(home.told.outcome).toBe('fresh');
    expect(home.stdout).toBe(`${space.root}\n`);
  });
});

describe('records of one key', () => {
  it('a damaged portable one does not hide a whole bound one', async () => {
    const space = new Workspace();
    const script = 'mkdir -p out; cat ../said';
    writeFileSync(join(space.base, 'said'), 'hello\n');
    await space.sh(OUT, script);
    const [portable = ''] = records(space);
    writeFileSync(portable, 'garbage');
    writeFileSync(join(space.base, 'said'), `${space.root}\n`);
    expect((await space.sh(OUT, script)).told).toMatchObject({
      outcome: 'miss',
      reason: { code: 'record-damaged' },
      stored: true,
    });
    expect((await space.sh(OUT, script)).told.outcome).toBe('fresh');
  });

  it('a portable one whose blobs are gone does not hide a bound one', async () => {
    const space = new Workspace();
    const script = 'mkdir -p out; cat ../said';
    writeFileSync(join(space.base, 'said'), 'hello\n');
    await space.sh(OUT, script);
    rmSync(join(space.cache, 'v1/blobs'), { recursive: true });
    writeFileSync(join(space.base, 'said'), `${space.root}\n`);
    expect((await space.sh(OUT, script)).told).toMatchObject({
      outcome: 'miss',
      reason: { code: 'blob-gone' },
      stored: true,
    });
    expect((await space.sh(OUT, script)).told.outcome).toBe('fresh');
    writeFileSync(join(space.base, 'said'), 'again\n');
    await space.sh(['--force', ...OUT], script);
    expect(await space.sh(OUT, script)).toMatchObject({ told: { outcome: 'fresh' }, stdout: 'again\n' });
  });

  it('a directory in place of a record or a blob is damage like any other', async () => {
    const space = new Workspace();
    const script = 'mkdir -p out; echo a > out/a';
    await space.sh(OUT, script);
    const [record = ''] = records(space);
    rmSync(record);
    mkdirSync(join(record, 'x'), { recursive: true });
    expect((await space.sh(OUT, script)).told).toMatchObject({ outcome: 'miss', stored: true, warnings: [] });
    expect((await space.sh(OUT, script)).told.outcome).toBe('fresh');
  });

  it('a damaged text of the key only costs the reason', async () => {
    const space = new Workspace();
    space.write('in', '1');
    const flags = ['--input', 'in', ...OUT];
    const { told } = await space.sh(flags, 'mkdir -p out');
    const text = join(space.cache, 'v1/blobs', told.key!.slice(0, 2), told.key!);
    const whole = readFileSync(text, 'utf8');
    chmodSync(text, 0o600);
    writeFileSync(text, whole.replace('"env"', '"enw"'));
    space.write('in', '22');
    expect((await space.sh(flags, 'mkdir -p out')).told).toMatchObject({
      outcome: 'miss',
      reason: { code: 'first' },
      stored: true,
    });
  });

  it('is private to the user', async () => {
    const space = new Workspace();
    await space.sh(OUT, 'mkdir -p out; echo a > out/a; echo log');
    for (const path of filesBelow(space.cache)) expect(statSync(path).mode & 0o077, path).toBe(0);
    for (const path of filesBelow(join(space.cache, 'v1/blobs'))) expect(statSync(path).mode & 0o777, path).toBe(0o400);
  });
});

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function records(space: Workspace): string[] {
  return filesBelow(join(space.cache, 'v1/records'));
}

function boundRecords(space: Workspace): number {
  return records(space).filter((path) => /[0-9a-f]{64}\.[0-9a-f]{64}\.json$/.test(path)).length;
}
