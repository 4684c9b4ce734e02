import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StepDescription } from '../src/plugin.ts';
import { TASKFILE_NAMES } from '../src/taskfile/names.ts';
import { resolveTask } from '../src/taskfile/resolve.ts';

let top: string;

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'wgcache-taskfile-')));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function write(path: string, text: string): void {
  const file = join(top, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A Taskfile with `version:`; the task's parts are given as flow YAML. */
function taskfile(path: string, tasks: Record<string, string>, rest = ''): void {
  const lines = Object.entries(tasks).map(([name, parts]) => `  '${name}': ${parts}\n`);
  write(path, `version: '3'\n${rest}tasks:\n${lines.join('')}`);
}

async function resolve(name: string, at = ''): Promise<StepDescription> {
  mkdirSync(join(top, at), { recursive: true });
  return (await resolveTask(name, join(top, at))).description;
}

const said = (
  inputs: string[],
  outputs: string[] = [],
  more: Partial<StepDescription> = {},
): Partial<StepDescription> => ({
  inputs,
  outputs,
  ...more,
});

describe('a task by itself', () => {
  it.each(TASKFILE_NAMES)('is read from %s, here or above', async (name) => {
    taskfile(name, { docs: '{ sources: [a.md, "docs/**"], generates: [site/index.html] }' });
    const { description, file } = await resolveTask('docs', top);
    expect(file).toBe(join(top, name));
    expect(description).toEqual({
      name: 'docs',
      inputs: ['a.md', 'docs/**'],
      outputs: ['site/index.html'],
      env: [],
      secrets: [],
      tools: [],
      sha256: [],
      envMode: 'strict',
    });
    expect(await resolve('docs', 'deep/er')).toMatchObject(
      said(['../../a.md', '../../docs/**'], ['../../site/index.html']),
    );
  });

  it('has its paths relative to its dir', async () => {
    taskfile('Taskfile.yml', { a: '{ dir: ./x/y/, sources: [s, ../z/*.c, /abs/f], generates: [out] }' });
    expect(await resolve('a', 'x')).toMatchObject(
      said(['y/s', 'z/*.c', expect.stringMatching(/^(\.\.\/)+abs\/f$/)], ['y/out']),
    );
    expect(await resolve('a', 'x/y')).toMatchObject(said(['s', '../z/*.c', expect.any(String)], ['out']));
  });

  it('says which directories it makes', async () => {
    taskfile('Taskfile.yml', { a: '{ generates: [d/**, e/**/*, f/, .] }' });
    expect(await resolve('a')).toMatchObject(said([], ['d', 'e', 'f', '.']));
  });

  it('leaves out the files it excludes, unless a later pattern may bring them back', async () => {
    for (const file of ['x.c', 'y.c', 'y.d/z.c', 'a/.h.c']) write(file, '');
    taskfile('Taskfile.yml', {
      a: '{ sources: [{ exclude: first }, a/**, { exclude: a/b }, "*.c", { exclude: "x.*" }, { exclude: "y.*" }, { exclude: a/** }] }',
      b: '{ sources: [a/.h.c, a/*.c, { exclude: a/** }] }',
    });
    expect(await resolve('a')).toMatchObject(said(['a/**', '*.c', '!x.*', '!y.c', '!a/**']));
    expect((await resolve('b')).inputs).toEqual(['a/.h.c', 'a/*.c']);
  });

  it('means the same characters literally as Task does', async () => {
    taskfile('Taskfile.yml', { a: '{ sources: ["a (1).txt", "{b,c}.txt", "[de].txt", "?.txt"] }' });
    expect(await resolve('a')).toMatchObject(said([String.raw`a \(1\).txt`, '{b,c}.txt', '[de].txt', './?.txt']));
    taskfile('x [1]/Taskfile.yml', { b: '{ sources: ["*.c"], generates: [o] }' });
    expect(await resolve('b', 'x [1]/s')).toMatchObject(said(['../*.c'], ['../o']));
    taskfile('Taskfile.yml', { c: '{ dir: "x (1)", sources: ["*.c"], generates: [o] }' });
    expect(await resolve('c')).toMatchObject(said([String.raw`x \(1\)/*.c`], ['x (1)/o']));
  });

  it('names its environment: its own, the global one, and that of dotenv files; secret values apart', async () => {
    write('.env', '# no\nFROM_FILE=1\nexport OTHER="x\n"\n');
    write('d/.task.env', 'TASK_FILE: 1\n');
    taskfile(
      'Taskfile.yml',
      {
        a: '{ dir: d, sources: [x], dotenv: [.task.env, absent], env: { OWN: { sh: date }, TOKEN: { sh: cat t, secret: true } } }',
      },
      'dotenv: [.env]\nenv: { GLOBAL: 1, OWN: 2 }\n',
    );
    expect(await resolve('a')).toMatchObject({
      env: ['GLOBAL', 'OWN', 'FROM_FILE', 'OTHER', 'TASK_FILE'],
      secrets: ['TOKEN'],
    });
  });

  it('may use anchors and merge keys', async () => {
    write(
      'Taskfile.yml',
      `version: '3'
x-common: &common
  sources: &list [a, b]
  generates: [o]
tasks:
  one:
    <<: *common
    generates: [own]
  two: { sources: *list }
`,
    );
    expect(await resolve('one')).toMatchObject(said(['a', 'b'], ['own']));
    expect(await resolve('two')).toMatchObject(said(['a', 'b']));
  });
});

describe('variables', () => {
  it('are filled in when they are static, in the order in which Task works them out', async () => {
    taskfile(
      'Taskfile.yml',
      { a: '{ vars: { B: "{{.A}}-task" }, sources: ["{{.A}}", "{{ .B }}", "{{.E}}", "{{.N}}{{.T}}{{.EMPTY}}"] }' },
      'env: { E: env }\nvars: { A: { value: a }, B: "{{.A}}-file", N: 12, T: true, EMPTY: }\n',
    );
    expect(await resolve('a')).toMatchObject(said(['a', 'a-task', 'env', '12true']));
  });

  it('include those that Task sets itself', async () => {
    taskfile('Taskfile.yml', {
      'a:b':
        '{ dir: d, sources: ["{{.ROOT_DIR}}/r", "{{.TASKFILE_DIR}}/t", "{{.TASK_DIR}}/d", "{{.TASK}}", "{{.TASKFILE}}", "{{OS}}-{{ARCH}}{{exeExt}}"] }',
    });
    const platform = `d/${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
    expect(await resolve('a:b')).toMatchObject(said(['r', 't', 'd/d', 'd/a:b', 'Taskfile.yml', platform]));
  });

  const fails = async (tasks: Record<string, string>, rest: string, message: string, name = 'a'): Promise<void> => {
    taskfile('Taskfile.yml', tasks, rest);
    await expect(resolve(name)).rejects.toMatchObject({
      code: 'taskfile',
      exitCode: 2,
      message,
      hint: expect.any(String),
    });
  };

  it.each([
    ['vars: { V: { sh: ls } }\n', '{{.V}}', '{{.V}}: the variable is computed by sh:'],
    ['vars: { V: { ref: .X } }\n', '{{.V}}', '{{.V}}: the variable is a ref:'],
    ['vars: { V: [x] }\n', '{{.V}}', '{{.V}}: the variable is no plain text (quote numbers and dates)'],
    ['vars: { V: { map: { a: b } } }\n', '{{.V}}', '{{.V}}: the variable is no plain text (quote numbers and dates)'],
    ['vars: { V: 1.10 }\n', '{{.V}}', '{{.V}}: the variable is no plain text (quote numbers and dates)'],
    ['vars: { V: 010 }\n', '{{.V}}', '{{.V}}: the variable is no plain text (quote numbers and dates)'],
    ['vars: { V: 2020-01-01 }\n', '{{.V}}', '{{.V}}: the variable is no plain text (quote numbers and dates)'],
    ['vars: { V: "{{.W}}", W: x }\n', '{{.V}}', '{{.V}}: the variable holds {{.W}}: the Taskfile sets no variable W'],
    ['vars: { V: x }\n', '{{.HOME}}', '{{.HOME}}: the Taskfile sets no variable HOME'],
    [
      'vars: { V: x }\n',
      '{{.USER_WORKING_DIR}}',
      '{{.USER_WORKING_DIR}}: the Taskfile sets no variable USER_WORKING_DIR',
    ],
    [
      'vars: { V: x }\n',
      '{{.V | default "y"}}',
      '{{.V | default "y"}} is not resolved: only {{.NAME}} of a static variable is',
    ],
    [
      'vars: { V: x }\n',
      '{{joinPath .V "y"}}',
      '{{joinPath .V "y"}} is not resolved: only {{.NAME}} of a static variable is',
    ],
    ['vars: { V: x }\n', '{{- .V}}', '{{- .V}} is not resolved: only {{.NAME}} of a static variable is'],
    ['vars: { V: x }\n', 'a{{.V', '{{.V is not resolved: only {{.NAME}} of a static variable is'],
    ['vars: { V: "$HOME/x" }\n', '{{.V}}', '$HOME/x needs a shell to be read'],
    ['vars: { V: x }\n', "it''s", "it's needs a shell to be read"],
    ['vars: { V: x }\n', '!x', 'Task takes the ! of !x as part of the name'],
  ])('%s%s: file and line', async (rest, pattern, message) => {
    const task = `\n    sources:\n      - ok\n      - '${pattern}'`;
    await fails({ z: '{}', a: task }, rest, `Taskfile.yml:8: ${message}`);
  });

  it('that nobody uses may be anything', async () => {
    taskfile('Taskfile.yml', { a: '{ sources: [x] }' }, 'vars: { V: { sh: exit 1 }, W: "{{.V | f}}", L: [1] }\n');
    expect(await resolve('a')).toMatchObject(said(['x']));
  });

  it.each([
    ['deps', 'deps: [{ task: lint, vars: { CHART: b } }]'],
    ['a loop', 'cmds: [{ for: [a, b], task: lint, vars: { CHART: "{{.ITEM}}" } }]'],
    ['at the end', 'cmds: [{ defer: { task: lint, vars: { CHART: b } } }]'],
    ['by a name made up', 'cmds: [{ task: "{{.WHICH}}", vars: { CHART: b } }]'],
    ['by an alias', 'cmd: { task: l, vars: { CHART: { sh: date } } }'],
    [
      'of a variable that holds it',
      'cmds: [{ task: ":lint", vars: { CHART: b } }]',
      '{ vars: { C: "{{.CHART}}" }, sources: ["{{.C}}"] }',
    ],
  ])(
    'cannot be known when a call sets them: %s',
    async (_, all, parts = '{ aliases: [l], sources: ["{{.CHART}}"] }') => {
      taskfile('Taskfile.yml', { all: `{ ${all} }`, lint: parts }, 'vars: { CHART: a }\n');
      await expect(resolve('lint')).rejects.toThrow('is set where the task is called (Taskfile.yml:4)');
    },
  );

  it('are what they are when a call sets others, or the same, or those of another task, or those the task sets itself', async () => {
    taskfile(
      'Taskfile.yml',
      {
        all: '{ cmds: [{ task: lint, vars: { CHART: a, X: y } }, { task: other, vars: { CHART: b } }, { task: own, vars: { CHART: b } }] }',
        lint: '{ sources: ["{{.CHART}}"] }',
        own: '{ vars: { CHART: c }, sources: ["{{.CHART}}"] }',
      },
      'vars: { CHART: a }\n',
    );
    expect((await resolve('lint')).inputs).toEqual(['a']);
    expect((await resolve('own')).inputs).toEqual(['c']);
  });

  it('cannot be known when a call from a Taskfile further up sets them', async () => {
    taskfile('lib/Taskfile.yml', { lint: '{ sources: ["{{.CHART}}"] }' }, 'vars: { CHART: a }\n');
    taskfile(
      'Taskfile.yml',
      { all: '{ cmds: [{ task: "lib:lint", vars: { CHART: b } }] }' },
      'includes: { lib: { taskfile: ./lib, dir: ./lib } }\n',
    );
    await expect(resolve('lint', 'lib')).rejects.toThrow('is set where the task is called (Taskfile.yml:4)');
  });

  it('of dir count as well', async () => {
    await fails(
      { a: '{ dir: "{{.D}}", sources: [x] }' },
      'vars: { D: { sh: pwd } }\n',
      'Taskfile.yml:4: {{.D}}: the variable is computed by sh:',
    );
    await fails({ a: '{ dir: ~/x, sources: [x] }' }, '', 'Taskfile.yml:3: ~/x needs a shell to be read');
  });
});

describe('includes', () => {
  it('give names, directories and variables as Task does', async () => {
    taskfile(
      'Taskfile.yml',
      { top: '{ sources: ["{{.FROM_CHILD}}"] }' },
      `vars: { SHARED: root, ROOT_ONLY: ro }
includes:
  short: ./lib
  full: { taskfile: ./lib/Taskfile.yml, aliases: [f], vars: { GIVEN: given } }
  there: { taskfile: ./lib, dir: ./work }
  gone: { taskfile: ./absent.yml, optional: true }
`,
    );
    taskfile(
      'lib/Taskfile.yml',
      {
        build:
          '{ aliases: [b], sources: ["src/{{.SHARED}}", "{{.ROOT_ONLY}}", "{{.TASKFILE_DIR}}/t"], generates: [out] }',
        given: '{ sources: ["{{.GIVEN}}"] }',
        default: '{ dir: sub, sources: [d] }',
      },
      'vars: { SHARED: lib, FROM_CHILD: fc }\n',
    );
    // A short include runs where the root is, a full one where the including file is, or in its dir.
    expect(await resolve('short:build')).toMatchObject(
      said(['src/lib', 'ro', 'lib/t'], ['out'], { name: 'short:build' }),
    );
    expect(await resolve('full:build')).toMatchObject(said(['src/lib', 'ro', 'lib/t'], ['out']));
    expect(await resolve('there:build')).toMatchObject(said(['work/src/lib', 'work/ro', 'lib/t'], ['work/out']));
    expect(await resolve('there:build', 'work')).toMatchObject(said(['src/lib', 'ro', '../lib/t'], ['out']));
    for (const name of ['f:build', 'f:b', 'full:b']) expect(await resolve(name)).toMatchObject({ name: 'full:build' });
    expect(await resolve('full:given')).toMatchObject(said(['given']));
    expect(await resolve('top')).toMatchObject(said(['fc']));
    for (const name of ['there', 'there:default'])
      expect(await resolve(name)).toMatchObject(said(['work/sub/d'], [], { name: 'there:default' }));
  });

  it('nest, flatten, exclude, and know the platform', async () => {
    taskfile(
      'Taskfile.yml',
      { own: '{ sources: [x] }' },
      'vars: { DIR: a }\nincludes: { a: "./{{.DIR}}/Taskfile_{{OS}}.yml" }\n',
    );
    taskfile(
      `a/Taskfile_${process.platform}.yml`,
      { one: '{ sources: [one] }' },
      'includes:\n  b: { taskfile: ../b, flatten: true, excludes: [left, "c:*"] }\n',
    );
    taskfile('b/Taskfile.yaml', { two: '{ sources: [two] }', left: '{ sources: [l] }' }, 'includes: { c: ./c.yml }\n');
    taskfile('b/c.yml', { three: '{ sources: [three] }' });
    expect(await resolve('a:one')).toMatchObject(said(['one']));
    expect(await resolve('a:two')).toMatchObject(said(['a/two']));
    await expect(resolve('a:left')).rejects.toMatchObject({ message: '--task a:left: Taskfile.yml has no such task' });
    await expect(resolve('a:c:three')).rejects.toMatchObject({ code: 'taskfile' });
  });

  it('make a variable unknown that two of them set differently', async () => {
    const rest = 'includes:\n  a: { taskfile: ./a.yml }\n  b: { taskfile: ./b.yml }\n';
    taskfile('Taskfile.yml', { own: '{ sources: ["{{.X}}"] }', same: '{ sources: ["{{.S}}"] }' }, rest);
    taskfile('a.yml', { t: '{ sources: ["{{.X}}"] }' }, 'vars: { X: a, S: s }\n');
    taskfile('b.yml', { t: '{ sources: ["{{.X}}"] }' }, 'vars: { X: b, S: s }\n');
    await expect(resolve('own')).rejects.toMatchObject({
      message: 'Taskfile.yml:6: {{.X}}: the variable differs between the included Taskfiles',
    });
    expect(await resolve('same')).toMatchObject(said(['s']));
    expect(await resolve('a:t')).toMatchObject(said(['a']));
    expect(await resolve('b:t')).toMatchObject(said(['b']));
  });

  it.each([
    ['includes: { a: ./absent }\n', 'Taskfile.yml:2: no Taskfile at ./absent'],
    ['includes: { a: https://example.com/Taskfile.yml }\n', 'Taskfile.yml:2: Taskfiles from the network are not read'],
    ['includes: { a: ./Taskfile.yml }\n', 'Taskfile.yml:2: includes itself by way of TOP/Taskfile.yml'],
    ['includes: { a: "./{{.X}}" }\n', 'Taskfile.yml:2: {{.X}}: the Taskfile sets no variable X'],
  ])('%s is an error', async (rest, message) => {
    taskfile('Taskfile.yml', { t: '{ sources: [x] }' }, rest);
    await expect(resolve('t')).rejects.toMatchObject({ code: 'taskfile', message: message.replace('TOP', top) });
  });

  it('may have a directory that only matters to those who run there', async () => {
    taskfile(
      'Taskfile.yml',
      { own: '{ sources: [x] }' },
      'includes:\n  a:\n    taskfile: ./a.yml\n    dir: "{{.USER_WORKING_DIR}}"\n',
    );
    taskfile('a.yml', { t: '{ sources: [x] }' });
    expect(await resolve('own')).toMatchObject(said(['x']));
    await expect(resolve('a:t')).rejects.toMatchObject({
      message: expect.stringContaining('Taskfile.yml:5: {{.USER_WORKING_DIR}}'),
    });
  });
});

describe('which Taskfile is meant', () => {
  it('is the nearest, as seen from there or from further up when that is the same', async () => {
    taskfile(
      'Taskfile.yml',
      { build: '{ sources: [root.c] }' },
      'includes: { lib: { taskfile: ./lib, dir: ./lib } }\n',
    );
    taskfile('lib/Taskfile.yml', { build: '{ sources: [lib.c] }' });
    expect(await resolve('build', 'lib')).toMatchObject(said(['lib.c'], [], { name: 'build' }));
    expect(await resolve('lib:build', 'lib')).toMatchObject(said(['lib.c'], [], { name: 'lib:build' }));
    expect(await resolve('build')).toMatchObject(said(['root.c']));
  });

  it('must be said when it makes a difference', async () => {
    taskfile('Taskfile.yml', {}, 'includes: { lib: { taskfile: ./lib, dir: ./lib } }\n');
    taskfile('lib/Taskfile.yml', { build: '{ sources: ["{{.ROOT_DIR}}/go.mod"] }' });
    await expect(resolve('build', 'lib')).rejects.toMatchObject({
      message: 'Taskfile.yml:3: build means different things started from Taskfile.yml and ../Taskfile.yml',
      hint: expect.stringContaining('full name'),
    });
    expect(await resolve('lib:build', 'lib')).toMatchObject(said(['../go.mod']));
  });

  it('must be said when a Taskfile further up has it under several names, which differ', async () => {
    taskfile('lib/Taskfile.yml', { t: '{ sources: ["{{.V}}"] }' }, 'vars: { V: a }\n');
    const include = (more: string): string => `{ taskfile: ./lib, dir: ./lib${more} }`;
    taskfile('Taskfile.yml', {}, `includes:\n  one: ${include('')}\n  two: ${include(', vars: { W: a }')}\n`);
    expect((await resolve('t', 'lib')).inputs).toEqual(['a']);
    taskfile('lib/Taskfile.yml', { t: '{ sources: ["{{.V}}"] }' });
    taskfile(
      'Taskfile.yml',
      {},
      `includes:\n  one: ${include(', vars: { V: a }')}\n  two: ${include(', vars: { V: b }')}\n`,
    );
    await expect(resolve('t', 'lib')).rejects.toThrow('means different things');
    await expect(resolve('t', 'lib/deep')).rejects.toThrow('means different things');
    expect((await resolve('two:t', 'lib')).inputs).toEqual(['b']);
  });

  it('is one further up when only that knows the variables, but never for another task of the same name', async () => {
    taskfile(
      'Taskfile.yml',
      { other: '{ sources: [root.c] }' },
      'vars: { V: v }\nincludes: { lib: { taskfile: ./lib, dir: ./lib } }\n',
    );
    taskfile(
      'lib/Taskfile.yml',
      { build: '{ sources: ["{{.V}}"] }', other: '{ sources: ["{{.S}}"] }' },
      'vars: { S: { sh: ls } }\n',
    );
    expect(await resolve('build', 'lib')).toMatchObject(said(['v']));
    await expect(resolve('other', 'lib')).rejects.toMatchObject({
      message: 'Taskfile.yml:5: {{.S}}: the variable is computed by sh:',
    });
  });

  it('is the one whose task runs here', async () => {
    taskfile('Taskfile.yml', { build: '{ dir: lib, sources: [root.c] }' });
    taskfile('lib/Taskfile.yml', { build: '{ dir: sub, sources: [lib.c] }' });
    expect(await resolve('build', 'lib')).toMatchObject(said(['root.c']));
  });
});

describe('what is not there', () => {
  it.each([
    ['buidl', '--task buidl: Taskfile.yml has no such task', 'Did you mean --task build?'],
    ['zzzzzzzz', '--task zzzzzzzz: Taskfile.yml has no such task', undefined],
    ['x:1', 'Taskfile.yml:1: x:1 may be the task x:* or *:1', undefined],
    ['bare', 'Taskfile.yml:6: the task bare has neither sources nor generates', expect.any(String)],
    ['short', 'Taskfile.yml:7: the task short has neither sources nor generates', expect.any(String)],
    [
      'pattern',
      'Taskfile.yml:8: generates d/*.js: outputs are files and whole directories',
      'Name the file, or DIRECTORY/**.',
    ],
    ['except', 'Taskfile.yml:9: exclude: in generates is not supported', expect.any(String)],
  ])('%s', async (name, message, hint) => {
    taskfile('Taskfile.yml', {
      build: '{ sources: [x] }',
      'x:*': '{ sources: [x] }',
      '*:1': '{ sources: [x] }',
      bare: '{ cmds: [ls] }',
      short: 'ls',
      pattern: '{ generates: [d/*.js] }',
      except: '{ generates: [d, { exclude: d/x }] }',
    });
    const error: unknown = await resolve(name).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'taskfile', message });
    expect((error as { hint?: string }).hint).toEqual(hint);
  });

  it('finds a task by a wildcard', async () => {
    taskfile('Taskfile.yml', { 'build:*': '{ sources: [x] }' });
    expect(await resolve('build:one')).toMatchObject(said(['x'], [], { name: 'build:*' }));
  });

  it('says where a Taskfile is broken', async () => {
    write('Taskfile.yml', 'version: "3"\ntasks:\n  a: [\n');
    await expect(resolve('a')).rejects.toMatchObject({
      code: 'taskfile',
      message: expect.stringMatching(/^Taskfile\.yml:4: /),
    });
    write('Taskfile.yml', '- a\n');
    await expect(resolve('a')).rejects.toMatchObject({ message: 'Taskfile.yml:1: a Taskfile is a mapping' });
  });
});
