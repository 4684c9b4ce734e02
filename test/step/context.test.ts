/** What a look at the world puts into the key. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { digestOf } from '../../src/base/digest.ts';
import type { Json } from '../../src/base/json.ts';
import type { Aspect, BypassReason, StepDescription } from '../../src/plugin.ts';
import { Bypass } from '../../src/step/bypass.ts';
import { StepContext } from '../../src/step/context.ts';
import { addDescribed } from '../../src/step/described.ts';
import { KEY_VERSION, keyOf } from '../../src/step/key.ts';
import { Memo, NO_CLOCK } from '../../src/step/memo.ts';
import { openSecrets } from '../../src/step/secrets.ts';
import { Troubles } from '../../src/step/trouble.ts';
import { Layout } from '../../src/store/layout.ts';

class World {
  readonly base = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-context-')));
  root = join(this.base, 'app');
  cache = join(this.base, 'cache');
  readonly env: Record<string, string> = {};
  described: StepDescription | null = null;
  /** From the root. */
  cwd = '.';

  constructor() {
    mkdirSync(this.root);
    onTestFinished(() => rmSync(this.base, { recursive: true, force: true }));
  }

  write(name: string, text: string | Uint8Array = name): string {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  link(target: string, name: string): void {
    symlinkSync(target, join(this.root, name));
  }

  look(): StepContext {
    const layout = new Layout(this.cache);
    return new StepContext({
      command: { argv: ['x'], cwd: join(this.root, this.cwd), root: this.root, env: this.env },
      helm: { refresh: 'always', unpinnedTtl: null },
      described: this.described,
      pluginFile: null,
      cacheDir: layout.base,
      memo: new Memo(layout, digestOf(''), NO_CLOCK, (work) => work()),
      secrets: openSecrets(layout, this.env.WGCACHE_SECRET_KEY, new Troubles(false), true),
      remotes: () => Promise.reject(new Error('no server here')),
      mirrors: async () => [],
    });
  }

  /** Inputs after these calls. */
  async inputs(...calls: (readonly [string, Aspect, string?])[]): Promise<Record<string, string>> {
    const context = this.look();
    for (const call of calls) context.input(...call);
    await context.settle();
    return Object.fromEntries(context.inputs);
  }
}

function keyFor(context: StepContext): string {
  return keyOf({
    version: KEY_VERSION,
    plugin: { name: 'p', version: 1 },
    args: [],
    cwd: context.nameOf(context.command.cwd),
    platform: 'x',
    env: Object.fromEntries(context.environment),
    tools: {},
    inputs: Object.fromEntries(context.inputs),
    facts: Object.fromEntries(context.facts),
  }).key;
}

async function bypassOf(work: () => unknown): Promise<BypassReason> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Bypass) return error.reason;
    throw error;
  }
  throw new Error('no bypass');
}

