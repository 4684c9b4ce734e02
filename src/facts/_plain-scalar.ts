/** Scalars of the YAML subset of `_plain-yaml.ts`: what Go and every YAML 1.2 parser read alike, or `undefined`. */

/** A scalar written without quotes that Go may take for a number, a date or a bool (`yes`): there, but its value is not told. */
export class Loose {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type PlainYaml = null | boolean | string | Loose | readonly PlainYaml[] | PlainMap;
export type PlainMap = ReadonlyMap<string, PlainYaml>;

const NULLS = new Set(['', '~', 'null', 'Null', 'NULL']);
const TRUE = new Set(['true', 'True', 'TRUE']);
const FALSE = new Set(['false', 'False', 'FALSE']);
const YES_NO = /^(?:[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/;
// Go cannot write these as JSON, and so refuses the file.
const NOT_FINITE = /^[+-]?\.(?:inf|nan)$/i;
// Anything numeric in YAML 1.1 or 1.2, and what looks like it: wider than either on purpose. Two dots make a version, a string.
const NUMERIC =
  /^(?=[-+.0-9])[+-]?(?:0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)$/;
const DATE_LIKE = /^\d{4}-/;

/** What an unquoted scalar says. */
export function resolvePlain(text: string): PlainYaml | undefined {
  if (NULLS.has(text)) return null;
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  if (text === '<<' || NOT_FINITE.test(text)) return undefined;
  if (YES_NO.test(text) || NUMERIC.test(text) || DATE_LIKE.test(text)) return new Loose(text);
  return text;
}

/** The key an unquoted scalar stands for; Go refuses null and very large numbers as keys, `<<` is a merge. */
export function resolvePlainKey(text: string): string | undefined {
  const value = resolvePlain(text);
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (!(value instanceof Loose)) return undefined;
  if (/^(?:0|[1-9]\d{0,8})$/.test(text)) return text;
  // `yes` and `true` are one key to Go, `1.0` and `1` too: only the first kind is common enough to be understood.
  return YES_NO.test(text) ? (/^[yY]|^on$/i.test(text) ? 'true' : 'false') : undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '"': '"',
  '\\': '\\',
  ' ': ' ',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};
const HEX_LENGTH: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** A quoted scalar that starts at `text[from]`, all on one line after folding. `end` is the index after the closing quote. */
export function readQuoted(text: string, from: number): { readonly value: string; readonly end: number } | undefined {
  return text[from] === "'" ? readSingle(text, from + 1) : readDouble(text, from + 1);
}

function readSingle(text: string, from: number): { value: string; end: number } | undefined {
  let value = '';
  let at = from;
  for (;;) {
    const quote = text.indexOf("'", at);
    if (quote < 0) return undefined;
    value += text.slice(at, quote);
    if (text[quote + 1] !== "'") return { value, end: quote + 1 };
    value += "'";
    at = quote + 2;
  }
}

function readDouble(text: string, from: number): { value: string; end: number } | undefined {
  let value = '';
  let start = from;
  for (let at = from; at < text.length; at++) {
    const c = text[at];
    if (c === '"') return { value: value + text.slice(start, at), end: at + 1 };
    if (c !== '\\') continue;
    value += text.slice(start, at);
    const letter = text[++at] ?? '';
    const length = HEX_LENGTH[letter];
    if (length !== undefined) {
      const hex = text.slice(at + 1, at + 1 + length);
      const code = hex.length === length && /^[0-9a-fA-F]+$/.test(hex) ? Number.parseInt(hex, 16) : Number.NaN;
      if (!(code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) return undefined;
      value += String.fromCodePoint(code);
      at += length;
    } else {
      const known = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
      if (known === undefined) return undefined;
      value += known;
    }
    start = at + 1;
  }
  return undefined;
}

// Nothing that means something inside brackets, no colon: `[a:b]` and `{a:1}` are read in different ways.
const FLOW_PLAIN = /[A-Za-z0-9_./+$~-][A-Za-z0-9_./+$~@=()*;<>^ -]*/y;
const MAX_FLOW_DEPTH = 20;
/** A simple key ends within 1024 characters in both specifications. */
export const MAX_KEY = 500;

/** A flow collection on one line that starts at `text[from]`. */
export function readFlow(
  text: string,
  from: number,
  depth = 0,
): { readonly value: PlainYaml; readonly end: number } | undefined {
  if (depth > MAX_FLOW_DEPTH) return undefined;
  const isMap = text[from] === '{';
  const close = isMap ? '}' : ']';
  const map = new Map<string, PlainYaml>();
  const list: PlainYaml[] = [];
  let at = skipSpaces(text, from + 1);
  if (text[at] === close) return { value: isMap ? map : list, end: at + 1 };
  for (;;) {
    if (isMap) {
      const key = readFlowScalar(text, at);
      if (key === undefined || key.end - at > MAX_KEY || text[key.end] !== ':' || text[key.end + 1] !== ' ')
        return undefined;
      const name = key.quoted ? (key.value as string) : resolvePlainKey(key.text);
      if (name === undefined || map.has(name)) return undefined;
      const item = readFlowItem(text, skipSpaces(text, key.end + 1), depth);
      if (item === undefined) return undefined;
      map.set(name, item.value);
      at = skipSpaces(text, item.end);
    } else {
      const item = readFlowItem(text, at, depth);
      if (item === undefined) return undefined;
      list.push(item.value);
      at = skipSpaces(text, item.end);
    }
    if (text[at] === close) return { value: isMap ? map : list, end: at + 1 };
    if (text[at] !== ',') return undefined;
    at = skipSpaces(text, at + 1);
  }
}

function readFlowItem(text: string, at: number, depth: number): { value: PlainYaml; end: number } | undefined {
  return text[at] === '[' || text[at] === '{' ? readFlow(text, at, depth + 1) : readFlowScalar(text, at);
}

function readFlowScalar(
  text: string,
  at: number,
): { value: PlainYaml; text: string; quoted: boolean; end: number } | undefined {
  if (text[at] === '"' || text[at] === "'") {
    const quoted = readQuoted(text, at);
    return quoted && { ...quoted, text: quoted.value, quoted: true };
  }
  FLOW_PLAIN.lastIndex = at;
  const found = FLOW_PLAIN.exec(text)?.[0];
  if (found === undefined || (found[0] === '-' && (found.length === 1 || found[1] === ' '))) return undefined;
  const plain = trimSpaces(found);
  const value = resolvePlain(plain);
  return value === undefined ? undefined : { value, text: plain, quoted: false, end: at + plain.length };
}

export function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ') at++;
  return at;
}

/** Without spaces at the end. Only spaces: JavaScript's own trim also takes what YAML counts as text. */
export function trimSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === ' ') end--;
  return text.slice(0, end);
}
