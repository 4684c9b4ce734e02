import type { Fact } from '../plugin.ts';
import { readToml } from './_toml.ts';
import { settingsOf } from './_uv-settings.ts';
import type { UvConfig } from './values.ts';

export const fact: Fact<null, UvConfig> = {
  name: 'uv-config',
  version: 1,
  async compute(bytes) {
    const table = await readToml(bytes);
    return table === null ? { ok: false, settings: [] } : { ok: true, settings: settingsOf(table) };
  },
};