describe('an input', () => {
  it('is its type, exec bit and bytes; absent is something too', async () => {
    const world = new World();
    world.write('a');
    chmodSync(world.write('run'), 0o700);
    mkdirSync(join(world.root, 'd'));
    expect(
      await world.inputs(
        ['a', 'content'],
        ['run', 'content'],
        ['d', 'content'],
        ['none', 'content'],
        ['a/below', 'content'],
      ),
    ).toEqual({
      a: `file ${digestOf('a')}`,
      run: `exec ${digestOf('run')}`,
      d: 'dir',
      none: 'absent',
      'a/below': 'absent',
    });
  });

  it('through links counts as link and as what lies behind', async () => {
    const world = new World();
    world.write('a');
    world.link('a', 'near');
    world.link(join(world.root, 'a'), 'whole');
    world.link('/nowhere/at/all', 'dangling');
    world.link('self', 'self');
    expect(
      await world.inputs(['near', 'content'], ['whole', 'content'], ['dangling', 'content'], ['self', 'presence']),
    ).toEqual({
      near: `link a -> file ${digestOf('a')}`,
      whole: `link <root>/a -> file ${digestOf('a')}`,
      dangling: 'link /nowhere/at/all -> dangling',
      'self (presence)': 'link self -> dangling',
    });
  });

  it('that is a FIFO or a device is never opened: nobody knows what it will say', async () => {
    const world = new World();
    execFileSync('mkfifo', [join(world.root, 'pipe')]);
    for (const aspect of ['content', 'meaning'] as const)
      expect(await bypassOf(() => world.look().input('pipe', aspect))).toMatchObject({
        code: 'unreadable',
        path: 'pipe',
      });
    expect(await bypassOf(() => world.look().derive('pipe', 'kubeconfig'))).toMatchObject({ code: 'unreadable' });
    expect(await bypassOf(() => world.look().input('/dev/zero', 'content'))).toMatchObject({ code: 'unreadable' });
    expect(await world.inputs(['pipe', 'presence'], ['/dev/null', 'content'])).toEqual({
      'pipe (presence)': 'other',
      '/dev/null': 'other',
    });
  });

  it('by presence says nothing of content, but of 5 MiB', async () => {
    const world = new World();
    truncateSync(world.write('large'), 5 * 1024 * 1024 + 1);
    truncateSync(world.write('limit'), 5 * 1024 * 1024);
    expect(await world.inputs(['large', 'presence'], ['limit', 'presence'])).toEqual({
      'large (presence)': 'file over 5 MiB',
      'limit (presence)': 'file',
    });
  });

  it('counts by content however else it is named, in any order', async () => {
    const world = new World();
    world.write('Chart.lock', 'no lock');
    const whole = { 'Chart.lock': `file ${digestOf('no lock')}` };
    expect(await world.inputs(['Chart.lock', 'presence'], ['Chart.lock', 'content'])).toEqual(whole);
    expect(await world.inputs(['Chart.lock', 'content'], ['Chart.lock', 'presence'])).toEqual(whole);
  });

  it('by meaning ignores what means nothing; asked for by content too, it does not', async () => {
    const world = new World();
    const lock = (at: string) =>
      `dependencies:\n- name: a\n  repository: https://h\n  version: 1.0.0\ndigest: sha256:${'0'.repeat(64)}\ngenerated: "${at}"\n`;
    const orders: (readonly [string, Aspect])[][] = [
      [['c/Chart.lock', 'meaning']],
      [
        ['c/Chart.lock', 'content'],
        ['c/Chart.lock', 'meaning'],
      ],
      [
        ['c/Chart.lock', 'meaning'],
        ['c/Chart.lock', 'content'],
      ],
    ];
    const seen: Record<string, string>[][] = [];
    for (const at of ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']) {
      world.write('c/Chart.lock', lock(at));
      seen.push([]);
      for (const calls of orders) seen.at(-1)?.push(await world.inputs(...calls));
    }
    expect(seen[0]?.[0]?.['c/Chart.lock']).toMatch(/^file meaning [0-9a-f]{64}$/);
    expect(seen[1]?.[0]).toEqual(seen[0]?.[0]);
    expect(seen[0]?.[1]).toEqual({ 'c/Chart.lock': `file ${digestOf(lock('2026-01-01T00:00:00Z'))}` });
    expect(seen[0]?.[2]).toEqual(seen[0]?.[1]);
    expect(seen[1]?.[1]).not.toEqual(seen[0]?.[1]);
  });

  it('without a meaning counts by its bytes', async () => {
    const world = new World();
    world.write('charts/x.tgz', 'no archive');
    expect(await world.inputs(['charts/x.tgz', 'meaning'])).toEqual({
      'charts/x.tgz': `file ${digestOf('no archive')}`,
    });
  });

  it('by its permissions', async () => {
    const world = new World();
    chmodSync(world.write('k'), 0o640);
    expect(await world.inputs(['k', 'permissions'], ['none', 'permissions'])).toEqual({
      'k (permissions)': 'file 0640',
      'none (permissions)': 'absent',
    });
  });
});

