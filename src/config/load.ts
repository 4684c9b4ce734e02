/** Reads a config file: cosmiconfig finds the way to load it, `yaml` knows the line of every key. Loaded only when nothing is remembered. */
import { basename, dirname } from 'node:path';
import { cosmiconfig, defaultLoaders } from 'cosmiconfig';
import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { WgcacheError } from '../errors.ts';
import { ConfigFault, type Path } from './read.ts';
import type { FileConfig } from './types.ts';
import { validateConfig } from './validate.ts';

/**
 * What our loaders hand through cosmiconfig. The value lies one level down on purpose: cosmiconfig would follow a `$import` at the top
 * to other files, and what is remembered stands for one file only.
 */
interface Loaded {
  readonly value: unknown;
  /** The line a fault is on; `null` for a program. */
  lineOf(path: Path): number | null;
}

/**
 * @param file absolute
 * @param shown the file's name in messages
 * @throws WgcacheError `config`
 */
export async function loadConfig(file: string, shown: string): Promise<FileConfig> {
  const explorer = cosmiconfig('wgcache', {
    searchPlaces: [],
    cache: false,
    loaders: {
      noExt: loadText,
      '.json': loadText,
      '.yaml': loadText,
      '.yml': loadText,
      '.js': loadProgram,
      '.mjs': loadProgram,
    },
  });
  let loaded: Loaded;
  try {
    const result = await explorer.load(file);
    // An empty file says nothing, which is fine.
    loaded = result === null || result.isEmpty ? { value: {}, lineOf: () => null } : result.config;
  } catch (cause) {
    if (cause instanceof SyntaxFault) throw new WgcacheError('config', `${shown}:${cause.line}: ${cause.message}`);
    throw new WgcacheError('config', `${shown}: ${(cause as Error).message}`, { cause });
  }
  try {
    return validateConfig(loaded.value, dirname(file));
  } catch (fault) {
    if (!(fault instanceof ConfigFault)) throw fault;
    const line = loaded.lineOf(fault.path);
    const hint = fault.hint === undefined ? {} : { hint: fault.hint };
    throw new WgcacheError('config', `${shown}:${line === null ? '' : `${line}:`} ${fault.message}`, hint);
  }
}

class SyntaxFault extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** YAML, and JSON as the part of YAML it is. */
function loadText(file: string, content: string): Loaded | { wgcache: Loaded } | undefined {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false });
  const [fault] = document.errors;
  if (fault !== undefined) throw new SyntaxFault(fault.message, lines.linePos(fault.pos[0]).line);
  const whole: unknown = document.toJS();
  const inPackage = basename(file) === 'package.json';
  // Nothing but comments.
  if (whole === null && !inPackage) return undefined;
  const above: Path = inPackage ? ['wgcache'] : [];
  const loaded: Loaded = {
    value: inPackage ? (whole as { wgcache: unknown }).wgcache : whole,
    lineOf: (path) => lines.linePos(offsetOf(document, [...above, ...path])).line,
  };
  // cosmiconfig picks our part out of a package.json by itself.
  return inPackage ? { wgcache: loaded } : loaded;
}

async function loadProgram(file: string, content: string): Promise<Loaded> {
  return { value: await defaultLoaders['.mjs'](file, content), lineOf: () => null };
}

/** Where the key (or list item) at a path begins; of the nearest thing above it when there is none. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      if (pair === undefined) break;
      offset = (isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[part as number];
      offset = (isScalar(node) ? node.range?.[0] : undefined) ?? offset;
    }
  }
  return offset;
}
