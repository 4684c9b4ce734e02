import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseArgs } from '../../src/commands/args.ts';
import { describeStep } from '../../src/commands/describe.ts';
import { openWorkspace } from '../../src/config.ts';
import type { StepDescription } from '../../src/plugin.ts';

let top: string;

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-describe-')));
  mkdirSync(join(top, 'a'));
  writeFileSync(
    join(top, 'Taskfile.yml'),
    `version: '3'\ntasks:\n  docs: { sources: [t.src], generates: [t.out], env: { T: 1 } }\n`,
  );
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function config(text: string): void {
  writeFileSync(join(top, '.wgcacherc'), text);
}

/** The words before `--` are flags, those behind it the command. */
async function described(line: string, at = ''): Promise<StepDescription | null> {
  const invocation = parseArgs(['wrap', ...line.split(' ').filter((word) => word !== '')]);
  if (invocation.kind !== 'wrap') throw new Error(`no wrap: ${line}`);
  const cwd = join(top, at);
  const { config: read } = await openWorkspace(cwd, { WGCACHE_DIR: join(top, '.cache') }, { remember: false });
  return describeStep(invocation.flags, read, invocation.argv, cwd);
}

const NOTHING: StepDescription = {
  name: null,
  inputs: [],
  outputs: [],
  env: [],
  secrets: [],
  tools: [],
  sha256: [],
  envMode: 'strict',
};

it('is nothing when nothing was said; a name and a mode describe nothing', async () => {
  expect(await described('--name docs -- ls')).toBeNull();
  config('steps: { other: { command: make, inputs: [x] } }');
  for (const flags of ['', '--env-mode loose', '--force --json']) expect(await described(`${flags} -- ls`)).toBeNull();
});

it('is an error when the name is that of no entry, where there are entries: what else is said would not be all', async () => {
  expect(await described('--name dosc --input x -- make')).toMatchObject({ name: 'dosc' });
  config('steps: {}');
  expect(await described('--name dosc --input x -- make')).toMatchObject({ name: 'dosc' });
  config('steps: { docs: { inputs: [x] }, site: { command: make, inputs: [m] } }');
  for (const more of ['', ' --input y --output o', ' --task docs'])
    await expect(described(`--name dosc${more} -- make`, 'a')).rejects.toMatchObject({
      code: 'usage',
      message: '--name dosc: no such entry in steps: of ../.wgcacherc',
      hint: 'Did you mean --name docs?',
    });
  await expect(described('--name elsewhere -- make')).rejects.toMatchObject({
    hint: 'steps: of .wgcacherc has docs, site. Leave --name out, or add an entry.',
  });
});

it('is what the flags say, relative to where we are', async () => {
  expect(
    await described(
      `--input x --input !y --output o --env E --secret S --tool t --sha256 ${'A'.repeat(64)} --name n --env-mode loose -- make`,
      'a',
    ),
  ).toEqual({
    name: 'n',
    inputs: ['x', '!y'],
    outputs: ['o'],
    env: ['E'],
    secrets: ['S'],
    tools: ['t'],
    sha256: ['a'.repeat(64)],
    envMode: 'loose',
  });
});

it('is the entry with the longest beginning of the command, its paths those of the config', async () => {
  config(`envMode: loose
steps:
  make: { command: make, inputs: [m] }
  docs:
    command: make docs
    inputs: ['docs/**', '!docs/x', '?maybe', /abs, a/b]
    outputs: [site, /abs, .]
    env: [E]
`);
  const docs = { ...NOTHING, name: 'docs', outputs: ['site', '/abs', '.'], env: ['E'], envMode: 'loose' };
  expect(await described('-- make docs -j2')).toEqual({
    ...docs,
    inputs: ['docs/**', '!docs/x', '?maybe', '/abs', 'a/b'],
  });
  expect(await described('-- make docs -j2', 'a')).toEqual({
    ...docs,
    inputs: ['../docs/**', '!../docs/x', '?../maybe', '/abs', 'b'],
    outputs: ['../site', '/abs', '..'],
  });
  expect(await described('-- make all')).toMatchObject({ name: 'make', inputs: ['m'] });
  expect(await described('-- make')).toMatchObject({ name: 'make' });
  expect(await described('-- makes docs')).toBeNull();
});

it('is the entry named, whatever the command, and flags add to it', async () => {
  config('steps: { docs: { inputs: [x], tools: [t], envMode: loose }, make: { command: make, inputs: [m] } }');
  expect(await described('--name docs --input y --input x --output o -- make')).toEqual({
    ...NOTHING,
    name: 'docs',
    inputs: ['x', 'y'],
    outputs: ['o'],
    tools: ['t'],
    envMode: 'loose',
  });
  expect(await described('--name docs --env-mode strict -- make')).toMatchObject({ envMode: 'strict' });
});

it('is the task, with flags and a named entry on top, and no entry that merely fits the command', async () => {
  config('steps: { extra: { inputs: [x] }, make: { command: make, inputs: [m] } }');
  expect(await described('--task docs --input y -- make', 'a')).toEqual({
    ...NOTHING,
    name: 'docs',
    inputs: ['../t.src', 'y'],
    outputs: ['../t.out'],
    env: ['T'],
  });
  expect(await described('--task docs --name extra -- make')).toMatchObject({ name: 'extra', inputs: ['t.src', 'x'] });
  await expect(described('--task dosc -- make')).rejects.toMatchObject({
    code: 'taskfile',
    hint: 'Did you mean --task docs?',
  });
});

it('is an error when two entries fit equally well', async () => {
  config('steps: { a: { command: make x, inputs: [a] }, b: { command: [make, x], inputs: [b] } }');
  await expect(described('-- make x', 'a')).rejects.toMatchObject({
    code: 'config',
    message: '../.wgcacherc: the steps a and b have the same command',
    hint: 'Choose one with --name a or --name b.',
  });
  expect(await described('--name b -- make x')).toMatchObject({ inputs: ['b'] });
});

it('refuses a pattern as an output: nobody can match what is not made yet', async () => {
  config('steps: {}');
  await expect(described('--input a --output out/* -- make')).rejects.toMatchObject({
    code: 'usage',
    message: 'an output is a file or a directory, not a pattern: out/*',
  });
});

it('refuses a pattern as the name of a variable: it would stand for none', async () => {
  for (const flag of ['--env', '--secret'])
    await expect(described(`--input a ${flag} A_* -- make`)).rejects.toMatchObject({
      code: 'usage',
      message: 'a variable is named by its whole name, not by a pattern: A_*',
    });
});

it('lets a flag say that an input of the task may match nothing', async () => {
  expect(await described('--task docs --input ?t.src --input more -- make')).toMatchObject({
    inputs: ['?t.src', 'more'],
  });
  expect(await described('--task docs --input ?../t.src -- make', 'a')).toMatchObject({ inputs: ['?../t.src'] });
});

it('refuses inputs that can be none: a slip would leave out what was meant', async () => {
  config('steps: { docs: { command: make docs, inputs: ["!drafts"] } }');
  for (const line of ['--input !a --output o -- make', '--output o -- make docs'])
    await expect(described(line)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('leaves files out'),
    });
  for (const pattern of ['?', '!'])
    await expect(described(`--input a --input ${pattern} -- make`)).rejects.toMatchObject({ code: 'usage' });
  expect(await described('--input src -- make docs')).toMatchObject({ inputs: ['!drafts', 'src'] });
});
