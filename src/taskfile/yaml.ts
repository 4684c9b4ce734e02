/** A YAML document as Task's own reader (yaml.v3) sees it, every node with its line. */
import { readFileSync } from 'node:fs';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { type Located, TaskfileFault, type Where } from './fault.ts';

/** A value of the document. Aliases and merge keys are followed. */
export class YamlNode {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #node: Node | null;
  readonly where: Where;

  private constructor(document: Document, lines: LineCounter, file: string, node: unknown, fallback: number) {
    this.#document = document;
    this.#lines = lines;
    const line = (node as Node | null)?.range ? lines.linePos((node as Node).range?.[0] as number).line : fallback;
    this.where = { file, line };
    this.#node = isAlias(node) ? (node.resolve(document) ?? null) : (node as Node | null);
  }

  /** @throws TaskfileFault for a file that cannot be read or is no YAML */
  static read(file: string): YamlNode {
    const lines = new LineCounter();
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (cause) {
      throw new TaskfileFault({ file, line: 1 }, (cause as Error).message);
    }
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const [fault] = document.errors;
    if (fault !== undefined) throw new TaskfileFault({ file, line: lines.linePos(fault.pos[0]).line }, fault.message);
    return new YamlNode(document, lines, file, document.contents, 1);
  }

  get kind(): 'mapping' | 'list' | 'scalar' | 'empty' {
    if (isMap(this.#node)) return 'mapping';
    if (isSeq(this.#node)) return 'list';
    return isScalar(this.#node) && this.#node.value !== null ? 'scalar' : 'empty';
  }

  get(key: string): YamlNode | null {
    return this.entries().find(([{ text }]) => text === key)?.[1] ?? null;
  }

  /** Keys and values of a mapping in order, what `<<` brings in behind them. Nothing for what is no mapping. */
  entries(): [Located, YamlNode][] {
    if (!isMap(this.#node)) return [];
    const own = this.#pairs(this.#node);
    const keys = new Set(own.map(([{ text }]) => text));
    const merged = own
      .filter(([{ text }]) => text === '<<')
      .flatMap(([, value]) => (value.kind === 'list' ? value.items() : [value]).flatMap((source) => source.entries()));
    const added = merged.filter(([{ text }]) => !keys.has(text) && keys.add(text));
    return [...own.filter(([{ text }]) => text !== '<<'), ...added];
  }

  /** Elements of a list. Nothing for what is no list. */
  items(): YamlNode[] {
    return isSeq(this.#node) ? this.#node.items.map((item) => this.#child(item, this.where.line)) : [];
  }

  /**
   * The text Task makes of a scalar; `null` for what it may spell otherwise than it is written (floats, octals, dates, `1_000`:
   * yaml.v3 reads those as YAML 1.1 does), and for what is no scalar.
   */
  text(): string | null {
    const node = this.#node;
    if (node === null || (isScalar(node) && node.value === null)) return '';
    if (!isScalar(node)) return null;
    if (typeof node.value === 'boolean') return String(node.value);
    const written = node.source ?? String(node.value);
    if (node.type !== 'PLAIN') return String(node.value);
    if (/^(0|-?[1-9]\d*)$/.test(written)) return written;
    const number = /^[-+]?(\.?\d[\d_]*(\.[\d_]*)?([eE][-+]?\d+)?|0[xob][\da-f_]+|\.inf)$/i;
    const date = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]|$)/;
    return number.test(written) || date.test(written) || /^\.nan$/i.test(written) ? null : written;
  }

  /** The text with its place. @throws TaskfileFault when there is none */
  located(what: string): Located {
    const text = this.text();
    if (text === null) throw new TaskfileFault(this.where, `${what} must be a text`, 'Quote the value.');
    return { ...this.where, text };
  }

  #pairs(map: YAMLMap): [Located, YamlNode][] {
    return map.items.map((pair) => {
      const key = this.#child(pair.key, this.where.line);
      const text = isScalar(pair.key) ? String(pair.key.value) : '';
      return [{ ...key.where, text }, this.#child(pair.value, key.where.line)];
    });
  }

  #child(node: unknown, line: number): YamlNode {
    return new YamlNode(this.#document, this.#lines, this.where.file, node, line);
  }
}
