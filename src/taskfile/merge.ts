/** A Taskfile with all it includes, tasks under their full names: Task's own merge (taskfile/ast, v3.54), for the parts we need. */
import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { LITERAL_HINT, type Located, TaskfileFault } from './fault.ts';
import { TASKFILE_NAMES } from './names.ts';
import { type Call, type Include, type RawTask, type RawTaskfile, readTaskfile, type Var, type Vars } from './read.ts';
import { fill } from './template.ts';

export interface MergedTask {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly raw: RawTask;
  /** May hold templates; relative to the root Taskfile's directory. A fault only matters to who asks for it. */
  readonly dir: Located | TaskfileFault;
  /** What the `includes:` on the way here set, and the variables of the file that includes: worked out in this order after the root's. */
  readonly includeVars: Vars;
  readonly includedVars: Vars;
}

export interface Merged {
  readonly vars: Vars;
  readonly env: Vars;
  readonly dotenv: readonly Located[];
  readonly tasks: ReadonlyMap<string, MergedTask>;
  readonly calls: readonly Call[];
}

/** @param file absolute. @throws TaskfileFault */
export function readMerged(file: string, above: readonly string[] = []): Merged {
  const own = readTaskfile(file);
  const children = own.includes.flatMap((include) => {
    const path = includedFile(include, own);
    if (path === null) return [];
    if ([...above, file].includes(path)) throw new TaskfileFault(include.where, `includes itself by way of ${path}`);
    return [{ include, merged: readMerged(path, [...above, file]) }];
  });
  const tasks = new Map([...own.tasks].map(([name, raw]): [string, MergedTask] => [name, plainTask(name, raw)]));
  for (const child of children) {
    const others = children.filter((other) => other !== child).map(({ merged }) => merged.vars);
    addTasks(tasks, child, seenBy(child.merged.vars, own.vars, others), own);
  }
  return {
    vars: together(
      own.vars,
      children.map(({ merged }) => merged.vars),
    ),
    env: together(
      own.env,
      children.map(({ merged }) => merged.env),
    ),
    dotenv: own.dotenv,
    tasks,
    calls: [...own.calls, ...children.flatMap(({ merged }) => merged.calls)],
  };
}

function plainTask(name: string, raw: RawTask): MergedTask {
  return {
    name,
    aliases: raw.aliases,
    raw,
    dir: raw.dir ?? { ...raw.where, text: '' },
    includeVars: new Map(),
    includedVars: new Map(),
  };
}

interface Child {
  readonly include: Include;
  readonly merged: Merged;
}

function addTasks(tasks: Map<string, MergedTask>, { include, merged }: Child, seen: Vars, parent: RawTaskfile): void {
  const { namespace, flatten, advanced } = include;
  for (const [local, task] of merged.tasks) {
    if (isExcluded(local, include.excludes)) continue;
    const name = flatten ? local : withNamespace(local, namespace);
    if (tasks.has(name)) throw new TaskfileFault(include.where, `the task ${name} is in more than one Taskfile`);
    const handedOn = advanced
      ? {
          dir: includedDir(include, task.dir, parent),
          includeVars: new Map([...task.includeVars, ...include.vars]),
          includedVars: seen,
        }
      : {};
    const aliases = flatten
      ? task.aliases
      : [namespace, ...include.aliases].flatMap((space) =>
          [local, ...task.aliases].map((alias) => withNamespace(alias, space)),
        );
    tasks.set(name, { ...task, name, aliases: aliases.filter((alias) => alias !== name), ...handedOn });
  }
  const standard = tasks.get(`${namespace}:default`);
  if (!flatten && standard !== undefined && merged.tasks.has('default') && !tasks.has(namespace)) {
    tasks.set(standard.name, { ...standard, aliases: [...standard.aliases, namespace, ...include.aliases] });
  }
}

