/** `--task NAME`: what a task of the Taskfile says it reads, makes and depends on, as the description of a step. Loaded only when asked for. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { nearest } from '../base/nearest.ts';
import { WgcacheError } from '../errors.ts';
import type { StepDescription } from '../plugin.ts';
import { type Caller, callerOf } from './caller.ts';
import { CalledFault, LITERAL_HINT, TaskfileFault, taskfileError, type Where } from './fault.ts';
import { findTask, setByCalls } from './find.ts';
import { against, literal, type Merged, type MergedTask, readMerged, taskfileAt } from './merge.ts';
import { inputsOf, outputOf } from './patterns.ts';
import type { Var, Vars } from './read.ts';
import { extend, fill } from './template.ts';

export interface ResolvedTask {
  /** Paths are relative to the cwd given. Its environment mode says nothing: a Taskfile knows none. */
  readonly description: StepDescription;
  /** The Taskfile the task stands in, absolute. */
  readonly file: string;
}

/** A task as seen from one Taskfile that Task may have been started with. */
interface View {
  readonly rootFile: string;
  readonly task: MergedTask;
  /** What comes of it, or why nothing does. */
  readonly result: { readonly dir: string; readonly description: StepDescription } | TaskfileFault;
}

/**
 * Takes the task from the nearest Taskfile upward that has it. What was given on Task's own command line (`task build OUT=x`, `-t FILE`) Task does
 * not tell its commands: where the system tells it, and it matters, it is a fault.
 * @param caller a process: itself, or one above it, may be Task
 * @param cwd absolute, symlinks resolved
 * @throws WgcacheError `taskfile`
 */
export async function resolveTask(name: string, cwd: string, caller: number = process.ppid): Promise<ResolvedTask> {
  const files = taskfilesUpward(cwd);
  const called = callerOf(caller);
  const other = called.taskfile === null ? null : taskfileAt(called.taskfile);
  if (other !== null && !files.some((file) => realpathSync(file) === realpathSync(other)))
    throw new WgcacheError(
      'taskfile',
      `--task ${name}: Task was started with ${other}, which is not found here or above`,
      {
        hint: LITERAL_HINT,
      },
    );
  if (files.length === 0) throw new WgcacheError('taskfile', `--task ${name}: no Taskfile here or above`);
  try {
    return choose(name, viewsOf(name, files, cwd, called), cwd);
  } catch (fault) {
    throw taskfileError(fault, cwd);
  }
}

/** Never empty. @throws TaskfileFault for a Taskfile that is wrong before the task is found, WgcacheError when it is nowhere */
function viewsOf(name: string, files: readonly string[], cwd: string, caller: Caller): View[] {
  const views: View[] = [];
  const names: string[] = [];
  for (const rootFile of files) {
    const merged = views.length === 0 ? readMerged(rootFile) : readable(rootFile);
    if (merged === null) continue;
    names.push(...merged.tasks.keys());
    const found = findTask(merged, name, { file: rootFile, line: 1 });
    // And the same task under the names it has for a Taskfile further up, which Task may have been started with as well.
    const tasks = new Set([...(found === null ? [] : [found]), ...sameTasks(merged, views[0]?.task)]);
    for (const task of tasks)
      views.push({ rootFile, task, result: described(task, merged, rootFile, { name, cwd, caller }) });
  }
  if (views.length > 0) return views;
  const near = nearest(name, names);
  throw new WgcacheError(
    'taskfile',
    `--task ${name}: ${relative(cwd, files[0] as string)} has no such task`,
    near === null ? {} : { hint: `Did you mean --task ${near}?` },
  );
}

/** Several Taskfiles may have the task: the one whose task runs here is meant, else the nearest. They need not be told apart when they agree. */
function choose(name: string, views: readonly View[], cwd: string): ResolvedTask {
  const [own] = views as [View, ...View[]];
  const { result } = own;
  const where = ({ task }: View): Where => task.raw.where;
  const called = views.find((view) => view.result instanceof CalledFault && isDeepStrictEqual(where(view), where(own)));
  if (called !== undefined) throw called.result;
  const known = views.flatMap((view) => (view.result instanceof TaskfileFault ? [] : [{ ...view, ...view.result }]));
  // A task that cannot be known as seen from its own file may be from further up; another of the same name is no substitute.
  const able =
    result instanceof TaskfileFault ? known.filter((view) => isDeepStrictEqual(where(view), where(own))) : known;
  const here = able.filter(({ dir }) => dir === cwd);
  const [first, ...more] = here.length > 0 ? here : able;
  if (first === undefined) throw result;
  const others = here.length > 0 ? more : more.filter((view) => isDeepStrictEqual(where(view), where(first)));
  const differs = others.find(({ description }) => !sameStep(description, first.description));
  if (differs) {
    const places = [first, differs].map(({ rootFile }) => relative(cwd, rootFile)).join(' and ');
    throw new TaskfileFault(where(first), `${name} means different things started from ${places}`, AMBIGUOUS_HINT);
  }
  return { description: first.description, file: where(first).file };
}

