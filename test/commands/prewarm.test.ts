/** `wgcache prewarm` in this process: what is made, what is told, what a failure stops. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../../src/commands/main.ts';
import type { Host } from '../../src/host.ts';
import { StepOutput, tailText } from '../../src/report/prewarm-output.ts';
import { ToolRig } from '../tools/rig.ts';
import { type Site, serveFiles, sevenSites } from '../tools/site.ts';

let site: Site;
beforeAll(async () => {
  site = await serveFiles(await sevenSites());
});
afterAll(() => site.close());

interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Item {
  readonly name: string;
  readonly kind: string;
  readonly outcome: string;
  readonly warm: boolean;
  readonly why: string;
  readonly [more: string]: unknown;
}

class WarmRig extends ToolRig {
  /** The whole config. */
  config(config: object): void {
    writeFileSync(this.path('wgcache.config.yaml'), stringify(config));
  }

  /** `sh` steps, marked, with `in.txt` as input. */
  steps(scripts: Readonly<Record<string, string>>, more: Readonly<Record<string, object>> = {}): void {
    writeFileSync(this.path('in.txt'), 'in\n');
    this.config({ steps: this.entries(scripts, more) });
  }

  entries(scripts: Readonly<Record<string, string>>, more: Readonly<Record<string, object>> = {}): object {
    return Object.fromEntries(
      Object.entries(scripts).map(([name, script]) => [
        name,
        { command: ['sh', '-c', script], inputs: ['in.txt'], prewarm: true, ...more[name] },
      ]),
    );
  }

  async run(words: readonly string[], more: Partial<Host> = {}): Promise<Said> {
    const written: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
    const host: Host = {
      env: { ...this.env },
      cwd: this.root,
      write: (stream, bytes) => void written[stream].push(Buffer.from(bytes)),
      isTerminal: () => false,
      onSignal: () => () => undefined,
      now: () => performance.now(),
      ...more,
    };
    const exit = await main(host, words);
    return { exit, stdout: Buffer.concat(written[1]).toString(), stderr: Buffer.concat(written[2]).toString() };
  }

  async items(...flags: string[]): Promise<readonly Item[]> {
    const { stdout } = await this.run(['prewarm', '--json', ...flags]);
    return (JSON.parse(stdout) as { items: Item[] }).items;
  }

  /** Every file below the workspace and the cache. */
  files(): string[] {
    return readdirSync(this.base, { recursive: true, encoding: 'utf8' }).sort();
  }
}

const outcomes = (items: readonly Item[]): Record<string, string> =>
  Object.fromEntries(items.map(({ name, outcome }) => [name, outcome]));

