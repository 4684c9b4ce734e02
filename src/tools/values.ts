/** What fills the templates of a tool's definition. */
import { fill, type Values } from './template.ts';
import type { Choice } from './work.ts';

export function valuesOf({ wanted: { definition }, version, platform }: Choice): Values {
  const { tag = 'v{version}', os, arch } = definition;
  return { version, platform, os, arch, tag: fill(tag, { version, platform, os, arch }) };
}
