/** Finding a task by what somebody calls it. */
import { TaskfileFault, type Where } from './fault.ts';
import type { Merged, MergedTask } from './merge.ts';

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

function fits(wild: string, name: string): boolean {
  if (!wild.includes('*')) return false;
  const parts = wild.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}
