import { digestOf } from './_digest.ts';
import { spelled, type Table, tableIn } from './_toml.ts';
import { withoutUser } from './_user-info.ts';
import type { UvSettings } from './values.ts';

/** What is looked into, and shown. Any other text may be a secret, such as a variable for a build. */
const SHOWN =
  /^(default-index|exclude-newer|extra-index-url|find-links|index|index-strategy|index-url|link-mode|prerelease|python-preference|resolution)$/;

/** `[tool.uv]` of a pyproject.toml, or a whole uv.toml; those for `uv pip` alone as `pip.NAME`. */
export function settingsOf(table: Table): UvSettings {
  const { pip: _, ...all } = table;
  const settings = (values: Table, prefix: string) =>
    Object.keys(values)
      .sort()
      .map((name) => [prefix + withoutUser(name), shown(name, values[name])] as const);
  return [...settings(all, ''), ...settings(tableIn(table, 'pip'), 'pip.')];
}

function shown(name: string, value: unknown): string {
  const text = spelled(value);
  return typeof value === 'boolean' || SHOWN.test(name) ? text : `sha256:${digestOf(text)}`;
}
