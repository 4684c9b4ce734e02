import type { Fact } from '../plugin.ts';
import { readPlainYaml } from './_plain-yaml.ts';
import type { YamlMapping } from './values.ts';

/** Whether a values.yaml certainly loads. A file without content does: Helm takes it for no values. */
export const fact: Fact<null, YamlMapping> = {
  name: 'yaml-mapping',
  version: 1,
  compute(bytes) {
    return { plain: readPlainYaml(bytes, { bom: 'strip' }) !== undefined };
  },
};
