/** The index of a chart repository, read as Helm's LoadIndexFile does (helm v3.17.3 and v4.3.1, pkg/repo/index.go). */
import { digestOf } from '../base/digest.ts';
import { isValidMetadata, metadataFields } from './_chart-shape.ts';
import { Loose, type PlainMap, type PlainYaml, readPlainYaml } from './_plain-yaml.ts';
import { fits, isMap, listAt, type Shape, stringAt } from './_shape.ts';

/** The charts by name, `undefined` unless Helm certainly loads the index. Entries of a chart may still be ones Helm skips. */
export function readIndex(bytes: Uint8Array): ReadonlyMap<string, readonly PlainMap[]> | undefined {
  // Helm reads JSON as JSON, where further fields are no error; YAML it reads strictly.
  const json = readJson(bytes);
  const root = json ?? readPlainYaml(bytes);
  if (!isMap(root) || !fits(root, indexShape(json === undefined)) || !stringAt(root, 'apiVersion')) return undefined;
  const charts = root.get('entries');
  if (!isMap(charts)) return new Map();
  return new Map([...charts.keys()].map((name) => [name, listAt(charts, name).filter(isMap)]));
}

/** Whether Helm certainly sees the entry: it skips one whose metadata is invalid. */
export function isVisible(entry: PlainMap): boolean {
  return isValidMetadata(entry);
}

/** SHA-256 hex of all entries that Helm may skip; null: there are none. */
export function skippedIn(charts: ReadonlyMap<string, readonly PlainMap[]>): string | null {
  const skipped = [...charts].flatMap(([name, entries]) => {
    const some = entries.filter((entry) => !isVisible(entry));
    return some.length === 0 ? [] : [[name, ...some]];
  });
  return skipped.length === 0 ? null : digestOf(JSON.stringify(skipped, spelled));
}

function spelled(_key: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}

function indexShape(isStrict: boolean): Shape {
  const strict = isStrict ? ({ strict: true } as const) : {};
  const entry: Shape = {
    fields: {
      ...metadataFields('string', isStrict),
      urls: { list: 'string' },
      created: 'time',
      removed: 'bool',
      digest: 'string',
      checksum: 'string',
      engine: 'string',
      tillerVersion: 'string',
      url: 'string',
    },
    ...strict,
  };
  return {
    fields: {
      serverInfo: { map: 'any' },
      apiVersion: 'string',
      generated: 'time',
      entries: { map: { list: entry } },
      publicKeys: { list: 'string' },
      annotations: { map: 'string' },
    },
    ...strict,
  };
}

function readJson(bytes: Uint8Array): PlainMap | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // A look at the start saves reading 3 MB of YAML as JSON first.
    if (!/^[ \t\r\n]*\{/.test(text.slice(0, 1000))) return undefined;
    const counter = { keys: 0 };
    const root = plainOf(JSON.parse(text), counter, 0);
    // More keys written than read: some were there twice, and Go merges their values.
    return isMap(root) && counter.keys === countKeys(text) ? root : undefined;
  } catch {
    return undefined;
  }
}

/** In JSON a string before a colon is a key. */
function countKeys(json: string): number {
  let count = 0;
  for (const match of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"([ \t\r\n]*:)?/g)) if (match[1] !== undefined) count++;
  return count;
}

function plainOf(value: unknown, counter: { keys: number }, depth: number): PlainYaml {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || depth > 100) return new Loose(String(value));
  if (Array.isArray(value)) return value.map((item) => plainOf(item, counter, depth + 1));
  const entries = Object.entries(value);
  counter.keys += entries.length;
  return new Map(entries.map(([key, item]) => [key, plainOf(item, counter, depth + 1)]));
}