function withNamespace(name: string, namespace: string): string {
  return name.startsWith(':') ? name.slice(1) : `${namespace}:${name}`;
}

function isExcluded(name: string, excludes: readonly string[]): boolean {
  return excludes.some((exclude) => {
    if (!exclude.endsWith(':*')) return name === exclude;
    return exclude.length > 2 && name.startsWith(exclude.slice(0, -1));
  });
}

/**
 * Variables of a file and of those it includes. An included one goes over the file's own; of two included ones Task takes either
 * (its order is not fixed), so such a variable cannot be known unless they agree.
 */
function together(own: Vars, included: readonly Vars[]): Vars {
  const all = new Map(own);
  for (const vars of included) {
    for (const [name, value] of vars)
      all.set(
        name,
        agreed(
          included.flatMap((other) => other.get(name) ?? []),
          value,
        ),
      );
  }
  return all;
}

/** What the tasks of one included file see of all this: its own before anything else. */
function seenBy(child: Vars, own: Vars, others: readonly Vars[]): Vars {
  const all = new Map(own);
  for (const vars of others) {
    for (const [name, value] of vars)
      all.set(
        name,
        agreed(
          [own, ...others].flatMap((other) => other.get(name) ?? []),
          value,
        ),
      );
  }
  for (const [name, value] of child) all.set(name, value);
  return all;
}

function agreed(values: readonly Var[], value: Var): Var {
  const said = (one: Var): string => `${one.kind} ${one.kind === 'static' ? one.text : one.why}`;
  if (values.every((other) => said(other) === said(value))) return value;
  return { kind: 'dynamic', why: 'differs between the included Taskfiles', where: value.where, secret: value.secret };
}

/** `null`: optional and not there. */
function includedFile(include: Include, { file, vars }: RawTaskfile): string | null {
  const path = asWritten(include.taskfile, vars);
  if (/^[a-z+]+:\/\/|^git@|\.git(\/\/|$)/.test(path)) {
    throw new TaskfileFault(include.taskfile, 'Taskfiles from the network are not read', LITERAL_HINT);
  }
  const found = taskfileAt(against(dirname(file), path));
  if (found === null && !include.optional) throw new TaskfileFault(include.taskfile, `no Taskfile at ${path || '.'}`);
  return found;
}

/** The file itself, or the Taskfile in the directory. */
export function taskfileAt(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (!stat.isDirectory()) return path;
  const name = TASKFILE_NAMES.find((candidate) => existsSync(join(path, candidate)));
  return name === undefined ? null : join(path, name);
}

function includedDir(
  include: Include,
  task: Located | TaskfileFault,
  { file, vars }: RawTaskfile,
): Located | TaskfileFault {
  if (task instanceof TaskfileFault) return task;
  try {
    const dir = include.dir === null ? '' : asWritten(include.dir, vars);
    return { ...task, text: against(against(dirname(file), dir), task.text) };
  } catch (fault) {
    if (fault instanceof TaskfileFault) return fault;
    throw fault;
  }
}

/** Paths of `includes:` are filled in before any variable is worked out. */
function asWritten(located: Located, vars: Vars): string {
  const text = fill(located, vars);
  if (text.includes('{{'))
    throw new TaskfileFault(located, `${located.text} leads to ${text}, which Task does not fill in here`);
  return literal({ ...located, text });
}

/** Task's SmartJoin: these templates are known to be absolute. */
export function against(dir: string, path: string): string {
  return isAbsolute(path) || /\.(ROOT_DIR|TASKFILE_DIR|USER_WORKING_DIR)/.test(path) ? path : join(dir, path);
}

/** @throws TaskfileFault for what Task hands to a shell's expansion */
export function literal(located: Located): string {
  if (/[$`\\'"|;<>\n]|^[~#]/.test(located.text)) {
    throw new TaskfileFault(located, `${located.text} needs a shell to be read`, LITERAL_HINT);
  }
  return located.text;
}
