/** Finds function calls in Go templates. A lexer for the inside of `{{ }}` only, one pass, no backtracking: linear in the text. */

/** Functions of Helm's templates (sprig 3.3.0) whose answer depends on the clock, the time zone or chance. */
export const VOLATILE: ReadonlySet<string> = new Set([
  ...[
    'now',
    'ago',
    'date',
    'dateInZone',
    'date_in_zone',
    'dateModify',
    'date_modify',
    'mustDateModify',
    'must_date_modify',
  ],
  ...['htmlDate', 'htmlDateInZone', 'toDate', 'mustToDate', 'unixEpoch', 'durationRound'],
  ...['randAlphaNum', 'randAlpha', 'randAscii', 'randNumeric', 'randBytes', 'randInt', 'shuffle', 'uuidv4'],
  ...['genPrivateKey', 'genCA', 'genCAWithKey', 'genSelfSignedCert', 'genSelfSignedCertWithKey'],
  ...['genSignedCert', 'genSignedCertWithKey', 'bcrypt', 'htpasswd', 'encryptAES'],
]);

/** What a text calls. `volatile`: function to the line (from 1) of its first use, in order of appearance. */
export interface Calls {
  readonly volatile: ReadonlyMap<string, number>;
  readonly tpl: boolean;
  readonly lookup: boolean;
  readonly dns: boolean;
  /** A string is a part of a template whose other parts, and with them the functions it calls, stand elsewhere: `printf "{{ %s }}" .x`. */
  readonly assembled: boolean;
}

// Text handed to these is a name or a message and never becomes a template.
const NAMES_AND_MESSAGES = new Set(['include', 'template', 'define', 'block', 'fail', 'required']);
// These look for their text in another one: `contains "{{" .x` makes no template.
const SEEKERS = new Set(['contains', 'hasPrefix', 'hasSuffix', 'trimPrefix', 'trimSuffix', 'split', 'splitList', 'splitn', 'regexMatch', 'mustRegexMatch', 'eq', 'ne', 'replace']); // biome-ignore format: a list
// A verb of `printf` for whatever text it is given. `%q` gives a string, which calls nothing.
const VERB = /^%[-+# 0-9.[\]*]*[svc]/;
// Templates within string literals within templates …: beyond this a literal's words are taken for calls.
const MAX_NESTING = 4;

/**
 * Not promised: a template whose text comes out of a function that decodes or rearranges it (`b64dec`, `join`, `reverse`).
 * @param text any text; bytes above 0x7f may come as one character each (latin1), only ASCII names matter
 */
export function findCalls(text: string): Calls {
  const found: Found = { names: [], assembled: false };
  scan(text, 1, 0, false, found);
  // A double-quoted YAML string has escapes for the quotes and line breaks of the template in it.
  if (text.includes('\\')) scan(unescaped(text), 1, 0, false, found);
  const calls = new Set(found.names.filter((item) => !item.literal).map((item) => item.name));
  const tpl = calls.has('tpl');
  const volatile = new Map<string, number>();
  // A bare name in a literal counts where templates are made from strings: `tpl (printf "{{ %s }}" "now")`.
  for (const { name, line, literal } of found.names) {
    if (VOLATILE.has(name) && (!literal || tpl)) volatile.set(name, Math.min(line, volatile.get(name) ?? line));
  }
  return {
    volatile,
    tpl,
    lookup: calls.has('lookup'),
    dns: calls.has('getHostByName'),
    assembled: found.assembled,
  };
}

interface Found {
  readonly names: { name: string; line: number; literal: boolean }[];
  assembled: boolean;
}

/** @param isPiece the text may be put together with others before it is a template */
function scan(text: string, firstLine: number, nesting: number, isPiece: boolean, found: Found): void {
  const lines = new Lines(text, firstLine);
  const open: OpenQuotes = { until: -1 };
  let commentEnd = 0;
  for (let at = text.indexOf('{{'); at >= 0; ) {
    at += 2;
    const inside = text[at] === '-' && isSpace(text.charCodeAt(at + 1)) ? at + 2 : at;
    if (text.startsWith('/*', inside)) {
      if (commentEnd >= 0 && commentEnd < inside + 2) commentEnd = text.indexOf('*/', inside + 2);
      // One that ends otherwise is none to Go: the text is of several templates, such as the values of a YAML file.
      const isComment = commentEnd >= 0 && /^(?:[ \t\r\n]-)?\}\}/.test(text.slice(commentEnd + 2, commentEnd + 6));
      at = text.indexOf('{{', isComment ? commentEnd + 2 : inside + 2);
      continue;
    }
    const action = readAction(text, at, open);
    // An action that nothing closes is not executed; but its strings may be other templates of the file, between their quotes.
    for (const token of action.tokens)
      if (action.closed || token.kind !== 'name') report(token, lines.at(token.at), nesting, found);
    found.assembled ||= action.bare || (isPiece && (action.verb || !action.closed));
    at = text.indexOf('{{', action.end);
    // `{{ "{{" }} now {{ "}}" }}`: what stands between is an action of the template that is written.
    const [only] = action.tokens;
    if (only?.kind === 'text' && only.text.lastIndexOf('{{') > only.text.lastIndexOf('}}') && at >= 0)
      scan(`{{${text.slice(action.end, at)}}}`, lines.at(action.end), nesting, false, found);
  }
}

