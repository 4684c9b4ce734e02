/**
 * Reads the part of YAML that Helm certainly accepts, and nothing else. Helm's parser (Go, YAML 1.1) and today's libraries (1.2)
 * disagree at the edges, and a false "Helm loads this" would be a stale hit; so this is no YAML parser but a list of what is
 * beyond doubt: block mappings and sequences, scalars plain, quoted or in blocks, flow collections on one line, comments. No
 * anchors, tags, merge keys, directives, further documents, tabs as layout. It also reads a 4 MB index in a tenth of the time.
 * The tests compare it with the `yaml` library and with real Helm.
 */
import { chomp, closes, endsInBackslash } from './_plain-fold.ts';
import {
  MAX_KEY,
  type PlainMap,
  type PlainYaml,
  readFlow,
  readQuoted,
  resolvePlain,
  resolvePlainKey,
  skipSpaces,
  trimSpaces,
} from './_plain-scalar.ts';

export { Loose, type PlainMap, type PlainYaml } from './_plain-scalar.ts';

const MAX_DEPTH = 100;
// Control characters, line breaks only one of the specifications knows, byte order marks, non-characters.
const ODD = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/;
const PLAIN_KEY = /[A-Za-z0-9_./][A-Za-z0-9_./@+$~()=*-]*(?: [A-Za-z0-9_./@+$~()=*-]+)*:(?= |$)/y;
const PLAIN_START = /^(?:[^\s,[\]{}#&*!|>'"%@`?:-]|[?:-][^\s])/;
const BLOCK_HEADER = /^([|>])(?:([+-])([1-9])?|([1-9])([+-])?)?(?: +#.*| *)$/;

/** The file's root mapping, `null` for a file without content, `undefined` when it is not beyond doubt. Never throws. */
export function readPlainYaml(
  bytes: Uint8Array,
  options: { readonly bom?: 'strip' } = {},
): PlainMap | null | undefined {
  const text = decode(bytes, options.bom === 'strip');
  return text === undefined ? undefined : new Reader(text).root();
}

function decode(bytes: Uint8Array, stripBom: boolean): string | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  if (stripBom && text.startsWith('\ufeff')) text = text.slice(1);
  if (text.includes('\r')) text = text.replaceAll('\r\n', '\n');
  return ODD.test(text) ? undefined : text;
}

/** Walks the lines once. A method that meets what it does not understand throws {@link Doubt}; only `root` lets it out, as `undefined`. */
class Doubt extends Error {}

class Reader {
  private readonly lines: string[];
  private at = 0;

  constructor(text: string) {
    this.lines = text.split('\n');
  }

  root(): PlainMap | null | undefined {
    try {
      this.passDocumentStart();
      if (this.lines.some((line) => line.startsWith('---') || line.startsWith('...'))) return undefined;
      const indent = this.peek();
      if (indent === undefined) return null;
      const value = this.lines[this.at]?.[0] === '{' ? this.inline(this.line(), 0, -1) : this.block(indent, 0);
      return this.peek() === undefined && value instanceof Map ? value : undefined;
    } catch (error) {
      if (error instanceof Doubt) return undefined;
      throw error;
    }
  }

  /** A first `---`, alone on its line, with only comments before it. */
  private passDocumentStart(): void {
    if (this.peek() === undefined || trimSpaces(this.line()) !== '---') return;
    for (; this.at >= 0; this.at--) this.lines[this.at] = '';
    this.at = 0;
  }

  private line(): string {
    return this.lines[this.at] ?? '';
  }

  /** Goes to the next line with content. @returns its indentation, `undefined` at the end */
  private peek(): number | undefined {
    for (; this.at < this.lines.length; this.at++) {
      const line = this.line();
      const indent = skipSpaces(line, 0);
      if (indent === line.length || line[indent] === '#') continue;
      if (line[indent] === '\t') throw new Doubt();
      return indent;
    }
    return undefined;
  }

  private block(indent: number, depth: number): PlainYaml {
    if (depth > MAX_DEPTH) throw new Doubt();
    return isDash(this.line(), indent) ? this.sequence(indent, depth) : this.mapping(indent, depth);
  }

  private mapping(indent: number, depth: number): PlainMap {
    const map = new Map<string, PlainYaml>();
    for (let next: number | undefined = indent; next === indent && !isDash(this.line(), indent); next = this.peek()) {
      const line = this.line();
      const key = readKey(line, indent);
      if (key === undefined || map.has(key.name)) throw new Doubt();
      map.set(key.name, this.value(line, key.end, indent, depth));
      this.leave(indent);
    }
    return map;
  }

  private sequence(indent: number, depth: number): PlainYaml[] {
    const list: PlainYaml[] = [];
    for (let next: number | undefined = indent; next === indent && isDash(this.line(), indent); next = this.peek()) {
      const line = this.line();
      const from = skipSpaces(line, indent + 1);
      if (isDash(line, from) || readKey(line, from) !== undefined) {
        // What follows the dash is a block of its own, at its own column.
        this.lines[this.at] = ' '.repeat(from) + line.slice(from);
        list.push(this.block(from, depth + 1));
      } else list.push(this.value(line, indent + 1, indent, depth, true));
      this.leave(indent);
    }
    return list;
  }

  /** After an entry: whatever comes next must not be deeper, or the entry was not what it looked like. */
  private leave(indent: number): void {
    if ((this.peek() ?? -1) > indent) throw new Doubt();
  }

  /** The value that starts at `line[from]`, behind `key:` or a dash in column `indent`. */
  private value(line: string, from: number, indent: number, depth: number, ofSequence = false): PlainYaml {
    const start = skipSpaces(line, from);
    if (start === line.length || (line[start] === '#' && start > from)) {
      this.at++;
      const next = this.peek();
      if (next === undefined || next < indent) return null;
      if (next > indent) return this.nested(next, indent, depth + 1);
      return !ofSequence && isDash(this.line(), next) ? this.sequence(next, depth + 1) : null;
    }
    const c = line[start];
    return c === '|' || c === '>'
      ? this.blockScalar(line.slice(start), indent, ofSequence)
      : this.inline(line, start, indent);
  }

  /** A value on lines of its own below its key: a block, or one flow collection. */
  private nested(next: number, indent: number, depth: number): PlainYaml {
    const line = this.line();
    return line[next] === '[' || line[next] === '{' ? this.inline(line, next, indent) : this.block(next, depth);
  }

  private inline(line: string, start: number, indent: number): PlainYaml {
    const c = line[start];
    if (c === '[' || c === '{') {
      const flow = readFlow(line, start);
      if (flow === undefined) throw new Doubt();
      this.endOfLine(line, flow.end);
      return flow.value;
    }
    return c === '"' || c === "'" ? this.quoted(line, start, indent) : this.plain(line.slice(start), indent);
  }

  private quoted(first: string, start: number, indent: number): string {
    const quote = first[start];
    // Lines are folded until one holds the closing quote; a line break is a space, n blank lines are n breaks.
    const folded: string[] = [];
    let last = first.slice(start);
    let blanks = 0;
    for (let isOpen = !closes(first, start + 1, quote); isOpen; ) {
      const line = this.lines[++this.at];
      if (line === undefined || line.includes('\t')) throw new Doubt();
      const from = skipSpaces(line, 0);
      if (from === line.length) {
        blanks++;
        continue;
      }
      if (from <= indent) throw new Doubt();
      if (quote === '"' && endsInBackslash(last)) {
        if (blanks > 0) throw new Doubt();
        folded.push(last.slice(0, -1));
      } else {
        // Behind an escaped space a trailing space is text, in front of a break it is none: too fine a point to rely on.
        if (quote === '"' && last.endsWith('\\ ')) throw new Doubt();
        folded.push(trimSpaces(last), blanks > 0 ? '\n'.repeat(blanks) : ' ');
      }
      last = line.slice(from);
      blanks = 0;
      isOpen = !closes(line, from, quote);
    }
    const text = folded.join('') + last;
    const scalar = readQuoted(text, 0);
    if (scalar === undefined || text.slice(0, scalar.end).includes('\t')) throw new Doubt();
    this.endOfLine(text, scalar.end);
    return scalar.value;
  }

  private plain(first: string, indent: number): PlainYaml {
    if (!PLAIN_START.test(first)) throw new Doubt();
    const { text, comment } = cutComment(first);
    if (!isPlainText(text)) throw new Doubt();
    this.at++;
    let value = text;
    let folded = false;
    for (let blanks = 0; !comment && this.at < this.lines.length; this.at++) {
      const line = this.line();
      const from = skipSpaces(line, 0);
      if (from === line.length) {
        blanks++;
        continue;
      }
      if (from <= indent || line[from] === '#') break;
      const more = trimSpaces(line.slice(from));
      if (more.includes(' #') || !isPlainText(more)) throw new Doubt();
      value += (blanks > 0 ? '\n'.repeat(blanks) : ' ') + more;
      folded = true;
      blanks = 0;
    }
    const resolved = folded ? value : resolvePlain(value);
    if (resolved === undefined) throw new Doubt();
    return resolved;
  }

  private blockScalar(header: string, indent: number, ofSequence: boolean): string {
    const match = BLOCK_HEADER.exec(header);
    const digit = match?.[3] ?? match?.[4];
    if (!match || (digit !== undefined && ofSequence)) throw new Doubt();
    this.at++;
    const content: string[] = [];
    let column = digit === undefined ? undefined : indent + Number(digit);
    let leading = 0;
    for (; this.at < this.lines.length; this.at++) {
      const line = this.line();
      const from = skipSpaces(line, 0);
      if (from === line.length) {
        leading = column === undefined ? Math.max(leading, from) : 0;
        content.push(column === undefined ? '' : line.slice(column));
        continue;
      }
      if (column === undefined) {
        if (from <= indent) break;
        // A blank line deeper than the text: the two specifications differ.
        if (leading > from || line[from] === '\t') throw new Doubt();
        column = from;
      }
      if (from < column) break;
      content.push(line.slice(column));
    }
    // Nothing but spaces at the end: some call that text.
    if (trimSpaces(content.findLast((line) => line !== '') ?? 'x') === '') throw new Doubt();
    if (column === undefined && leading > 0) throw new Doubt();
    let mode = match[2] ?? match[5];
    if (this.at >= this.lines.length) {
      // The end of the file: past the last line break there is no line, and without one there is none to keep.
      if (content.at(-1) === '') content.pop();
      else mode = '-';
    }
    return chomp(content, match[1] === '>', mode);
  }

  private endOfLine(line: string, end: number): void {
    const from = skipSpaces(line, end);
    if (from < line.length && (line[from] !== '#' || from === end)) throw new Doubt();
    this.at++;
  }
}

function isDash(line: string, at: number): boolean {
  return line[at] === '-' && (line.length === at + 1 || line[at + 1] === ' ');
}

/** A key at `line[from]`; `end` is the index behind its colon. */
function readKey(line: string, from: number): { readonly name: string; readonly end: number } | undefined {
  const c = line[from];
  if (c === '"' || c === "'") {
    const quoted = readQuoted(line, from);
    if (quoted === undefined || line[quoted.end] !== ':' || quoted.end - from > MAX_KEY) return undefined;
    if (line.length > quoted.end + 1 && line[quoted.end + 1] !== ' ') return undefined;
    return line.slice(from, quoted.end).includes('\t') ? undefined : { name: quoted.value, end: quoted.end + 1 };
  }
  PLAIN_KEY.lastIndex = from;
  const found = PLAIN_KEY.exec(line)?.[0];
  if (found === undefined || found.length > MAX_KEY) return undefined;
  const name = resolvePlainKey(found.slice(0, -1));
  return name === undefined ? undefined : { name, end: from + found.length };
}

function cutComment(text: string): { readonly text: string; readonly comment: boolean } {
  const hash = text.indexOf(' #');
  return { text: trimSpaces(hash < 0 ? text : text.slice(0, hash)), comment: hash >= 0 };
}

function isPlainText(text: string): boolean {
  return !text.includes(': ') && !text.endsWith(':') && !text.includes('\t');
}
