/** Commands no plugin knows: described by flags, by the config, by a task; and what is not described. */
import { describe, expect, test } from 'vitest';
import { likeBare } from '../oracle.ts';
import { Rig } from '../rig.ts';

const MAKE =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell script
  '#!/bin/sh\nmkdir -p site\nfor f in docs/*.md; do sed s/^/html:/ "$f" > "site/$(basename "$f").html"; done\necho "${TITLE-none}" > site/title\n';

async function open(): Promise<Rig> {
  return (await Rig.open()).write({
    'make.sh': MAKE,
    'docs/a.md': 'a\n',
    'docs/b.md': 'b\n',
    'docs/drafts/c.md': 'c\n',
  });
}

const FLAGS = ['--input', 'docs/**', '--input', '!docs/drafts/**', '--output', 'site', '--env', 'TITLE'];

describe('described by flags', () => {
  const wrap = (rig: Rig, env: Record<string, string | undefined> = {}, flags = FLAGS) =>
    likeBare(rig, ['./make.sh'], { flags, env });

  test('hits until something that counts changes', async () => {
    const rig = await open();
    expect((await wrap(rig)).outcome.outcome).toBe('miss');
    expect((await wrap(rig)).outcome.outcome).toBe('fresh');
    rig.write({ 'docs/drafts/c.md': 'edited', unrelated: 'x' });
    expect((await wrap(rig)).outcome.outcome).toBe('fresh');
    for (const [change, why] of [
      [() => rig.write({ 'docs/a.md': 'edited\n' }), 'docs/a.md changed'],
      [() => rig.write({ 'docs/d.md': 'd\n' }), 'docs/d.md'],
      [() => rig.bare(['chmod', '+x', 'docs/a.md']), 'docs/a.md'],
    ] as const) {
      await change();
      expect((await wrap(rig)).outcome).toMatchObject({
        outcome: 'miss',
        reason: { text: expect.stringContaining(why) },
      });
      expect((await wrap(rig)).outcome.outcome).toBe('fresh');
    }
    const titled = await wrap(rig, { TITLE: 'x' });
    expect(titled.outcome).toMatchObject({ outcome: 'miss', reason: { text: expect.stringContaining('TITLE') } });
    expect((await wrap(rig, { TITLE: '' })).outcome.outcome).toBe('miss'); // empty is not absent
    expect((await wrap(rig)).outcome.outcome).toBe('restored');
  });

  test('a script edited is another tool', async () => {
    const rig = await open();
    await wrap(rig);
    rig.edit('make.sh', (text) => `${text}# edited\n`);
    expect((await wrap(rig)).outcome.outcome).toBe('miss');
  });

  test('outputs: exec bits, links, empty directories', async () => {
    const rig = (await Rig.open()).write({
      input: '1',
      'make.sh':
        '#!/bin/sh\nrm -rf out\nmkdir -p out/empty out/deep/er\necho x > out/run\nchmod +x out/run\necho plain > out/deep/er/plain\nln -s deep/er/plain out/link\nln -s nowhere out/dangling\n',
    });
    const argv = ['./make.sh'];
    const flags = ['--input', 'input', '--output', 'out'];
    await likeBare(rig, argv, { flags });
    for (const change of [
      () => rig.remove('out'),
      () => rig.write({ 'out/run': 'edited' }),
      () => rig.bare(['chmod', '-x', 'out/run']),
      () => rig.remove('out/empty', 'out/link'),
      () => rig.bare(['sh', '-c', 'rm out/link && mkdir out/link && echo x > out/link/x']),
      () => rig.bare(['sh', '-c', 'rm -r out/deep && echo file > out/deep']),
      () => rig.bare(['sh', '-c', 'rm out/dangling && ln -s run out/dangling']),
    ]) {
      await change();
      const ran = await likeBare(rig, argv, { flags });
      expect(['restored', 'miss'], `${change}`).toContain(ran.outcome.outcome);
      expect((await likeBare(rig, argv, { flags })).outcome.outcome).toBe('fresh');
    }
  });

  test('a pattern that matches nothing is an error, unless it may', async () => {
    const rig = await open();
    const ran = await rig.wgcache(['wrap', '--input', 'doc/**', '--output', 'site', '--', './make.sh']);
    expect(ran.exit).toBe(2);
    expect(ran.said).toEqual([expect.stringMatching(/doc\/\*\*/)]);
    expect(Object.keys(rig.tree())).not.toContain('site');
    const flags = ['--input', '?more/**', ...FLAGS];
    expect((await wrap(rig, {}, flags)).outcome.outcome).toBe('miss');
    rig.write({ 'more/x': 'x' });
    expect((await wrap(rig, {}, flags)).outcome.outcome).toBe('miss');
  });

  test('an output the command does not make', async () => {
    const rig = await open();
    const ran = await rig.wrap(['./make.sh'], { flags: [...FLAGS, '--output', 'other'] });
    expect(ran).toMatchObject({
      exit: 0,
      outcome: {
        outcome: 'miss',
        stored: false,
        notStored: { code: 'output-missing', text: expect.stringContaining('other') },
      },
    });
  });

  test('an output outside the workspace: a bypass', async () => {
    const rig = await open();
    const ran = await rig.wrap(['./make.sh'], { flags: [...FLAGS, '--output', '../other'] });
    expect(ran).toMatchObject({ exit: 0, outcome: { outcome: 'bypass', reason: { code: 'output-outside-root' } } });
  });

  test('a directory on the way to an output that is a link out of the workspace: nothing is written there', async () => {
    const rig = await open();
    await rig.wrap(['./make.sh'], { flags: FLAGS });
    await rig.bare(['sh', '-c', 'rm -r site && mkdir ../aside && ln -s ../aside site']);
    const ran = await likeBare(rig, ['./make.sh'], { flags: FLAGS });
    expect(ran.outcome.outcome).not.toBe('restored');
  });

  test('the command sees the declared environment only, unless --env-mode loose', async () => {
    const rig = (await Rig.open()).write({ input: '1' });
    const env = { A: 'a', B: 'b' };
    const strict = await rig.wrap(['env'], { flags: ['--input', 'input', '--env', 'A'], env });
    expect(strict.stdout.toString()).toMatch(/^A=a$/m);
    expect(strict.stdout.toString()).not.toMatch(/^B=/m);
    const loose = await rig.wrap(['env'], { flags: ['--input', 'input', '--env', 'A', '--env-mode', 'loose'], env });
    expect(loose.stdout.toString()).toMatch(/^B=b$/m);
  });

  test('--tool: another program whose bytes count', async () => {
    const rig = (await open()).write({ '../bin/helper': '#!/bin/sh\necho 1\n' });
    const flags = [...FLAGS, '--tool', 'helper'];
    await wrap(rig, {}, flags);
    rig.write({ '../bin/helper': '#!/bin/sh\necho 2\n' });
    expect((await wrap(rig, {}, flags)).outcome).toMatchObject({
      outcome: 'miss',
      reason: { text: expect.stringContaining('helper') },
    });
  });
});