/** Up to where no quote has a closing one on its line: looking for it once a line keeps the scan linear. */
interface OpenQuotes {
  until: number;
}

/** Line numbers of positions that only grow. */
class Lines {
  private next: number;
  private readonly text: string;
  private line: number;

  constructor(text: string, firstLine: number) {
    this.text = text;
    this.line = firstLine;
    this.next = text.indexOf('\n');
  }

  at(position: number): number {
    for (; this.next >= 0 && this.next < position; this.next = this.text.indexOf('\n', this.next + 1)) this.line++;
    return this.line;
  }
}

interface Token {
  readonly at: number;
  /** Behind it, with its quotes. */
  readonly end: number;
  /** Of a literal: what it says. */
  readonly text: string;
  /**
   * `text`: a literal that is its whole action, the way to write `{{` in a template's output. It is nobody's argument.
   * `sought`: a literal that is looked for in another text.
   */
  readonly kind: 'name' | 'literal' | 'sought' | 'text';
}

interface Action {
  readonly tokens: readonly Token[];
  readonly closed: boolean;
  /** A verb of `printf` stands where a function may be called. */
  readonly verb: boolean;
  /** Braces in a string of their own, as an argument; it is no token. */
  readonly bare: boolean;
  readonly end: number;
}

/** Names called and literals between `{{` and `}}`. An inner `{{` outside of literals starts anew: `end` points at it. */
function readAction(text: string, start: number, open: OpenQuotes): Action {
  const tokens: Token[] = [];
  let previous = '';
  let verb = false;
  let bare = false;
  let fieldEnd = -1;
  let at = start;
  while (at < text.length) {
    const c = text[at];
    if (c === '}' && text[at + 1] === '}')
      return { tokens: literalAlone(text, start, at, tokens) ?? tokens, closed: true, verb, bare, end: at + 2 };
    if (c === '{' && text[at + 1] === '{') break;
    if (c === '"' || c === '`') {
      const end = c === '"' ? endOfQuoted(text, at + 1, open) : text.indexOf('`', at + 1);
      if (end >= 0) {
        const written = text.slice(at + 1, end);
        const isBare = !/\w/.test(written); // calls nothing, and there may be very many
        const literal = c === '"' && !isBare ? unescaped(written) : written;
        if (isBare && tokens.length > 0) bare ||= literal.includes('{{') && !SEEKERS.has(previous);
        else if (literal.includes('{{') || !NAMES_AND_MESSAGES.has(previous))
          tokens.push({ at, end: end + 1, text: literal, kind: SEEKERS.has(previous) ? 'sought' : 'literal' });
        at = end;
        previous = '';
      }
      at++;
    } else if (c === "'") at = endOfChar(text, at);
    else if (c === '.' || c === '$') {
      at = endOfWord(text, at + 1);
      fieldEnd = at;
      previous = '';
    } else if (isWord(text.charCodeAt(at))) {
      const end = endOfWord(text, at);
      previous = text.slice(at, end);
      tokens.push({ at, end, text: previous, kind: 'name' });
      at = end;
    } else {
      // `.Values.%s` is a field whatever it will be called.
      const found = c === '%' ? VERB.exec(text.slice(at, at + 16)) : null;
      if (found !== null) {
        const end = endOfWord(text, at + found[0].length);
        if (at === fieldEnd) fieldEnd = end;
        else verb = true;
        at = end;
        continue;
      }
      // Control characters end it for Go too: what looks like an action in a picture is none.
      const code = text.charCodeAt(at);
      if (code < 0x20 && !isSpace(code)) break;
      at++;
    }
  }
  return { tokens, closed: false, verb, bare, end: Math.max(at, start) };
}

