/** What a command touches that no key needs to hold, each with the reason. The first entry that fits tells it. */
import type { Access } from './access.ts';
import type { Around, Ignorable } from './ignorable.ts';
import { HELM } from './ignored-helm.ts';
import { SYSTEM } from './ignored-system.ts';
import { UV } from './ignored-uv.ts';

/** @returns null for what an audit has to tell */
export function whyIgnored(access: Access, around: Around): string | null {
  const fits = ({ kinds, fits: matches }: Ignorable): boolean =>
    (kinds === undefined || kinds.includes(access.kind)) && matches(access.path, around, access);
  return [...SYSTEM, ...tableOf(around.plugin)].find(fits)?.why ?? null;
}

function tableOf(plugin: string): readonly Ignorable[] {
  if (plugin.startsWith('helm-')) return HELM;
  return plugin.startsWith('uv-') ? UV : [];
}