describe('names', () => {
  it('of two places are two, even if a role is given twice', async () => {
    const world = new World();
    for (const name of ['one', 'two']) writeFileSync(join(world.base, name), name);
    const calls = (aspect: Aspect) =>
      [
        ['../one', aspect, 'values'],
        ['../two', aspect, 'values'],
        ['../one', aspect, 'values'],
      ] as const;
    expect(await world.inputs(...calls('content'))).toEqual({
      values: `file ${digestOf('one')}`,
      'values #2': `file ${digestOf('two')}`,
    });
    expect(Object.keys(await world.inputs(...calls('presence')))).toHaveLength(2);
    expect(Object.keys(await world.inputs(...calls('presence'), ['../one', 'content', 'values']))).toHaveLength(2);
  });

  it('that look like our own words hide nothing', async () => {
    const world = new World();
    for (const name of ['a', 'a (presence)', 'a (permissions)', '__proto__', 'constructor', 'toString'])
      world.write(name, `is ${name}`);
    const asked = [
      ['a', 'presence'],
      ['a (presence)', 'content'],
      ['a', 'permissions'],
      ['a (permissions)', 'content'],
      ['__proto__', 'content'],
      ['constructor', 'content'],
      ['toString', 'content'],
    ] as const;
    const words = Object.values(await world.inputs(...asked));
    for (const [name, aspect] of asked)
      if (aspect === 'content') expect(words, name).toContain(`file ${digestOf(`is ${name}`)}`);
    expect(Object.values(await world.inputs(...asked, ['a', 'content']))).toContain(
      `file ${digestOf('is a (presence)')}`,
    );
    const key = async (text: string): Promise<string> => {
      world.write('__proto__', text);
      const context = world.look();
      context.input('__proto__', 'content');
      return keyFor(context);
    };
    expect(await key('1')).not.toBe(await key('2'));
  });

  it('that are no UTF-8 are refused, not mixed up', async () => {
    const world = new World();
    mkdirSync(join(world.root, 'd'));
    writeFileSync(Buffer.concat([Buffer.from(`${world.root}/d/x`), Buffer.from([0xff])]), '');
    expect(await bypassOf(() => world.look().tree('d'))).toMatchObject({ code: 'path-not-utf8' });
    symlinkSync(Buffer.from([0x61, 0xff]), join(world.root, 'l'));
    expect(await bypassOf(() => world.look().input('l', 'content'))).toMatchObject({ code: 'path-not-utf8' });
  });
});

describe('a tree', () => {
  it('is listed through links, in code-unit order, and every entry is in the key', async () => {
    const world = new World();
    for (const name of ['d/z', 'd/ä', 'd/Z', 'd/sub/a', 'd/sub-a', 'else/x']) world.write(name);
    world.link('../else', 'd/link');
    world.link('nowhere', 'd/gone');
    const context = world.look();
    expect(context.tree('d')?.map(({ rel, type }) => `${type} ${rel}`)).toEqual([
      'file Z',
      'dangling gone',
      'dir link',
      'file link/x',
      'dir sub',
      'file sub/a',
      'file sub-a',
      'file z',
      'file ä',
    ]);
    expect(context.inputs.size).toBe(9);
    expect(context.inputs.get('d/link (presence)')).toBe('link ../else -> dir');
  });

  it('that bites its own tail is not walked for ever', async () => {
    const world = new World();
    world.write('d/a');
    world.link('..', 'd/up');
    expect(await bypassOf(() => world.look().tree('d'))).toMatchObject({ code: 'link-cycle' });
  });

  it('that is not there is absent, and that counts', () => {
    const world = new World();
    const context = world.look();
    expect(context.tree('d')).toBeNull();
    expect(Object.fromEntries(context.inputs)).toEqual({ 'd (presence)': 'absent' });
  });

  it('asked for quietly leaves no trace', () => {
    const world = new World();
    world.write('d/a');
    const context = world.look();
    context.tree('d', { quiet: true });
    context.tree('none', { quiet: true });
    expect(context.inputs.size).toBe(0);
  });
});

