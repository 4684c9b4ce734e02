/** Our reading of a Taskfile against Task itself: which files it takes for sources, where it runs, which variables it sets. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ensureTools } from '../../scripts/tools.mjs';
import { filesMatching } from '../../src/step/described.ts';
import { resolveTask } from '../../src/taskfile/resolve.ts';
import { builtCommand } from './built.ts';

let task: string;
let top: string;

beforeAll(async () => {
  const { task: found } = await ensureTools(['task']);
  task = found as string;
});
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-task-')));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function write(path: string, text = ''): void {
  const file = join(top, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Tells where it runs and what Task takes for its sources. `XDG_CONFIG_HOME` keeps the account's own .taskrc out. */
const TELL = `
    cmds:
      - echo "dir $PWD"
      - { for: sources, cmd: "echo 'source {{.ITEM}}'" }
      - env | sed 's/^/env /'
`;

interface Told {
  readonly dir: string;
  readonly sources: string[];
  readonly env: string[];
}

/** `at`: where Task is started. */
async function told(name: string, at: string): Promise<Told> {
  const env = { PATH: process.env.PATH ?? '', HOME: top, XDG_CONFIG_HOME: top };
  const { stdout } = await execa(task, ['--silent', '--force', name], { cwd: join(top, at), env, extendEnv: false });
  const lines = (kind: string): string[] =>
    stdout.split('\n').flatMap((line) => (line.startsWith(`${kind} `) ? [line.slice(kind.length + 1)] : []));
  const dir = lines('dir')[0] as string;
  return {
    dir,
    sources: lines('source')
      .map((path) => resolve(dir, path))
      .sort(),
    env: lines('env').map((line) => line.split('=')[0] as string),
  };
}

async function ours(name: string, cwd: string): Promise<{ sources: string[]; env: string[] }> {
  const { description } = await resolveTask(name, cwd);
  const patterns = description.inputs.filter((pattern) => !pattern.startsWith('!'));
  const ignore = description.inputs.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const sources = (await Promise.all(patterns.map((pattern) => filesMatching(pattern, ignore, cwd)))).flat();
  return { sources: [...new Set(sources)].sort(), env: [...description.env] };
}

/** Runs the task from `at`, and reads it where it says it runs: that is where a wrapped command asks. */
async function compare(name: string, at = ''): Promise<{ theirs: Told; our: { sources: string[]; env: string[] } }> {
  const theirs = await told(name, at);
  return { theirs, our: await ours(name, theirs.dir) };
}

const FILES = [
  'a.go',
  'b.go',
  'x/c.go',
  'x/y/d.go',
  'x/y/d.txt',
  'sp ace/e (1).go',
  'k1.c',
  'k2.c',
  'q.c',
  'x/.h/e.go',
];

it.each([
  ['**/*.go'],
  ['x/**/*.go'],
  ['x/**'],
  ['*.go', { exclude: 'a.go' }],
  ['**/*.go', { exclude: 'x/**' }, 'x/c.go'],
  ['x/**/*.go', { exclude: 'x/y' }],
  ['x/**/*.go', { exclude: 'x/*' }],
  ['**/*.go', { exclude: '*' }],
  ['**/*.go', { exclude: '{x,y}' }],
  ['**/*.go', { exclude: 'sp ace/e (?).go' }],
  ['x/.h/*.go', 'x/**/*.go', { exclude: 'x/**' }],
  [{ exclude: 'a.go' }, '*.go'],
  ['{a,b}.go'],
  ['k{1..2}.c'],
  ['k[12].c', '[!k].c'],
  ['?.go'],
  ['sp ace/e (1).go'],
  ['./x/../a.go'],
  ['{{.TASKFILE_DIR}}/a.go', '{{.ROOT_DIR}}/x/*.go', '{{.TASK_DIR}}/b.go', '{{.X}}/c.go', '{{.X}}/{{.Y}}/d.*'],
] as (string | { exclude: string })[][])('takes no source less than Task: %j %j', async (...sources) => {
  for (const file of FILES) write(file, file);
  write(
    'Taskfile.yml',
    `version: '3'\nvars: { X: x, Y: 'y' }\ntasks:\n  t:\n    sources: ${JSON.stringify(sources)}${TELL}`,
  );
  const { theirs, our } = await compare('t');
  expect(theirs.sources.length).toBeGreaterThan(0);
  expect(our.sources).toEqual(expect.arrayContaining(theirs.sources));
  // More only where Task brings an excluded file back, and of hidden files.
  const broughtBack = sources.some(
    (source, index) => typeof source === 'object' && index < sources.length - 1 && index > 0,
  );
  const shown = (paths: string[]): string[] => paths.filter((path) => !path.includes('/.h/'));
  if (!broughtBack) expect(shown(our.sources)).toEqual(shown(theirs.sources));
});

