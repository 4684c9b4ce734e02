/** One Taskfile as written, nothing resolved: the parts of it that say what a task reads and makes. */
import { type Located, TaskfileFault, type Where } from './fault.ts';
import { YamlNode } from './yaml.ts';

/** A variable. `text` may hold templates; a `dynamic` one cannot be known without running Task. */
export type Var = (
  | { readonly kind: 'static'; readonly text: string }
  | { readonly kind: 'dynamic'; readonly why: string; readonly byCall?: true }
) & {
  readonly where: Where;
  readonly secret: boolean;
};

/** In the order in which Task works them out. */
export type Vars = ReadonlyMap<string, Var>;

export interface Glob {
  readonly pattern: Located;
  readonly exclude: boolean;
}

export interface RawTask {
  readonly where: Where;
  readonly aliases: readonly string[];
  readonly dir: Located | null;
  readonly sources: readonly Glob[];
  readonly generates: readonly Glob[];
  readonly vars: Vars;
  readonly env: Vars;
  readonly dotenv: readonly Located[];
}

/** A task run by another one, with variables of its own. */
export interface Call {
  readonly task: string;
  readonly vars: Vars;
}

export interface Include {
  readonly namespace: string;
  readonly where: Where;
  readonly taskfile: Located;
  readonly dir: Located | null;
  readonly optional: boolean;
  readonly flatten: boolean;
  readonly aliases: readonly string[];
  readonly excludes: readonly string[];
  readonly vars: Vars;
  /** Written as a mapping: only then its directory and variables are handed on (Task's `AdvancedImport`). */
  readonly advanced: boolean;
}

export interface RawTaskfile {
  readonly file: string;
  readonly vars: Vars;
  readonly env: Vars;
  readonly dotenv: readonly Located[];
  readonly includes: readonly Include[];
  readonly tasks: ReadonlyMap<string, RawTask>;
  readonly calls: readonly Call[];
}

/** @throws TaskfileFault */
export function readTaskfile(file: string): RawTaskfile {
  const top = YamlNode.read(file);
  if (top.kind !== 'mapping') throw new TaskfileFault(top.where, 'a Taskfile is a mapping');
  return {
    file,
    vars: readVars(top.get('vars')),
    env: readVars(top.get('env')),
    dotenv: readTexts(top.get('dotenv'), 'dotenv'),
    includes: (top.get('includes')?.entries() ?? []).map(([key, node]) => readInclude(key, node)),
    tasks: new Map((top.get('tasks')?.entries() ?? []).map(([key, node]) => [key.text, readTask(key, node)])),
    calls: (top.get('tasks')?.entries() ?? []).flatMap(([, node]) => readCalls(node)),
  };
}

/** Of a task, or a task that is nothing but its commands. */
function readCalls(task: YamlNode): Call[] {
  const lists = task.kind === 'list' ? [task] : [task.get('cmds'), task.get('deps')];
  return [...lists.flatMap((list) => list?.items() ?? []), ...(task.get('cmd') === null ? [] : [task.get('cmd')!])]
    .flatMap((item) => [item, item.get('defer')])
    .flatMap((item) => {
      const name = item?.get('task')?.text() ?? null;
      return item === null || name === null ? [] : [{ task: name, vars: readVars(item.get('vars')) }];
    })
    .filter(({ vars }) => vars.size > 0);
}

function readTask(where: Where, node: YamlNode): RawTask {
  const dir = node.get('dir');
  return {
    where: { file: where.file, line: where.line },
    aliases: readTexts(node.get('aliases'), 'aliases').map(({ text }) => text),
    dir: dir === null ? null : dir.located('dir'),
    sources: readGlobs(node.get('sources')),
    generates: readGlobs(node.get('generates')),
    vars: readVars(node.get('vars')),
    env: readVars(node.get('env')),
    dotenv: readTexts(node.get('dotenv'), 'dotenv'),
  };
}

function readInclude(key: Located, node: YamlNode): Include {
  const advanced = node.kind === 'mapping';
  const part = (name: string): YamlNode | null => (advanced ? node.get(name) : null);
  const dir = part('dir');
  const taskfile = advanced ? part('taskfile') : node;
  return {
    namespace: key.text,
    where: key,
    taskfile: taskfile?.located('taskfile') ?? { ...key, text: '' },
    dir: dir === null ? null : dir.located('dir'),
    optional: part('optional')?.text() === 'true',
    flatten: part('flatten')?.text() === 'true',
    aliases: readTexts(part('aliases'), 'aliases').map(({ text }) => text),
    excludes: readTexts(part('excludes'), 'excludes').map(({ text }) => text),
    vars: readVars(part('vars')),
    advanced,
  };
}

function readGlobs(node: YamlNode | null): Glob[] {
  return (node?.items() ?? []).map((item) => {
    if (item.kind !== 'mapping') return { pattern: item.located('a pattern'), exclude: false };
    const excluded = item.get('exclude');
    if (excluded === null) throw new TaskfileFault(item.where, 'a pattern is a text or exclude:');
    return { pattern: excluded.located('exclude'), exclude: true };
  });
}

function readTexts(node: YamlNode | null, what: string): Located[] {
  return (node?.items() ?? []).map((item) => item.located(what));
}

function readVars(node: YamlNode | null): Vars {
  return new Map((node?.entries() ?? []).map(([key, value]) => [key.text, readVar(key, value)]));
}

function readVar({ file, line }: Where, node: YamlNode): Var {
  const where = { file, line };
  const secret = node.get('secret')?.text() === 'true';
  if (node.kind === 'mapping') {
    if (node.get('sh') !== null) return { kind: 'dynamic', why: 'is computed by sh:', where, secret };
    if (node.get('ref') !== null) return { kind: 'dynamic', why: 'is a ref:', where, secret };
  }
  const value = node.kind === 'mapping' ? node.get('value') : node;
  const text = value?.text() ?? null;
  if (text === null) return { kind: 'dynamic', why: 'is no plain text (quote numbers and dates)', where, secret };
  return { kind: 'static', text, where, secret };
}