test('described by the config', async () => {
  const rig = (await open()).write({
    'wgcache.config.yaml': `steps:
  docs:
    command: ./make.sh
    inputs: ['docs/**', '!docs/drafts/**']
    outputs: [site]
    env: [TITLE]
`,
  });
  for (const outcome of ['miss', 'fresh'])
    expect((await likeBare(rig, ['./make.sh'])).outcome).toMatchObject({ outcome, label: 'docs' });
  rig.remove('site');
  expect((await likeBare(rig, ['./make.sh'])).outcome.outcome).toBe('restored');
  expect((await likeBare(rig, ['./make.sh', 'more'])).outcome.outcome).toBe('miss');
  expect((await likeBare(rig, ['sh', './make.sh'], { flags: ['--name', 'docs'] })).outcome).toMatchObject({
    outcome: 'miss',
    label: 'docs',
  });
});

test('described by a task', async () => {
  const rig = (await open()).write({
    'Taskfile.yml': `version: '3'
tasks:
  docs:
    sources: ['docs/**/*.md', {exclude: 'docs/drafts/**'}]
    generates: ['site/**']
    env: {TITLE: from the task}
    cmds: ['wgcache wrap --task docs -- ./make.sh']
  moving:
    vars: {WHEN: {sh: date}}
    sources: ['{{.WHEN}}/*']
    cmds: [./make.sh]
`,
  });
  const outcomes = async () => (await rig.task(['--force', 'docs'])).told.map(({ outcome }) => outcome);
  expect(await outcomes()).toEqual(['miss']);
  expect(rig.read('site/title')).toBe('from the task\n');
  expect(await outcomes()).toEqual(['fresh']);
  rig.remove('site');
  expect(await outcomes()).toEqual(['restored']);
  expect(rig.read('site/title')).toBe('from the task\n');
  rig.write({ 'docs/a.md': 'edited\n' });
  expect(await outcomes()).toEqual(['miss']);
  const moving = await rig.wgcache(['wrap', '--task', 'moving', '--', './make.sh']);
  expect(moving.exit).toBe(2);
  expect(moving.said).toEqual([expect.stringMatching(/Taskfile\.yml:\d+/)]);
  expect((await rig.wgcache(['wrap', '--task', 'dosc', '--', './make.sh'])).exit).toBe(2);
});

test('not described: runs with our streams, and says how to describe it', async () => {
  const rig = await open();
  const ran = await rig.wrap(['cat'], { stdin: 'typed' });
  expect(ran.stdout.toString()).toBe('typed');
  expect(ran.outcome).toMatchObject({
    outcome: 'bypass',
    reason: { code: 'not-described', text: expect.stringMatching(/--input.*--output.*steps:.*--task/) },
  });
});

describe('output that names the checkout', () => {
  const NAMES = '#!/bin/sh\nmkdir -p out\npwd > out/where\n';
  const SAYS = '#!/bin/sh\nmkdir -p out\necho x > out/x\npwd\n';

  test.each([
    ['in a file', NAMES],
    ['in what it prints', SAYS],
  ])('%s: a hit here, a miss elsewhere, and both keep theirs', async (_, script) => {
    const rig = (await Rig.open()).write({ input: '1', 'make.sh': script });
    const moved = rig.movedTo('elsewhere');
    const wrap = async (place: Rig) => {
      const ran = await place.wrap(['./make.sh'], { flags: ['--input', 'input', '--output', 'out'] });
      const told = script === SAYS ? ran.stdout.toString() : place.read('out/where');
      expect(told).toBe(`${place.root}\n`);
      return ran.outcome;
    };
    expect((await wrap(rig)).outcome).toBe('miss');
    expect(await wrap(moved)).toMatchObject({
      outcome: 'miss',
      reason: { code: 'other-root', text: 'output names another checkout' },
      stored: true,
    });
    for (const place of [rig, moved, rig]) {
      expect((await wrap(place)).outcome).toBe('fresh');
      place.remove('out');
      expect((await wrap(place)).outcome).toBe('restored');
    }
  });
});
