/** Lines in place on a terminal, one for each thing that goes on. On stderr. */
import type { Host } from '../host.ts';

const REDRAW_MS = 100;
/** What says nothing by itself still shows its seconds. */
const TICK_MS = 500;
/** A line that wraps could not be taken away again; how wide the terminal is costs too much to ask. */
const COLUMNS = 79;

/** Whether lines can be taken away again. */
export function canRedraw(host: Host): boolean {
  return host.isTerminal(2) && host.env.TERM !== 'dumb';
}

export class LiveLines {
  readonly #host: Host;
  readonly #width: number;
  readonly #foot: () => string | null;
  readonly #lines = new Map<string, (now: number) => string>();
  readonly #timer: NodeJS.Timeout;
  #drawn = 0;
  #next = 0;

  /** @param foot a last line, for the whole */
  constructor(host: Host, names: readonly string[], foot: () => string | null = () => null) {
    this.#host = host;
    this.#width = Math.max(0, ...names.map((name) => name.length));
    this.#foot = foot;
    this.#timer = setInterval(() => this.#draw(), TICK_MS);
    this.#timer.unref();
  }

  /** @param text of the line, made anew each time it is drawn */
  set(name: string, text: (now: number) => string): void {
    this.#lines.set(name, text);
    if (this.#host.now() >= this.#next) this.#draw();
  }

  remove(name: string): void {
    this.#lines.delete(name);
  }

  /** Lets somebody else write. */
  aside(write: () => void): void {
    this.#clear();
    write();
    this.#draw();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#clear();
    this.#lines.clear();
  }

  #clear(): void {
    if (this.#drawn > 0) this.#host.write(2, `\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }

  #draw(): void {
    const now = this.#host.now();
    this.#next = now + REDRAW_MS;
    this.#clear();
    const lines = [...this.#lines].map(([name, text]) => `${name.padEnd(this.#width)}  ${text(now)}`);
    const foot = this.#foot();
    if (foot !== null) lines.push(foot);
    this.#host.write(2, lines.map((line) => `${line.slice(0, COLUMNS)}\n`).join(''));
    this.#drawn = lines.length;
  }
}

/** `[#####.....] ` */
export function bar(done: number, total: number, width = 24): string {
  const full = total === 0 ? 0 : Math.floor((width * Math.min(done, total)) / total);
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}] `;
}
