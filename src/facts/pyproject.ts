import type { Fact } from '../plugin.ts';
import { digestOf } from './_digest.ts';
import { isTable, readToml, spelled, tableIn } from './_toml.ts';
import { withoutUser } from './_user-info.ts';
import { settingsOf } from './_uv-settings.ts';
import type { Pyproject } from './values.ts';

/** Tables of other tools (linters, tests) are nothing to an installer. */
export const fact: Fact<null, Pyproject> = {
  name: 'pyproject',
  version: 1,
  async compute(bytes) {
    const file = await readToml(bytes);
    if (file === null) return { ok: false, meaning: '', requires: '', dynamic: false, uv: null, workspace: false };
    const tool = tableIn(file, 'tool');
    const counted = ['project', 'dependency-groups', 'build-system'].map((name) => spelled(file[name] ?? null));
    const uv = Object.hasOwn(tool, 'uv') && isTable(tool.uv) ? tool.uv : null;
    const { 'requires-python': requires, dynamic } = tableIn(file, 'project');
    return {
      ok: true,
      meaning: digestOf([...counted, spelled(uv)]),
      requires: typeof requires === 'string' ? withoutUser(requires) : '',
      dynamic: Array.isArray(dynamic) && dynamic.length > 0,
      uv: uv === null ? null : settingsOf(uv),
      workspace: uv !== null && Object.hasOwn(uv, 'workspace'),
    };
  },
};
