/** Whoever reads the streams, the exit code or the signals of a wrapped command cannot tell it from the bare one. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { helms } from '../built.ts';
import { likeBare } from '../oracle.ts';
import { finished, Rig } from '../rig.ts';

const NOISY = `#!/bin/sh
echo run >> runs
printf 'bytes \\000 \\377 \\r\\n'
printf 'on stderr, no end of line' >&2
printf 'last line, no end either'
`;

test('stdout and stderr byte by byte, on a miss and on a hit', async () => {
  const rig = (await Rig.open()).write({ 'noisy.sh': NOISY, input: '1' });
  const bare = await rig.bare(['./noisy.sh']);
  const flags = ['--input', 'input'];
  const miss = await rig.wrap(['./noisy.sh'], { flags });
  const hit = await rig.wrap(['./noisy.sh'], { flags });
  expect([miss.outcome.outcome, hit.outcome.outcome]).toEqual(['miss', 'fresh']);
  expect(rig.read('runs')).toBe('run\nrun\n');
  for (const ran of [miss, hit]) {
    expect(ran.stdout.equals(bare.stdout)).toBe(true);
    expect(ran.stderr).toBe(`${bare.stderr}\n`); // the newline is ours
  }
});

test('our line is a line, whatever the command left unfinished', async () => {
  const rig = (await Rig.open()).write({
    'err.sh': '#!/bin/sh\necho out; printf err >&2\n',
    'out.sh': '#!/bin/sh\nprintf out\n',
    input: '1',
  });
  const REPORT = /^wgcache: \w+: .* \(.*\)$/;
  for (const outcome of ['miss', 'fresh']) {
    const both = async (script: string, how: string) => {
      const ran = await rig.bare(['sh', '-c', `wgcache wrap --input input -- ${script} ${how}`]);
      return ran.stdout.toString().split('\n');
    };
    const apart = await both('./err.sh', '2> err; cat err; rm err');
    expect(apart, outcome).toEqual(['out', 'err', expect.stringMatching(REPORT), '']);
    expect(apart[2]).toContain(`wgcache: ${outcome}: `);
    expect(await both('./out.sh', '2>&1'), outcome).toEqual(['out', expect.stringMatching(REPORT), '']);
    expect(await both('./out.sh', '2> /dev/null'), outcome).toEqual(['out']);
  }
  const told = await rig.bare([
    'sh',
    '-c',
    'wgcache wrap --json --input input -- ./err.sh 2>&1 > /dev/null | tail -n 1',
  ]);
  expect(JSON.parse(told.stdout.toString())).toMatchObject({ v: 1, outcome: 'fresh' });
});

test('much output, read slowly and in part', async () => {
  const rig = (await Rig.open()).write({ 'long.sh': '#!/bin/sh\nseq 1 400000\n', input: '1' });
  const argv = ['./long.sh'];
  const flags = ['--input', 'input'];
  const bare = await rig.bare(argv);
  for (const outcome of ['miss', 'fresh']) {
    const ran = await rig.wrap(argv, { flags });
    expect(ran.outcome.outcome).toBe(outcome);
    expect(ran.stdout.equals(bare.stdout)).toBe(true);
  }
  const head = await rig.bare(['sh', '-c', 'wgcache wrap --input input -- ./long.sh | head -n 2']);
  expect({ exit: head.exit, stdout: head.stdout.toString() }).toEqual({ exit: 0, stdout: '1\n2\n' });
});

test('a reader that goes away during a miss: the command comes to its end, and all it said is stored', async () => {
  const rig = (await Rig.open()).write({
    'long.sh': '#!/bin/sh\nseq 1 400000\necho end > out\n',
    input: '1',
  });
  const flags = ['--input', 'input', '--output', 'out'];
  const head = await rig.bare([
    'sh',
    '-c',
    `{ wgcache wrap ${flags.join(' ')} -- ./long.sh; echo $? > code; } | head -n 2`,
  ]);
  expect({ exit: head.exit, stdout: head.stdout.toString(), code: rig.read('code') }).toEqual({
    exit: 0,
    stdout: '1\n2\n',
    code: '0\n',
  });
  expect(rig.read('out')).toBe('end\n');
  const hit = await rig.wrap(['./long.sh'], { flags });
  expect(hit.outcome.outcome).toBe('fresh');
  expect(hit.stdout.equals((await rig.bare(['seq', '1', '400000'])).stdout)).toBe(true);
});

test('a disk that is full where the output goes: a hit fails and says so, as the command would, and runs nothing', async () => {
  const rig = (await Rig.open()).write({ 'say.sh': '#!/bin/sh\necho run >> runs\necho said\n', input: '1' });
  rig.chart('charts/app');
  for (const argv of ['--input input -- ./say.sh', '-- helm template x charts/app']) {
    for (const _ of [1, 2, 3]) expect((await rig.bare(['sh', '-c', `wgcache wrap ${argv}`])).exit).toBe(0);
    const hit = await rig.bare(['sh', '-c', `wgcache wrap ${argv} > /dev/full`]);
    expect(hit).toMatchObject({ exit: 1, told: [], stderr: '' });
    expect(hit.said).toEqual([expect.stringMatching(/^what the command said cannot be written: ENOSPC/)]);
    expect((await rig.bare(['sh', '-c', `wgcache wrap ${argv} >&-`])).exit).toBe(0);
  }
  expect(rig.read('runs')).toBe('run\n');
});

test('and where our own words go: one line, no trace of ours', async () => {
  const rig = await Rig.open();
  for (const words of ['help', 'stats', 'tools list', 'gc --dry-run']) {
    const { exit, stderr, said } = await rig.bare(['sh', '-c', `wgcache ${words} > /dev/full`]);
    expect({ words, exit, stderr }).toEqual({ words, exit: 1, stderr: '' });
    expect(said).toEqual([expect.stringMatching(/^what there is to say cannot be written: ENOSPC/)]);
  }
});

describe.each(helms())('helm %s', (helm) => {
  test.each([
    ['lint', ['helm', 'lint', 'charts/app', './charts/other']],
    ['template', ['helm', 'template', 'test-release', 'charts/app', '--dry-run', '--namespace', 'n']],
    ['package', ['helm', 'package', 'charts/app', '-d', 'out']],
    ['dependency update', ['helm', 'dependency', 'update', 'charts/other']],
  ])('%s prints what it prints bare', async (_, argv) => {
    const rig = (await Rig.open({ helm }))
      .chart('charts/app')
      .chart('charts/other', 'dependencies: [{name: app, version: "*", repository: "file://../app"}]\n');
    if (argv.includes('lint')) await rig.bare(['helm', 'dependency', 'update', 'charts/other']);
    for (const outcome of ['miss', 'fresh']) expect((await likeBare(rig, argv)).outcome).toMatchObject({ outcome });
  });

  test('a chart that fails: its own words and exit code each time, and nothing is stored', async () => {
    const rig = (await Rig.open({ helm })).chart('charts/app', '', {
      'templates/bad.yaml': '{{ fail "no, never" }}\n',
    });
    for (const argv of [
      ['helm', 'template', 'x', 'charts/app'],
      ['helm', 'lint', '--strict', 'charts/app', '--set', 'greeting=null', '-f', 'missing.yaml'],
      ['helm', 'package', 'charts/absent'],
      ['helm', 'dependency', 'update', 'charts/absent'],
    ]) {
      for (const _ of [1, 2]) {
        const ran = await likeBare(rig, argv);
        expect(ran.exit).toBe(1);
        expect(ran.outcome.stored ?? false).toBe(false);
      }
    }
  });
});

test('a failing command keeps its exit code, runs each time and is never stored', async () => {
  const rig = (await Rig.open()).write({
    'fail.sh': '#!/bin/sh\necho run >> runs\necho made > out\necho no >&2\nexit 37\n',
    input: '1',
  });
  for (const runs of [1, 2]) {
    const ran = await rig.wrap(['./fail.sh'], { flags: ['--input', 'input', '--output', 'out'] });
    expect(ran).toMatchObject({
      exit: 37,
      stderr: 'no\n',
      outcome: { outcome: 'miss', exit: 37, stored: false, notStored: { code: 'failed', text: 'exit 37' } },
    });
    expect(rig.read('runs')).toBe('run\n'.repeat(runs));
  }
});

describe('what cannot be run at all', () => {
  test.each([
    ['no such command', ['wrap', '--', 'no-such-command'], 127],
    ['no such file', ['wrap', '--', './no-such-file'], 127],
    ['a file that is not executable', ['wrap', '--', './plain.txt'], 126],
    ['a directory', ['wrap', '--', './dir'], 126],
    ['an unknown flag', ['wrap', '--no-such-flag', '--', 'true'], 2],
    ['no --', ['wrap', 'true'], 2],
    ['no command', ['wrap', '--'], 2],
    ['an unknown command of wgcache', ['warp', '--', 'true'], 2],
    ['a flag without its value', ['wrap', '--input'], 2],
    ['a word that is no choice', ['wrap', '--log', 'loud', '--', 'true'], 2],
  ])('%s', async (_, args, exit) => {
    const rig = (await Rig.open()).write({ 'plain.txt': 'x', 'dir/x': 'x' });
    const ran = await rig.wgcache(args);
    expect(ran).toMatchObject({ exit, stderr: '', told: [] });
    expect(ran.stdout.length).toBe(0);
    expect(ran.said.length, ran.said.join('\n')).toBe(1);
    expect(Object.keys(rig.tree()).filter((name) => !name.startsWith('.git'))).toEqual(['dir', 'dir/x', 'plain.txt']);
  });

  test.each([
    ['wgcache.config.yaml', 'logs: full\n', /wgcache\.config\.yaml:1.*logs(.|\n)*log\?/],
    ['wgcache.config.yaml', 'log: [\n', /wgcache\.config\.yaml/],
    ['.wgcacherc.json', '{"strict": "perhaps"}', /\.wgcacherc\.json.*strict/],
  ])('%s that is wrong: the command does not run', async (name, text, words) => {
    const rig = (await Rig.open()).write({ [name]: text, 'run.sh': '#!/bin/sh\necho run >> runs\n' });
    const ran = await rig.wgcache(['wrap', '--', './run.sh']);
    expect(ran.exit).toBe(2);
    expect(ran.said).toEqual([expect.stringMatching(words)]);
    expect(Object.keys(rig.tree())).not.toContain('runs');
  });
});

describe('signals', () => {
  const WAITS = '#!/bin/sh\necho ready\nexec sleep 30\n';
  const TRAPS = `#!/bin/sh
trap 'echo TERM >> got; kill $!; exit 5' TERM
trap 'echo INT >> got; kill $!; exit 6' INT
sleep 30 > /dev/null 2>&1 &
echo ready
wait
`;

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('%s ends the command, and wgcache with its code', async (signal, exit) => {
    const rig = (await Rig.open()).write({ 'waits.sh': WAITS, input: '1' });
    const child = rig.start(['wgcache', 'wrap', '--input', 'input', '--', './waits.sh']);
    const end = finished(child);
    await once(child.stdout!, 'data');
    child.kill(signal);
    const ran = await end;
    expect(ran).toMatchObject({
      exit,
      told: [{ outcome: 'miss', why: expect.stringContaining(`not stored: ended by ${signal}`) }],
    });
  });

  test.each([
    ['SIGTERM', 'TERM\n', 5],
    ['SIGINT', 'INT\n', 6],
  ] as const)('%s reaches a command that catches it, once', async (signal, got, exit) => {
    const rig = (await Rig.open()).write({ 'traps.sh': TRAPS, input: '1' });
    for (const flags of [['--input', 'input'], []]) {
      rig.remove('got');
      const child = rig.start(['wgcache', 'wrap', ...flags, '--', './traps.sh']);
      const end = finished(child);
      await once(child.stdout!, 'data');
      child.kill(signal);
      expect((await end).exit).toBe(exit);
      expect(rig.read('got')).toBe(got);
    }
  });
});

describe('at a terminal', () => {
  /** Runs a command line in a pseudo-terminal, in the foreground of its session, and types once the screen shows `ready`. */
  async function typed(rig: Rig, line: string, keys: string): Promise<{ exit: number | null; screen: string }> {
    const child = rig.start(['script', '-qec', `exec ${line}`, '/dev/null'], {
      env: { NO_COLOR: '1', SHELL: '/bin/sh' },
    });
    let screen = '';
    child.stdout?.on('data', (bytes: Buffer) => {
      screen += bytes.toString();
      if (keys !== '' && screen.includes('ready')) {
        child.stdin?.write(keys);
        keys = '';
      }
    });
    const [exit] = await once(child, 'close');
    return { exit, screen };
  }
  const CTRL_C = '\x03';

  test.each([['--input input'], ['']])('Ctrl-C reaches the command once [%s]', async (flags) => {
    const rig = (await Rig.open()).write({
      'counts.mjs': `#!/usr/bin/env node
import { writeFileSync } from 'node:fs';
let count = 0;
process.on('SIGINT', () => {
  if (count++ === 0) setTimeout(() => { writeFileSync('got', String(count)); process.exit(6); }, 300);
});
setInterval(() => undefined, 1000);
console.log('ready');
`,
      input: '1',
    });
    const ran = await typed(rig, `wgcache wrap ${flags} -- ./counts.mjs`, CTRL_C);
    expect({ exit: ran.exit, got: rig.read('got') }, ran.screen).toEqual({ exit: 6, got: '1' });
  });

  test('Ctrl-C ends the command and wgcache with 130; nothing is stored, nothing stays locked', async () => {
    const rig = (await Rig.open()).write({
      'waits.sh': '#!/bin/sh\n[ -e go ] || { echo ready; exec sleep 30; }\n',
      input: '1',
    });
    const wrap = ['wgcache', 'wrap', '--input', 'input', '--', './waits.sh'];
    const { exit, screen } = await typed(rig, wrap.join(' '), CTRL_C);
    expect(exit, screen).toBe(130);
    expect(screen).toMatch(/wgcache: miss: .*not stored: ended by SIGINT/); // behind the terminal's own ^C
    expect((await typed(rig, 'wgcache wrap -- ./waits.sh', CTRL_C)).exit).toBe(130); // and so one that is not watched
    rig.write({ go: '' });
    const next = await rig.wgcache(wrap.slice(1));
    expect(next).toMatchObject({ exit: 0, said: [], told: [{ outcome: 'miss', why: 'first run of this step' }] });
  });

  test('our line is a line of the screen', async () => {
    const rig = (await Rig.open()).write({ 'out.sh': '#!/bin/sh\nprintf out\n', input: '1' });
    for (const outcome of ['miss', 'fresh']) {
      const { screen } = await typed(rig, 'wgcache wrap --input input -- ./out.sh', '');
      expect(screen).toMatch(new RegExp(`^out\r\nwgcache: ${outcome}: [^\r\n]*\r\n$`));
    }
  });
});

describe('stdin', () => {
  test('a step that is watched reads nothing from it', async () => {
    const rig = (await Rig.open()).write({ input: '1' });
    const ran = await rig.wrap(['cat'], { flags: ['--input', 'input'], stdin: 'typed' });
    expect(ran).toMatchObject({ exit: 0, outcome: { outcome: 'miss' } });
    expect(ran.stdout.toString()).toBe('');
  });

  test('--stdin hands it on, and the run is not cached', async () => {
    const rig = (await Rig.open()).write({ input: '1' });
    const ran = await rig.wrap(['cat'], { flags: ['--input', 'input', '--stdin'], stdin: 'typed' });
    expect(ran).toMatchObject({ exit: 0, outcome: { outcome: 'bypass', reason: { code: 'stdin' } } });
    expect(ran.stdout.toString()).toBe('typed');
  });
});
