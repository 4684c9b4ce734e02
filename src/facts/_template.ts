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
}

// Text handed to these is a name or a message and never becomes a template.
const NAMES_AND_MESSAGES = new Set(['include', 'template', 'define', 'block', 'fail', 'required']);
// Templates within string literals within templates …: beyond this a literal's words are taken for calls.
const MAX_NESTING = 4;

/** @param text any text; bytes above 0x7f may come as one character each (latin1), only ASCII names matter */
export function findCalls(text: string): Calls {
  const found: { name: string; line: number; literal: boolean }[] = [];
  scan(text, 1, 0, found);
  // In a double-quoted YAML string a template's own quotes are escaped.
  if (text.includes('\\"')) scan(text.replaceAll('\\"', '"'), 1, 0, found);
  const calls = new Set(found.filter((item) => !item.literal).map((item) => item.name));
  const tpl = calls.has('tpl');
  const volatile = new Map<string, number>();
  // A bare name in a literal counts where templates are made from strings: `tpl (printf "{{ %s }}" "now")`.
  for (const { name, line, literal } of found) {
    if (VOLATILE.has(name) && (!literal || tpl)) volatile.set(name, Math.min(line, volatile.get(name) ?? line));
  }
  return { volatile, tpl, lookup: calls.has('lookup'), dns: calls.has('getHostByName') };
}

type Found = { name: string; line: number; literal: boolean }[];

function scan(text: string, firstLine: number, nesting: number, found: Found): void {
  const lines = new Lines(text, firstLine);
  const open: OpenQuotes = { until: -1 };
  let hasCommentEnd = true;
  for (let at = text.indexOf('{{'); at >= 0; ) {
    at += 2;
    const inside = text[at] === '-' && isSpace(text.charCodeAt(at + 1)) ? at + 2 : at;
    if (hasCommentEnd && text.startsWith('/*', inside)) {
      const end = text.indexOf('*/', inside + 2);
      hasCommentEnd = end >= 0;
      at = text.indexOf('{{', hasCommentEnd ? end + 2 : at);
      continue;
    }
    const action = readAction(text, at, open);
    // An action that nothing closes is not executed.
    if (action.closed) for (const token of action.tokens) report(token, lines.at(token.at), nesting, found);
    at = text.indexOf('{{', action.end);
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
  readonly text: string;
  /** `text`: a literal that is its whole action, the way to write `{{` in a template's output. It is nobody's argument. */
  readonly kind: 'name' | 'literal' | 'text';
}

/** Names called and literals between `{{` and `}}`. An inner `{{` outside of literals starts anew: `end` points at it. */
function readAction(
  text: string,
  start: number,
  open: OpenQuotes,
): { readonly tokens: readonly Token[]; readonly closed: boolean; readonly end: number } {
  const tokens: Token[] = [];
  let previous = '';
  let at = start;
  while (at < text.length) {
    const c = text[at];
    if (c === '}' && text[at + 1] === '}')
      return { tokens: literalAlone(text, start, at, tokens) ?? tokens, closed: true, end: at + 2 };
    if (c === '{' && text[at + 1] === '{') break;
    if (c === '"' || c === '`') {
      const end = c === '"' ? endOfQuoted(text, at + 1, open) : text.indexOf('`', at + 1);
      if (end >= 0) {
        const literal = text.slice(at + 1, end);
        if (literal.includes('{{') || !NAMES_AND_MESSAGES.has(previous))
          tokens.push({ at, text: literal, kind: 'literal' });
        at = end;
        previous = '';
      }
      at++;
    } else if (c === "'") at = endOfChar(text, at);
    else if (c === '.' || c === '$') {
      at = endOfWord(text, at + 1);
      previous = '';
    } else if (isWord(text.charCodeAt(at))) {
      const end = endOfWord(text, at);
      previous = text.slice(at, end);
      tokens.push({ at, text: previous, kind: 'name' });
      at = end;
    } else {
      // Control characters end it for Go too: what looks like an action in a picture is none.
      const code = text.charCodeAt(at);
      if (code < 0x20 && !isSpace(code)) break;
      at++;
    }
  }
  return { tokens: [], closed: false, end: Math.max(at, start) };
}

function literalAlone(
  text: string,
  start: number,
  end: number,
  tokens: readonly Token[],
): readonly Token[] | undefined {
  const [token] = tokens;
  if (tokens.length !== 1 || token?.kind !== 'literal') return undefined;
  const around = text.slice(start, token.at) + text.slice(token.at + token.text.length + 2, end);
  return /^[-\s]*$/.test(around) ? [{ ...token, kind: 'text' }] : undefined;
}

function report(token: Token, line: number, nesting: number, found: Found): void {
  const { text, kind } = token;
  if (kind === 'name') {
    found.push({ name: text, line, literal: false });
    return;
  }
  const isTemplate = text.includes('{{');
  if (isTemplate && nesting < MAX_NESTING) scan(withoutEscapes(text), line, nesting + 1, found);
  if (kind === 'literal' || (isTemplate && nesting === MAX_NESTING))
    reportWords(text, line, nesting < MAX_NESTING, found);
}

function reportWords(text: string, line: number, literal: boolean, found: Found): void {
  for (const word of text.match(/\w+/g) ?? []) if (VOLATILE.has(word)) found.push({ name: word, line, literal });
}

function withoutEscapes(text: string): string {
  return text.includes('\\') ? text.replaceAll('\\n', '\n').replaceAll('\\"', '"').replaceAll('\\`', '`') : text;
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