function literalAlone(
  text: string,
  start: number,
  end: number,
  tokens: readonly Token[],
): readonly Token[] | undefined {
  const [token] = tokens;
  if (tokens.length !== 1 || token?.kind !== 'literal') return undefined;
  const around = text.slice(start, token.at) + text.slice(token.end, end);
  return /^[-\s]*$/.test(around) ? [{ ...token, kind: 'text' }] : undefined;
}

function report(token: Token, line: number, nesting: number, found: Found): void {
  const { text, kind } = token;
  if (kind === 'name') {
    found.names.push({ name: text, line, literal: false });
    return;
  }
  const isTemplate = text.includes('{{');
  if (isTemplate && nesting < MAX_NESTING) scan(text, line, nesting + 1, kind === 'literal', found);
  if (kind !== 'text' || (isTemplate && nesting === MAX_NESTING)) reportWords(text, line, nesting < MAX_NESTING, found);
}

function reportWords(text: string, line: number, literal: boolean, found: Found): void {
  for (const word of text.match(/\w+/g) ?? []) if (VOLATILE.has(word)) found.names.push({ name: word, line, literal });
}

const ESCAPE = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{3})|(["'`\\/])|\r?\n[ \t]*|[abefnrtv])/gi;

/** What a string in quotes says, in Go or in YAML. Characters that no name of ours has may come out as others: blank, or gone. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  const unquoted = text.replaceAll('\\"', '"'); // by far the most, and much faster than below
  if (!unquoted.includes('\\')) return unquoted;
  return unquoted.replace(ESCAPE, (written, x?: string, u?: string, long?: string, octal?: string, itself?: string) => {
    const code = x ?? u ?? long;
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16) & 0xffff);
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    return itself ?? (/[\r\n]/.test(written) ? '' : ' ');
  });
}

/** Index of the closing quote, -1 when the line ends first. */
function endOfQuoted(text: string, from: number, open: OpenQuotes): number {
  if (from <= open.until) return -1;
  let at = from;
  for (; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '"') return at;
    if (text[at] === '\\' && text[at + 1] !== '\n') at++;
  }
  open.until = at;
  return -1;
}

/** Behind a character constant (`'"'`), or behind the quote when it is none. Up to 4 bytes a character, up to 10 an escape. */
function endOfChar(text: string, at: number): number {
  const close = text.indexOf("'", at + 2 + (text[at + 1] === '\\' ? 1 : 0));
  const isConstant =
    close > 0 && (close === at + 2 || (close < at + 13 && /^[\\\x80-\uffff]/.test(text[at + 1] ?? '')));
  return isConstant ? close + 1 : at + 1;
}

function endOfWord(text: string, from: number): number {
  let at = from;
  while (at < text.length && isWord(text.charCodeAt(at))) at++;
  return at;
}

function isWord(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code >= 128
  );
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}
