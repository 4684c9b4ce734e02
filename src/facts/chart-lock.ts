import type { Json } from '../base/json.ts';
import type { Fact } from '../plugin.ts';
import { isLock } from './_chart-shape.ts';
import { digestOf, sha256 } from './_digest.ts';
import { type PlainYaml, readPlainYaml } from './_plain-yaml.ts';
import { isMap, listAt, stringAt } from './_shape.ts';
import { hasUserInfo } from './_user-info.ts';
import type { ChartLock } from './values.ts';

export const fact: Fact<null, ChartLock> = {
  name: 'chart-lock',
  version: 3,
  compute: readLock,
};

export function readLock(bytes: Uint8Array): ChartLock {
  const root = readPlainYaml(bytes, { bom: 'strip' });
  const unread = { loads: false, digest: null, dependencies: [], meaning: sha256(bytes) };
  if (!isLock(root)) return unread;
  const dependencies = listAt(root, 'dependencies')
    .filter(isMap)
    .map((item) => ({
      name: stringAt(item, 'name') ?? '',
      version: stringAt(item, 'version') ?? '',
      repository: stringAt(item, 'repository') ?? '',
    }));
  const digest = stringAt(root, 'digest') || null;
  const told = [digest ?? '', ...dependencies.flatMap(({ name, version, repository }) => [name, version, repository])];
  if (told.some(hasUserInfo)) return unread;
  const rest = new Map([...root].filter(([key]) => key !== 'generated'));
  return { loads: true, digest, dependencies, meaning: digestOf(jsonOf(rest)) };
}

/** A lock that loads holds strings, bools, nulls, lists and mappings only. */
function jsonOf(value: PlainYaml): Json {
  if (Array.isArray(value)) return value.map(jsonOf);
  if (isMap(value)) return Object.fromEntries([...value].map(([key, item]) => [key, jsonOf(item)]));
  return value as Json;
}
