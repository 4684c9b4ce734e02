import { spelled, type Table, tableIn } from './_toml.ts';
import { withoutUser } from './_user-info.ts';
import type { UvSettings } from './values.ts';

/** `[tool.uv]` of a pyproject.toml, or a whole uv.toml; those for `uv pip` alone as `pip.NAME`. */
export function settingsOf(table: Table): UvSettings {
  const { pip: _, ...all } = table;
  const settings = (values: Table, prefix: string) =>
    Object.keys(values)
      .sort()
      .map((name) => [prefix + withoutUser(name), spelled(values[name])] as const);
  return [...settings(all, ''), ...settings(tableIn(table, 'pip'), 'pip.')];
}
