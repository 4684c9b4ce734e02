import type { Fact } from '../plugin.ts';
import { isMetadata } from './_chart-shape.ts';
import { type PlainMap, readPlainYaml } from './_plain-yaml.ts';
import { isMap, isPrintable, listAt, stringAt } from './_shape.ts';
import { hasUserInfo } from './_user-info.ts';
import type { ChartDependency, ChartMeta } from './values.ts';

const UNKNOWN: ChartMeta = { ok: false, apiVersion: null, name: null, version: null, dependencies: [] };

/** Name, version and dependencies of a chart. Conditions, tags and the like are not told, though the lock's digest covers them. */
export const fact: Fact<null, ChartMeta> = {
  name: 'chart-meta',
  version: 3,
  compute(bytes) {
    const root = readPlainYaml(bytes, { bom: 'strip' });
    if (!isMetadata(root)) return UNKNOWN;
    const [apiVersion, name, version] = ['apiVersion', 'name', 'version'].map((field) => stringAt(root, field));
    if (![apiVersion, name, version].every((text) => text !== undefined && isPrintable(text) && !hasUserInfo(text)))
      return UNKNOWN;
    const dependencies = listAt(root, 'dependencies').map((item) => (isMap(item) ? dependencyOf(item) : undefined));
    if (!dependencies.every((item) => item !== undefined)) return UNKNOWN;
    return { ok: true, apiVersion: apiVersion || null, name: name || null, version: version || null, dependencies };
  },
};

/** `undefined` unless every field is text that Helm takes as it stands. */
function dependencyOf(map: PlainMap): ChartDependency | undefined {
  const texts = ['name', 'version', 'repository', 'alias'].map((field) => stringAt(map, field));
  if (!texts.every((text) => text !== undefined && isPrintable(text) && !hasUserInfo(text))) return undefined;
  const [name = '', version = '', repository = '', alias = ''] = texts;
  return name === '' ? undefined : { name, version, repository, ...(alias === '' ? {} : { alias }) };
}
