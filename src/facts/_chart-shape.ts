/** Helm's Metadata, Dependency and Lock structs, and what its loader demands of them (helm v3.17.3 and v4.3.1, pkg/chart). */
import { Loose, type PlainMap, type PlainYaml } from './_plain-yaml.ts';
import { fits, isMap, isPrintable, listAt, type Shape, stringAt } from './_shape.ts';

/** `text`: what a string field may hold; behind the embedded struct of an index Helm does not turn numbers into strings. */
function dependencyShape(text: Shape, isStrict: boolean): Shape {
  return {
    ...strictly(isStrict),
    fields: {
      name: text,
      version: text,
      repository: text,
      condition: text,
      tags: { list: text },
      enabled: 'bool',
      'import-values': { list: 'any' },
      alias: text,
    },
  };
}

function strictly(isStrict: boolean): { readonly strict?: true } {
  return isStrict ? { strict: true } : {};
}

export function metadataFields(text: Shape, isStrict: boolean): Readonly<Record<string, Shape>> {
  return {
    name: text,
    home: text,
    sources: { list: text },
    version: text,
    description: text,
    keywords: { list: text },
    maintainers: { list: { ...strictly(isStrict), fields: { name: text, email: text, url: text } } },
    icon: text,
    apiVersion: text,
    condition: text,
    tags: text,
    appVersion: text,
    deprecated: 'bool',
    annotations: { map: text },
    kubeVersion: text,
    dependencies: { list: dependencyShape(text, isStrict) },
    type: text,
  };
}

/** Chart.yaml (or requirements.yaml) decodes without error. */
export function isMetadata(root: PlainMap | null | undefined): root is PlainMap {
  return isMap(root) && fits(root, { fields: metadataFields('text', false) });
}

// Narrower than Helm's own reading of versions, which takes `1` and `1.2` and leading zeros too; all of these it takes.
const VERSION =
  /^v?(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){0,2}(?:-(?:0|[1-9]\d{0,8}|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d{0,8}|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** Decoded metadata passes Helm's validation, which a chart must to load and an index entry must to be seen. */
export function isValidMetadata(root: PlainMap): boolean {
  const name = stringAt(root, 'name');
  const version = stringAt(root, 'version');
  const type = stringAt(root, 'type');
  if (!name || !isPrintable(name) || name.includes('/') || name === '.' || name === '..') return false;
  if (!version || !VERSION.test(version)) return false;
  if (type === undefined || !['', 'application', 'library'].includes(type)) return false;
  const seen = new Set<string>();
  for (const dependency of listAt(root, 'dependencies')) {
    const alias = isMap(dependency) ? stringAt(dependency, 'alias') : undefined;
    const called = isMap(dependency) ? alias || stringAt(dependency, 'name') : undefined;
    if (alias === undefined || !called || !isPrintable(called) || seen.has(called)) return false;
    if (alias !== '' && !/^[a-zA-Z0-9_-]+$/.test(alias)) return false;
    seen.add(called);
  }
  return true;
}

/** Chart.lock decodes without error, and nothing in it is open to interpretation but the time. */
export function isLock(root: PlainMap | null | undefined): root is PlainMap {
  if (!isMap(root)) return false;
  const shape: Shape = {
    fields: { generated: 'time', digest: 'string', dependencies: { list: dependencyShape('string', false) } },
  };
  return fits(root, shape) && [...root].every(([key, value]) => key === 'generated' || !holdsLoose(value));
}

function holdsLoose(value: PlainYaml): boolean {
  if (value instanceof Loose) return true;
  if (Array.isArray(value)) return value.some(holdsLoose);
  return isMap(value) && [...value.values()].some(holdsLoose);
}