describe('steps', () => {
  test('made, then fresh, then restored; and the same step for who wraps it', async () => {
    const rig = new WarmRig();
    rig.steps(
      { a: 'echo run >> ../runs; cp in.txt a.out', b: 'cp in.txt b.out' },
      { a: { outputs: ['a.out'] }, b: { outputs: ['b.out'] } },
    );
    const first = await rig.run(['prewarm']);
    expect(first.exit).toBe(0);
    expect(first.stdout).toMatch(
      /^name {2}kind {2}outcome {2}time +why\na +step {2}miss +\S+ m?s +first run of this step\nb +step {2}miss .*\n2 of 2 warm \(.*\)\n$/,
    );
    expect(first.stderr).toMatch(/^wgcache: \[\d\/2\] [ab]: miss: first run of this step \(\d.*\)$/m);
    expect(first.stdout + first.stderr).not.toContain('\x1b');
    expect(outcomes(await rig.items())).toEqual({ a: 'fresh', b: 'fresh' });
    rmSync(rig.path('a.out'));
    expect(outcomes(await rig.items())).toEqual({ a: 'restored', b: 'fresh' });
    expect(rig.read('a.out')).toBe('in\n');
    const wrapped = await rig.run(['wrap', '--', 'sh', '-c', 'echo run >> ../runs; cp in.txt a.out']);
    expect(wrapped.stderr).toContain('wgcache: fresh: a:');
    expect(readFileSync(join(rig.base, 'runs'), 'utf8')).toBe('run\n');
    const { stdout } = await rig.run(['stats', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ total: { fresh: 4, restored: 1, miss: 2, bypass: 0 } });
  });

  test('they run in the directory of the config, wherever it is called', async () => {
    const rig = new WarmRig();
    rig.steps({ a: 'pwd > a.out' }, { a: { outputs: ['a.out'] } });
    const home = join(rig.base, 'app', '.git');
    expect((await rig.run(['prewarm'], { cwd: home })).exit).toBe(0);
    expect(rig.read('a.out')).toBe(`${rig.root}\n`);
  });

  test('failures: the others come to their end, and only what failed is shown', async () => {
    const rig = new WarmRig();
    rig.steps(
      { bad: 'seq 60; echo no way >&2; exit 3', good: 'sleep 0.2; echo quiet', gone: '' },
      { gone: { command: 'no-such-program x' } },
    );
    const { exit, stdout, stderr } = await rig.run(['prewarm']);
    expect(exit).toBe(1);
    expect(stdout).toMatch(/^bad +step {2}failed .* exit 3$/m);
    expect(stdout).toMatch(/^gone +step {2}failed .* no-such-program: command not found$/m);
    expect(stdout).toMatch(/^good +step {2}miss /m);
    expect(stdout).toMatch(/^1 of 3 warm, 2 failed \(/m);
    expect(stderr).toContain('bad | (21 lines before; --verbose shows all)\nbad | 22\n');
    expect(stderr).toContain('bad | 60\nbad | no way\n');
    expect(stderr).not.toContain('bad | 21\n');
    expect(stderr).not.toContain('quiet');
    expect(stderr).toContain('is it installed, and its directory on PATH?');
    expect(outcomes(await rig.items())).toEqual({ bad: 'failed', good: 'fresh', gone: 'failed' });
    const [bad] = await rig.items('bad');
    expect(bad).toMatchObject({
      exit: 3,
      notStored: { code: 'failed', exit: 3 },
      output: expect.arrayContaining(['no way']),
    });
  });

  test('--verbose: all of it, behind the names', async () => {
    const rig = new WarmRig();
    rig.steps({ one: 'echo out; printf "no end" >&2', two: 'exit 4' });
    const { stderr } = await rig.run(['prewarm', '--verbose']);
    expect(stderr).toContain('one | out\n');
    expect(stderr).toContain('one | no end\n');
    expect(stderr).not.toContain('lines before');
    // A hit says again what the command said.
    expect((await rig.run(['prewarm', '--verbose', 'one'])).stderr).toContain('one | out\n');
  });

  test('what cannot be cached is not run; --strict fails then', async () => {
    const rig = new WarmRig();
    rig.steps({ push: 'touch ../pushed', fine: 'true', writer: 'echo more >> in.txt' }, { push: { inputs: [] } });
    const { exit, stdout } = await rig.run(['prewarm', 'push', 'fine']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^push +step {2}bypass .*nobody said what this command reads and writes/m);
    expect(stdout).toContain('1 of 2 warm (');
    expect(existsSync(join(rig.base, 'pushed'))).toBe(false);
    expect((await rig.run(['prewarm', '--strict', 'fine'])).exit).toBe(0);
    expect((await rig.run(['prewarm', '--strict', 'push'])).exit).toBe(1);
    const [writer] = await rig.items('writer');
    expect(writer).toMatchObject({ outcome: 'miss', warm: false, notStored: { code: 'inputs-changed' } });
    expect(writer?.why).toContain('not stored: inputs changed while running');
    expect((await rig.run(['prewarm', 'writer'])).exit).toBe(0);
    expect((await rig.run(['prewarm', '--strict', 'writer'])).exit).toBe(1);
    const { stdout: told } = await rig.run(['stats', '--json']);
    expect(JSON.parse(told)).toMatchObject({ total: { bypass: 0 } });
  });

  test('several at once, as many as --jobs says', async () => {
    const rig = new WarmRig();
    const meet = (me: string, other: string) =>
      `touch ../${me}; for i in $(seq 100); do test -e ../${other} && exit 0; sleep 0.1; done; exit 7`;
    rig.steps({ a: meet('a', 'b'), b: meet('b', 'a') });
    expect((await rig.run(['prewarm'])).exit).toBe(0);
    const count = 'mkdir ../busy || exit 8; sleep 0.2; rmdir ../busy';
    rig.steps({ c: count, d: `${count} # d`, e: `${count} # e` });
    expect((await rig.run(['prewarm', '--jobs', '1'])).exit).toBe(0);
  });

  test('two that write one directory go one after the other', async () => {
    const rig = new WarmRig();
    const write = (name: string) =>
      `mkdir -p out; mkdir out/busy || exit 8; sleep 0.3; rmdir out/busy; touch out/${name}`;
    rig.steps(
      { a: write('a'), b: write('b'), c: write('c') },
      { a: { outputs: ['out'] }, b: { outputs: ['out'] }, c: { outputs: ['out'] } },
    );
    expect((await rig.run(['prewarm', '--jobs', '3'])).exit).toBe(0);
    expect(readdirSync(rig.path('out')).sort()).toEqual(['a', 'b', 'c']);
  });

  test('a hit is not verified by the way', async () => {
    const rig = new WarmRig();
    rig.steps({ a: 'echo run >> ../runs' });
    rig.env.WGCACHE_VERIFY_HITS = '100';
    for (const _ of [1, 2]) await rig.run(['prewarm']);
    expect(readFileSync(join(rig.base, 'runs'), 'utf8')).toBe('run\n');
  });

  test('a signal: commands end, nothing new begins, and the exit code tells', async () => {
    const rig = new WarmRig();
    const work = 'touch ../started; sleep 60; touch ../survived';
    rig.steps({ a: work, b: 'touch ../second' });
    let signalled: (signal: NodeJS.Signals) => void = () => undefined;
    const running = rig.run(['prewarm', '--jobs', '1'], {
      onSignal: (callback) => {
        signalled = callback;
        return () => undefined;
      },
    });
    while (!existsSync(join(rig.base, 'started'))) await new Promise((resolve) => setTimeout(resolve, 20));
    signalled('SIGTERM');
    const { exit, stdout } = await running;
    expect(exit).toBe(143);
    expect(stdout).toMatch(/^a +step {2}stopped\nb +step {2}stopped\n0 of 2 warm/m);
    expect(['second', 'survived'].filter((name) => existsSync(join(rig.base, name)))).toEqual([]);
  });
});

describe('a terminal', () => {
  const terminal: Partial<Host> = { isTerminal: () => true };

  test('a bar that is gone in the end, and colours', async () => {
    const rig = new WarmRig();
    rig.steps({ a: 'sleep 0.7', bad: 'echo oh; exit 1' });
    const { stdout, stderr } = await rig.run(['prewarm'], terminal);
    expect(stderr).toContain('[............');
    expect(stderr).toMatch(/\[#+\.+\] 1 of 2\n/);
    expect(stderr).toContain('bad | oh\n');
    expect(stderr).not.toContain('a: miss');
    const { screen } = drawn(stderr);
    expect(screen).toEqual([expect.stringMatching(/^wgcache: \[\d\/2\] bad: failed: exit 1 \(/), 'bad | oh']);
    expect(stdout).toContain('\x1b[3');
  });

  test('NO_COLOR; TERM=dumb', async () => {
    const rig = new WarmRig();
    rig.steps({ a: 'true' });
    rig.env.NO_COLOR = '1';
    expect((await rig.run(['prewarm'], terminal)).stdout).not.toContain('\x1b');
    rig.env.TERM = 'dumb';
    const { stdout, stderr } = await rig.run(['prewarm'], terminal);
    expect(stdout + stderr).not.toContain('\x1b');
    expect(stderr).toContain('[1/1] a: fresh');
  });

  /** What stands on the screen after cursor-up-and-erase. */
  function drawn(text: string): { readonly screen: string[] } {
    const screen: string[] = [];
    for (const [, up, line] of text.matchAll(/\x1b\[(\d+)A\x1b\[J|([^\n\x1b]*)\n/g)) {
      if (up !== undefined) screen.splice(screen.length - Number(up));
      else screen.push(line ?? '');
    }
    return { screen };
  }
});

describe('--dry-run', () => {
  test('says what would happen to each, and writes nothing', async () => {
    const rig = new WarmRig();
    writeFileSync(rig.path('in.txt'), 'in\n');
    const tools = {
      yq: { version: '4.44.3', baseUrl: site.url },
      helm: { version: '3.17.3', baseUrl: site.url },
      task: { version: '^3', baseUrl: site.url },
    };
    const steps = rig.entries(
      { a: 'cp in.txt a.out', b: 'true', c: '' },
      { a: { outputs: ['a.out'] }, b: { inputs: [] }, c: { command: 'helm version' } },
    );
    rig.config({ tools, steps });
    const before = rig.files();
    const asked = site.seen.length;
    const { exit, stdout, stderr } = await rig.run(['prewarm', '--dry-run']);
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').map((line) => line.trimEnd().replace(/ {2,}/g, '  '))).toEqual([
      'name  kind  would be  time  why',
      'yq  tool  made  4.44.3',
      'helm  tool  made  3.17.3',
      'task  tool  made  ^3 is found out first',
      'a  step  miss  first run of this step',
      expect.stringMatching(/^b {2}step {2}bypass {2}nobody said/),
      'c  step  unknown  depends on helm, which is not in place yet',
      '4 of 6 would be warm',
      '',
    ]);
    expect(rig.files()).toEqual(before);
    expect(site.seen.length).toBe(asked);

    await rig.run(['prewarm', 'yq', 'a']);
    rmSync(rig.path('a.out'));
    const other = Object.assign(rig.elsewhere('other'), {}) as WarmRig;
    expect(outcomes(await other.items('--dry-run', 'yq'))).toEqual({ yq: 'restored' });
    expect(outcomes(await rig.items('--dry-run', 'yq', 'a'))).toEqual({ yq: 'fresh', a: 'restored' });
    expect(existsSync(rig.path('a.out'))).toBe(false);
  });

  test('--locked: what the lock does not have would fail', async () => {
    const rig = new WarmRig();
    rig.want({ yq: { version: '4.44.3', baseUrl: site.url } });
    const { exit, stdout } = await rig.run(['prewarm', '--dry-run', '--locked']);
    expect(exit).toBe(1);
    expect(stdout).toMatch(/^yq +tool {2}failed +wgcache-tools.lock does not have it$/m);
  });
});

describe('tools', () => {
  test('are there before the steps, and first on PATH', async () => {
    const rig = new WarmRig();
    writeFileSync(rig.path('in.txt'), 'in\n');
    const tools = { yq: { version: '4.44.3', baseUrl: site.url } };
    rig.config({
      tools,
      steps: rig.entries({ a: 'yq > a.out' }, { a: { outputs: ['a.out'], tools: ['yq'] } }),
    });
    const { exit, stdout } = await rig.run(['prewarm', '--verbose']);
    expect([exit, stdout.replace(/\d+ m?s/g, 'T')]).toEqual([
      0,
      expect.stringMatching(/^yq +tool {2}made +\S+ +4\.44\.3, 2\.\d kB$/m),
    ]);
    expect(rig.read('a.out')).toMatch(/^yq 4\.44\.3 /);
    const other = rig.elsewhere('other') as WarmRig;
    writeFileSync(other.path('in.txt'), 'in\n');
    expect(outcomes(await other.items())).toEqual({ yq: 'restored', a: 'restored' });
  });

  test('one that cannot be had: what needs it does not take another one of that name, the rest is made', async () => {
    const rig = new WarmRig();
    writeFileSync(rig.path('in.txt'), 'in\n');
    const tools = {
      sh: { version: '9.9.9', like: 'helm', baseUrl: site.url },
      yq: { version: '4.44.3', baseUrl: site.url },
    };
    const env = { command: ['env', 'true'] };
    rig.config({
      tools,
      steps: rig.entries({ a: 'touch ../ran', b: '', c: '' }, { b: env, c: { ...env, tools: ['sh'] } }),
    });
    const { exit, stdout, stderr } = await rig.run(['prewarm']);
    expect(exit).toBe(1);
    expect(stdout).toMatch(/^sh +tool {2}failed .*is not there \(status 404\)$/m);
    expect(stdout).toMatch(/^a +step {2}failed .*sh could not be installed$/m);
    expect(stdout).toMatch(/^c +step {2}failed .*sh could not be installed$/m);
    expect(stdout).toMatch(/^b +step {2}miss /m);
    expect(stdout).toMatch(/^yq +tool {2}made /m);
    expect(stderr).toMatch(/\[\d\/5\] sh: failed: /);
    expect(existsSync(join(rig.base, 'ran'))).toBe(false);
    expect(outcomes(await rig.items('a'))).toEqual({ a: 'miss' }); // without its tool being asked for
  });
});

describe('mistakes', () => {
  test.each([
    [['nam'], /called nam$/, /Did you mean named\?/],
    [['unmarked'], /called unmarked$/, /The config has a step unmarked; `prewarm: true` is missing there/],
    [['zzzzzz'], /called zzzzzz$/, /There are named\./],
    [['--jobs', '0'], /--jobs is a number from 1 to 1000; not 0/, /^$/],
    [['--jobs=x'], /--jobs is a number from 1 to 1000; not x/, /^$/],
    [['--dryrun'], /unknown flag --dryrun/, /Did you mean --dry-run\?/],
    [['--', 'make'], /unexpected -- make/, /wgcache wrap -- make$/],
  ])('%j', async (words, message, hint) => {
    const rig = new WarmRig();
    rig.config({ steps: { named: { command: 'true', prewarm: true }, unmarked: { command: 'true' } } });
    const { exit, stdout, stderr } = await rig.run(['prewarm', ...words]);
    expect([exit, stdout]).toEqual([2, '']);
    const [first = '', second = ''] = stderr.split('\n');
    expect(first).toMatch(message);
    expect(second).toMatch(hint);
  });

  test('nothing to warm', async () => {
    const rig = new WarmRig();
    for (const config of [{}, { steps: { a: { command: 'true' } } }]) {
      rig.config(config);
      const { exit, stderr } = await rig.run(['prewarm']);
      expect(exit).toBe(2);
      expect(stderr).toContain(
        'prewarm: the config has no tools and no step marked for it\n         Add `prewarm: true`',
      );
    }
  });

  test('a marked step without a command', async () => {
    const rig = new WarmRig();
    writeFileSync(rig.path('wgcache.config.yaml'), 'steps:\n  docs:\n    inputs: [a]\n    prewarm: true\n');
    const { exit, stderr } = await rig.run(['prewarm']);
    expect(exit).toBe(2);
    expect(stderr).toBe(
      'wgcache: wgcache.config.yaml:4: steps.docs cannot be prewarmed without a command\n         `command:` has the words to run.\n',
    );
  });

  test('WGCACHE=off: nothing to warm, and nothing is touched', async () => {
    const rig = new WarmRig();
    rig.steps({ a: 'touch ../ran' });
    rig.env.WGCACHE = 'off';
    const before = rig.files();
    expect(await rig.run(['prewarm'])).toEqual({
      exit: 0,
      stdout: '',
      stderr: 'wgcache: WGCACHE=off: there is nothing to warm\n',
    });
    expect(JSON.parse((await rig.run(['prewarm', '--json'])).stdout)).toMatchObject({ v: 1, exit: 0, items: [] });
    expect(rig.files()).toEqual(before);
  });
});

test('output: lines across pieces and streams, and a bounded tail', () => {
  const lines: string[] = [];
  const output = new StepOutput((line) => lines.push(line));
  const bytes = Buffer.from('größe\r\nzwei');
  output.write(1, bytes.subarray(0, 3)); // within the ö
  output.write(2, 'err\n');
  output.write(1, bytes.subarray(3));
  output.write(1, 'x'.repeat(10_000));
  output.end();
  expect(lines.map((line) => line.slice(0, 6))).toEqual(['err', 'größe', 'zweixx', 'xxxxxx', 'xxxxxx']);
  for (let i = 0; i < 100; i++) output.write(1, `${i}\n`);
  expect(output.tail).toHaveLength(40);
  expect(tailText('s', output).split('\n').slice(0, 2)).toEqual([
    's | (65 lines before; --verbose shows all)',
    's | 60',
  ]);
});

test('output: nothing of it moves the cursor, and colours end with their line', () => {
  const lines: string[] = [];
  const output = new StepOutput((line) => lines.push(line));
  output.write(1, '10%\r50%\rdone\r\n\x1b[31mred\n\x1b[2Jbell\x07\ttab\0\n');
  expect(lines).toEqual(['done', '\x1b[31mred\x1b[0m', '\ufffd[2Jbell\ufffd\ttab\ufffd']);
});