describe('the key', () => {
  it('is the same in another checkout, and after everything was touched', async () => {
    const world = new World();
    const key = async (): Promise<string> => {
      const context = world.look();
      context.tree('d');
      context.input('d/a', 'content');
      context.input('whole', 'content');
      context.note('n', [1, { b: null, a: 'ä' }]);
      context.env('E');
      await context.settle();
      return keyFor(context);
    };
    world.write('d/a');
    world.link(join(world.root, 'd/a'), 'whole');
    const before = await key();
    const moved = join(world.base, 'a much longer name');
    renameSync(world.root, moved);
    world.root = moved;
    rmSync(join(moved, 'whole'));
    world.link(join(moved, 'd/a'), 'whole');
    world.write('d/a');
    expect(await key()).toBe(before);
  });

  it('tells absent from empty, and hides every value', () => {
    const world = new World();
    const key = (): string => {
      const context = world.look();
      context.env('TOKEN');
      expect(JSON.stringify([...context.environment])).not.toContain('hunter2');
      return keyFor(context);
    };
    const absent = key();
    world.env.TOKEN = '';
    const empty = key();
    world.env.TOKEN = 'hunter2';
    expect(new Set([absent, empty, key()]).size).toBe(3);
  });

  it('does not depend on the order things were asked in', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 2 }), fc.infiniteStream(fc.nat()), (names, order) => {
        const parts = (list: readonly string[]): string =>
          keyOf({
            version: KEY_VERSION,
            plugin: { name: 'p', version: 1 },
            args: ['a'],
            cwd: '.',
            platform: 'x',
            env: {},
            tools: {},
            inputs: Object.fromEntries(list.map((name) => [name, `file ${name}`])),
            facts: Object.fromEntries(list.map((name): [string, Json] => [name, { [name]: 1, z: 2 }])),
          }).key;
        const shuffled = names.map((name) => [order.next().value, name] as const).sort((a, b) => a[0] - b[0]);
        expect(parts(shuffled.map(([, name]) => name))).toBe(parts(names));
      }),
    );
  });

  it('changes with every part', () => {
    const base = {
      version: KEY_VERSION,
      plugin: { name: 'p', version: 1 },
      args: ['a'],
      cwd: '.',
      platform: 'x',
      env: { E: null },
      tools: { t: '1' },
      inputs: { i: 'absent' },
      facts: { f: null },
    } as const;
    const others = [
      { ...base, plugin: { name: 'p', version: 2 } },
      { ...base, plugin: { name: 'q', version: 1 } },
      { ...base, args: ['a', ''] },
      { ...base, args: ['a '] },
      { ...base, cwd: 'd' },
      { ...base, platform: 'y' },
      { ...base, env: {} },
      { ...base, env: { E: '' } },
      { ...base, tools: { t: '2' } },
      { ...base, tools: { t: '1', u: '1' } },
      { ...base, inputs: {} },
      { ...base, inputs: { i: 'dir' } },
      { ...base, facts: {} },
      { ...base, facts: { f: 'null' } },
    ];
    expect(KEY_VERSION).toBe(1); // raise it when equal parts may mean another result, and say so in cache-spec/key.md
    expect(new Set([base, ...others].map((parts) => keyOf(parts).key)).size).toBe(others.length + 1);
  });
});

describe('secrets', () => {
  it('are sealed under the key that is shared, else under one of this store', () => {
    const world = new World();
    world.env.TOKEN = 'hunter2';
    const sealed = (): string => {
      const context = world.look();
      context.env('TOKEN', { secret: true });
      return context.environment.get('TOKEN') ?? '';
    };
    const own = sealed();
    expect(own).toMatch(/^hmac:[0-9a-f]{64}$/);
    expect(sealed()).toBe(own);
    writeFileSync(new Layout(world.cache).secretKey, 'damaged');
    const again = sealed();
    expect(again).not.toBe(own);
    expect(sealed()).toBe(again);
    world.env.WGCACHE_SECRET_KEY = 'shared';
    const shared = sealed();
    rmSync(world.cache, { recursive: true });
    expect(sealed()).toBe(shared);
  });

  it('without a store to keep a key in: the step runs unwatched', async () => {
    const world = new World();
    world.env.TOKEN = 'hunter2';
    writeFileSync(world.cache, 'a file');
    expect(await bypassOf(() => world.look().env('TOKEN', { secret: true }))).toMatchObject({ code: 'cache-trouble' });
  });
});