it.each(['short:t', 'full:t', 'there:t', 'f:t', 'nested:inner:t', 'flat', 'there', 'wild:one'])(
  'sees directories, variables and environment of %s as Task does',
  async (name) => {
    for (const dir of ['', 'lib/', 'lib/deep/', 'work/']) {
      for (const file of ['root', 'lib', 'given', 'inner', 'own', 'shared-lib']) write(`${dir}${file}.src`);
    }
    write('.env', 'DOT=1\n');
    const sources = `sources: ['{{.SHARED}}.src', '{{.OWN}}.src', '{{.TASKFILE_DIR}}/lib.src', '{{.MADE}}.src']${TELL}`;
    write(
      'Taskfile.yml',
      `version: '3'
dotenv: ['.env']
env: { GLOBAL: g }
vars: { SHARED: root, OWN: own, MADE: 'given' }
includes:
  short: ./lib
  full: { taskfile: ./lib, aliases: [f], vars: { SHARED: given } }
  there: { taskfile: ./lib/Taskfile.yml, dir: ./work }
  nested: { taskfile: ./nested.yml }
  flatten: { taskfile: ./flat.yml, flatten: true, dir: lib/deep }
tasks:
  'wild:*':
    env: { OWN_ENV: o }
    ${sources}`,
    );
    write(
      'lib/Taskfile.yml',
      `version: '3'
vars: { SHARED: lib, MADE: 'shared-{{.SHARED}}' }
env: { LIB: l }
tasks:
  t:
    env: { OWN_ENV: o }
    ${sources}
  default:
    dir: '{{.TASKFILE_DIR}}'
    ${sources}`,
    );
    write('nested.yml', `version: '3'\nincludes:\n  inner: { taskfile: ./inner.yml, dir: ./lib }\ntasks: {}\n`);
    write(
      'inner.yml',
      `version: '3'\ntasks:\n  t:\n    vars: { OWN: inner }\n    sources: ['{{.OWN}}.src', '{{.TASKFILE_DIR}}/lib.src']${TELL}`,
    );
    write('flat.yml', `version: '3'\ntasks:\n  flat:\n    sources: ['{{.OWN}}.src', '*.src']${TELL}`);
    const { theirs, our } = await compare(name);
    expect(theirs.sources.length).toBeGreaterThan(0);
    expect(our.sources).toEqual(theirs.sources);
    expect(theirs.env).toEqual(expect.arrayContaining(our.env));
    expect(our.env).toEqual(expect.arrayContaining(['GLOBAL', 'LIB', 'DOT']));
  },
);

it('is what a wrapped command of the task sees, under the name Task gives', async () => {
  write('Taskfile.yml', `version: '3'\nincludes: { lib: { taskfile: ./lib, dir: ./lib } }\n`);
  write(
    'lib/Taskfile.yml',
    `version: '3'\ntasks:\n  t:\n    sources: [lib.src]\n    cmds: ['echo "name {{.TASK}}"']\n`,
  );
  write('lib/lib.src');
  for (const [name, at] of [
    ['lib:t', ''],
    ['t', 'lib'],
  ] as const) {
    const { stdout } = await execa(task, ['--silent', '--force', name], { cwd: join(top, at) });
    expect(stdout).toBe(`name ${name}`);
    expect((await ours(name, join(top, 'lib'))).sources).toEqual([join(top, 'lib/lib.src')]);
  }
});

it("is not guessed when Task's command line says otherwise", async () => {
  const text = (chart: string): string =>
    `version: '3'\nvars: { CHART: ${chart}, OWN: o }\ntasks:\n  lint:\n    vars: { OWN: p }\n    sources: ['{{.CHART}}', '{{.OWN}}']\n    method: none\n    cmds: ['${builtCommand()} wrap --task lint -- cat {{.CHART}}']\n  deep: 'sh -c "${builtCommand()} wrap --task lint -- cat {{.CHART}}; true"'\n`;
  write('Taskfile.yml', text('a'));
  write('other.yml', text('b'));
  for (const file of ['a', 'b', 'p']) write(file, `${file} 1\n`);
  const run = async (...words: string[]) => {
    const env = { PATH: process.env.PATH ?? '', HOME: top, XDG_CONFIG_HOME: top, WGCACHE_DIR: join(top, '.cache') };
    const options = { cwd: top, env, extendEnv: false, reject: false } as const;
    const { stdout, stderr, exitCode } = await execa(task, ['--silent', ...words], options);
    return { stdout, stderr, exitCode };
  };
  for (const words of [
    ['lint'],
    ['lint', 'CHART=a'],
    ['lint', 'OWN=x'],
    ['-t', 'Taskfile.yml', 'lint'],
    ['lint', '--', 'CHART=b'],
  ])
    expect(await run(...words), words.join(' ')).toMatchObject({ stdout: 'a 1', exitCode: 0 });
  for (const words of [
    ['lint', 'CHART=b'],
    ['deep', 'CHART=b'],
  ])
    expect(await run(...words), words.join(' ')).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining("is set on Task's command line"),
    });
  for (const words of [
    ['-t', 'other.yml', 'lint'],
    ['--taskfile=other.yml', 'deep'],
    ['-st', './other.yml', 'lint'],
  ])
    expect(await run(...words), words.join(' ')).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('Task was started with'),
    });
});

it('takes the names of Taskfiles in the order Task does', async () => {
  const { TASKFILE_NAMES } = await import('../../src/taskfile/names.ts');
  for (const name of [...TASKFILE_NAMES].reverse()) {
    write(name, `version: '3'\ntasks:\n  t:\n    sources: ['${name}']${TELL}`);
    const { theirs, our } = await compare('t');
    expect(theirs.sources).toEqual([join(top, name)]);
    expect(our.sources).toEqual(theirs.sources);
  }
});

it('does not guess a variable that Task itself sets one time so and one time so', async () => {
  write(
    'Taskfile.yml',
    `version: '3'\nvars: { S: root }\nincludes:\n  a: { taskfile: ./a.yml }\n  b: { taskfile: ./b.yml }\n`,
  );
  write('a.yml', `version: '3'\nvars: { S: a }\ntasks: {}\n`);
  write('b.yml', `version: '3'\ntasks:\n  t:\n    sources: ['{{.S}}']${TELL}`);
  for (const file of ['root', 'a']) write(file);
  const seen = new Set<string>();
  for (let run = 0; run < 40 && seen.size < 2; run++) seen.add((await told('b:t', '')).sources.join());
  expect([...seen].sort()).toEqual([join(top, 'a'), join(top, 'root')]);
  await expect(ours('b:t', top)).rejects.toThrow('differs between the included Taskfiles');
});
