/** Finding a task by what somebody calls it. */
import { basename } from 'node:path';
import type { Caller } from './caller.ts';
import { TaskfileFault, type Where } from './fault.ts';
import type { Merged, MergedTask } from './merge.ts';
import type { Var, Vars } from './read.ts';

/** A task by its name, an alias, or a name with `*`. @throws TaskfileFault when several fit */
export function findTask({ tasks }: Merged, name: string, where: Where): MergedTask | null {
  const direct = tasks.get(name);
  if (direct !== undefined) return direct;
  const all = [...tasks.values()];
  const aliased = all.filter(({ aliases }) => aliases.includes(name));
  const fitting =
    aliased.length > 0 ? aliased : all.filter((task) => [task.name, ...task.aliases].some((one) => fits(one, name)));
  if (fitting.length > 1) {
    throw new TaskfileFault(where, `${name} may be the task ${fitting.map((task) => task.name).join(' or ')}`);
  }
  return fitting[0] ?? null;
}

/** Variables that calls of the task, or the command line of Task, set to something else than it has: which call it was, we are not told. */
export function setByCalls({ calls }: Merged, task: MergedTask, scope: Vars, caller: Caller): Vars {
  const last = (name: string): string => name.slice(name.lastIndexOf(':') + 1);
  const names = [task.name, ...task.aliases].map(last);
  const set = new Map<string, Var>();
  for (const [name, text] of caller.vars) {
    const known = scope.get(name);
    if (known !== undefined && (known.kind === 'dynamic' || known.text !== text))
      set.set(name, { ...known, kind: 'dynamic', why: "is set on Task's command line", byCall: true });
  }
  for (const call of calls) {
    const called = last(call.task);
    if (!call.task.includes('{{') && !names.some((name) => name === called || fits(name, called))) continue;
    for (const [name, { where, secret, ...value }] of call.vars) {
      const known = scope.get(name);
      const same = value.kind === 'static' && known?.kind === 'static' && value.text === known.text;
      const why = `is set where the task is called (${basename(where.file)}:${where.line})`;
      if (!same) set.set(name, { kind: 'dynamic', why, where, secret, byCall: true });
    }
  }
  return set;
}

function fits(wild: string, name: string): boolean {
  if (!wild.includes('*')) return false;
  const parts = wild.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}