describe('described inputs', () => {
  const say = (inputs: readonly string[], outputs: readonly string[] = []): StepDescription => ({
    name: null,
    inputs,
    outputs,
    env: [],
    secrets: [],
    tools: [],
    sha256: [],
    envMode: 'strict',
  });
  const names = async (world: World): Promise<string[]> => {
    const context = world.look();
    await addDescribed(context);
    return [...context.inputs.keys()].sort();
  };

  it('are what the patterns match, links and dot files too, without git, our own stage and the outputs', async () => {
    const world = new World();
    for (const name of ['src/a', 'src/.b', 'src/deep/c', 'out/x', '.git/HEAD', '.wgcache/stage-1/0', '.wgcache/mine'])
      world.write(name);
    world.link('src/a', 'l');
    world.described = say(['**', '!src/deep'], ['out']);
    expect(await names(world)).toEqual(['.wgcache/mine', 'l', 'src/.b', 'src/a']);
  });

  it('lie above the current directory, and in it, when a pattern from above reaches it', async () => {
    const world = new World();
    for (const name of ['x', 'sub/x', 'sub/deep/y', 'subs/z', '.git/HEAD', 'sub/.git/HEAD']) world.write(name);
    const at = async (cwd: string, ...patterns: string[]): Promise<string[]> => {
      world.cwd = cwd;
      world.described = say(patterns, []);
      return await names(world);
    };
    expect(await at('sub', '../**')).toEqual(['sub/deep/y', 'sub/x', 'subs/z', 'x']);
    expect(await at('sub', `${world.root}/*/*`)).toEqual(['sub/x', 'subs/z']);
    expect(await at('sub', '../{sub,subs}/*', '!../subs/**')).toEqual(['sub/x']);
    expect(await at('sub', '../**/x', '!x')).toEqual(['x']);
    expect(await at('sub/deep', '../../s*b/**')).toEqual(['sub/deep/y', 'sub/x']);
    expect(await at('sub/deep', '../**', '!**')).toEqual(['sub/x']);
  });

  it('are matched in a directory whose name looks like a pattern', async () => {
    const world = new World();
    const dir = 'a [1] (x|y) {b,c} !(d) @e +f ?g *h';
    for (const name of [`${dir}/in/x`, `${dir}/out/x`, 'a 1 x b d/in/x']) world.write(name);
    world.cwd = dir;
    world.described = say(['*/x', '!o*'], []);
    expect(await names(world)).toEqual([`${dir}/in/x`]);
  });

  it('are files of git where a pattern names them', async () => {
    const world = new World();
    for (const name of ['.git/HEAD', '.github/x']) world.write(name);
    for (const pattern of ['?.git/HEAD', '.git/*', '{.git,x}/HEAD', '.git']) {
      world.described = say([pattern], []);
      expect(await names(world), pattern).toEqual(['.git/HEAD']);
    }
    world.described = say(['.gi*/*'], []);
    expect(await names(world)).toEqual(['.github/x']);
  });

  it('that match nothing are an error, unless they may', async () => {
    const world = new World();
    world.described = say(['none/*']);
    await expect(names(world)).rejects.toThrow("no file matches the input 'none/*'");
    world.described = say(['?none/*']);
    expect(await names(world)).toEqual([]);
  });

  it('are not the cache, where that lies in the workspace, nor the file that says where git is', async () => {
    const world = new World();
    world.cache = join(world.root, '.cache/wgcache');
    for (const name of ['a', '.cache/other', '.cache/wgcache/v1/x', '.git', 'sub/.git']) world.write(name);
    world.described = say(['**']);
    expect(await names(world)).toEqual(['.cache/other', 'a']);
  });

  it('survive a circle of links', async () => {
    const world = new World();
    world.write('d/a');
    world.link('.', 'd/loop');
    world.link('loop2', 'd/loop2');
    world.described = say(['d/**']);
    expect(await names(world)).toContain('d/a');
  });
});
