/** How far a prewarm is: on a terminal a line for each that goes on and a bar for all, elsewhere a line for each that ended. All on stderr. */
import type { Host } from '../host.ts';
import { bar, canRedraw, LiveLines } from './live.ts';
import { blockOf, plainLines, type ToolLines } from './tools-progress.ts';
import { duration } from './units.ts';

export interface WarmProgress {
  /** For the part of it that installs; its end is not the end of it all. */
  readonly tools: ToolLines;
  started(name: string): void;
  ended(name: string): void;
  /** Writes a text of whole lines to stderr, beside what stands there. */
  say(text: string): void;
  /** `[3/7]` */
  at(): string;
  readonly isLive: boolean;
  end(): void;
}

/** @param quiet only what is said goes out */
export function warmProgress(host: Host, names: readonly string[], quiet: boolean): WarmProgress {
  const live = !quiet && canRedraw(host);
  return live ? new Live(host, names) : new Plain(host, names.length, quiet);
}

class Live implements WarmProgress {
  readonly isLive = true;
  readonly tools: ToolLines;
  readonly #host: Host;
  readonly #live: LiveLines;
  readonly #all: number;
  #done = 0;

  constructor(host: Host, names: readonly string[]) {
    this.#host = host;
    this.#all = names.length;
    this.#live = new LiveLines(host, names, () => `${bar(this.#done, this.#all)}${this.#done} of ${this.#all}`);
    const block = blockOf(host, this.#live);
    this.tools = { show: block.show.bind(block), done: block.done.bind(block), end: () => undefined };
  }

  started(name: string): void {
    const since = this.#host.now();
    this.#live.set(name, (now) => duration(now - since));
  }

  ended(name: string): void {
    this.#done += 1;
    this.#live.remove(name);
    this.#live.aside(() => undefined);
  }

  say(text: string): void {
    this.#live.aside(() => this.#host.write(2, text));
  }

  at(): string {
    return `[${this.#done}/${this.#all}]`;
  }

  end(): void {
    this.#live.end();
  }
}

class Plain implements WarmProgress {
  readonly isLive = false;
  readonly tools: ToolLines;
  readonly #host: Host;
  readonly #all: number;
  #done = 0;

  constructor(host: Host, all: number, quiet: boolean) {
    this.#host = host;
    this.#all = all;
    this.tools = plainLines(quiet ? null : host);
  }

  started(): void {}

  ended(): void {
    this.#done += 1;
  }

  say(text: string): void {
    this.#host.write(2, text);
  }

  at(): string {
    return `[${this.#done}/${this.#all}]`;
  }

  end(): void {}
}
