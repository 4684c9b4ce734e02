/** What one of several steps prints: kept for the case that it fails, or shown as it comes, each line behind the name of its step. */

/** So many lines of a failure are shown. */
const TAIL_LINES = 40;
/** A line longer than that is cut in pieces: nobody ended it. */
const LINE_LENGTH = 4_096;

export class StepOutput {
  readonly #tail: string[] = [];
  readonly #open = { 1: '', 2: '' };
  readonly #decoders = { 1: new TextDecoder(), 2: new TextDecoder() };
  readonly #show: ((line: string) => void) | null;
  #lines = 0;

  /** @param show gets each line, without its end; null: they are only kept */
  constructor(show: ((line: string) => void) | null) {
    this.#show = show;
  }

  write(stream: 1 | 2, bytes: Uint8Array | string): void {
    const text = typeof bytes === 'string' ? bytes : this.#decoders[stream].decode(bytes, { stream: true });
    const lines = (this.#open[stream] + text).split('\n');
    this.#open[stream] = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    while (this.#open[stream].length > LINE_LENGTH) {
      this.#line(this.#open[stream].slice(0, LINE_LENGTH));
      this.#open[stream] = this.#open[stream].slice(LINE_LENGTH);
    }
  }

  /** No more will come: what no newline ended is a line too. */
  end(): void {
    for (const stream of [1, 2] as const) {
      const rest = this.#open[stream] + this.#decoders[stream].decode();
      this.#open[stream] = '';
      if (rest !== '') this.#line(rest);
    }
  }

  get tail(): readonly string[] {
    return this.#tail;
  }

  /** Lines that came before the tail. */
  get before(): number {
    return this.#lines - this.#tail.length;
  }

  #line(line: string): void {
    const text = plain(line);
    this.#lines += 1;
    this.#tail.push(text.slice(0, LINE_LENGTH));
    if (this.#tail.length > TAIL_LINES) this.#tail.shift();
    this.#show?.(text);
  }
}

/** As a terminal would leave it, colours and all: progress that was written over is gone, and nothing moves the cursor or rings. */
function plain(line: string): string {
  const last = line.replace(/\r+$/, '');
  const shown = last.slice(last.lastIndexOf('\r') + 1);
  const quiet = shown.replace(/\x1b\[[0-9;:]*m|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (found) =>
    found.length > 1 ? found : '\ufffd',
  );
  return quiet.includes('\x1b[') ? `${quiet}\x1b[0m` : quiet;
}

/** A line of a step, ended by a newline. */
export function stepLine(name: string, line: string): string {
  return `${name} | ${line}\n`;
}

/** The end of what a step that failed printed. */
export function tailText(name: string, { tail, before }: Pick<StepOutput, 'tail' | 'before'>): string {
  const left = before === 0 ? '' : stepLine(name, `(${before} lines before; --verbose shows all)`);
  return left + tail.map((line) => stepLine(name, line)).join('');
}