const AMBIGUOUS_HINT = `Use the task's full name, or TASKFILE_DIR in place of ROOT_DIR. ${LITERAL_HINT}`;

function sameStep(a: StepDescription, b: StepDescription): boolean {
  return isDeepStrictEqual(named(a), named(b));
}

function named(description: StepDescription): StepDescription {
  return { ...description, name: null };
}

function sameTasks({ tasks }: Merged, found: MergedTask | undefined): MergedTask[] {
  if (found === undefined) return [];
  return [...tasks.values()].filter(({ raw }) => isDeepStrictEqual(raw.where, found.raw.where));
}

/** `null`: Task could not have been started with this one either. */
function readable(file: string): Merged | null {
  try {
    return readMerged(file);
  } catch (fault) {
    if (fault instanceof TaskfileFault) return null;
    throw fault;
  }
}

/** How the task is asked for, and where. */
interface Asked {
  readonly name: string;
  readonly cwd: string;
  readonly caller: Caller;
}

function described(task: MergedTask, merged: Merged, rootFile: string, asked: Asked): View['result'] {
  try {
    return describe(task, merged, rootFile, asked);
  } catch (fault) {
    if (fault instanceof TaskfileFault) return fault;
    throw fault;
  }
}

function describe(
  task: MergedTask,
  merged: Merged,
  rootFile: string,
  { name: called, cwd, caller }: Asked,
): { dir: string; description: StepDescription } {
  if (task.dir instanceof TaskfileFault) throw task.dir;
  const { raw, name } = task;
  if (raw.sources.length === 0 && raw.generates.length === 0) {
    throw new TaskfileFault(raw.where, `the task ${name} has neither sources nor generates`, LITERAL_HINT);
  }
  const rootDir = dirname(rootFile);
  const scope = specialVars(task, task.dir.text, rootFile, called);
  for (const vars of [merged.env, merged.vars, task.includeVars, task.includedVars]) extend(scope, vars);
  extend(scope, setByCalls(merged, task, scope, caller));
  extend(scope, raw.vars);
  const dir = resolve(against(rootDir, literal({ ...task.dir, text: fill(task.dir, scope) })));
  const env: Vars = new Map([...merged.env, ...raw.env]);
  const dotenv = [
    ...merged.dotenv.flatMap((path) => dotenvNames(against(rootDir, fill(path, scope)))),
    ...raw.dotenv.flatMap((path) => dotenvNames(against(dir, fill(path, scope)))),
  ];
  const secrets = namesOf(env, true);
  const description: StepDescription = {
    name,
    inputs: inputsOf(raw.sources, scope, dir, cwd),
    outputs: raw.generates.map((glob) => outputOf(glob, scope, dir, cwd)),
    env: [...new Set([...namesOf(env, false), ...dotenv])].filter((variable) => !secrets.includes(variable)),
    secrets,
    tools: [],
    sha256: [],
    envMode: 'strict',
  };
  return { dir, description };
}

function specialVars(task: MergedTask, dir: string, rootFile: string, called: string): Map<string, Var> {
  const { file } = task.raw.where;
  const rootDir = dirname(rootFile);
  const values = {
    TASK: task.name,
    ALIAS: called,
    TASK_DIR: against(rootDir, dir),
    TASKFILE: file,
    TASKFILE_DIR: dirname(file),
    ROOT_TASKFILE: rootFile,
    ROOT_DIR: rootDir,
  };
  return new Map(
    Object.entries(values).map(([name, text]) => [
      name,
      { kind: 'static', text, where: task.raw.where, secret: false },
    ]),
  );
}

function namesOf(env: Vars, secret: boolean): string[] {
  return [...env].filter(([, variable]) => variable.secret === secret).map(([name]) => name);
}

/** Names only: the values are in the environment when Task runs us. A line of a longer value may pass for a name, which does no harm. */
function dotenvNames(path: string): string[] {
  if (!existsSync(path)) return [];
  return [...readFileSync(path, 'utf8').matchAll(/^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*[=:]/gm)].map(
    ([, name]) => name as string,
  );
}

function taskfilesUpward(cwd: string): string[] {
  const files: string[] = [];
  for (let dir = cwd; ; dir = dirname(dir)) {
    const file = taskfileAt(dir);
    if (file !== null) files.push(file);
    if (dirname(dir) === dir) return files;
  }
}
