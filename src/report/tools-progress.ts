/** A line a tool while tools are fetched: in place on a terminal, elsewhere one now and then. All on stderr. */
import type { Host } from '../host.ts';
import type { Progress } from '../tools/work.ts';
import { bytes, duration } from './units.ts';

const REDRAW_MS = 100;
const LINE_EVERY_MS = 10_000;
const WIDTH = 24;

export interface ToolLines {
  show(name: string, progress: Progress): void;
  /** Takes the tool's line away; `tell` may write its last one. */
  done(name: string, tell: () => void): void;
  end(): void;
}

/** @param host null: nothing is shown */
export function toolLines(host: Host | null, names: readonly string[]): ToolLines {
  if (host === null) return { show: () => undefined, done: (_, tell) => tell(), end: () => undefined };
  return host.isTerminal(2) ? new Block(host, names) : new Lines(host);
}

class Block implements ToolLines {
  readonly #host: Host;
  readonly #width: number;
  readonly #lines = new Map<string, { readonly progress: Progress; readonly since: number }>();
  #drawn = 0;
  #next = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(host: Host, names: readonly string[]) {
    this.#host = host;
    this.#width = Math.max(0, ...names.map((name) => name.length));
    // A build says nothing by itself, but its seconds go on.
    this.#timer = setInterval(() => this.#draw(), 500);
    this.#timer.unref();
  }

  show(name: string, progress: Progress): void {
    const there = this.#lines.get(name);
    const since = there?.progress.phase === progress.phase ? there.since : this.#host.now();
    this.#lines.set(name, { progress, since });
    if (this.#host.now() >= this.#next) this.#draw();
  }

  done(name: string, tell: () => void): void {
    this.#lines.delete(name);
    this.#clear();
    tell();
    this.#draw();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#clear();
  }

  #clear(): void {
    if (this.#drawn > 0) this.#host.write(2, `\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }

  #draw(): void {
    this.#next = this.#host.now() + REDRAW_MS;
    this.#clear();
    const lines = [...this.#lines].map(([name, { progress, since }]) => {
      const words = wordsOf(progress, this.#host.now() - since);
      return `${name.padEnd(this.#width)}  ${barOf(progress)}${words}\n`;
    });
    this.#host.write(2, lines.join(''));
    this.#drawn = lines.length;
  }
}

class Lines implements ToolLines {
  readonly #host: Host;
  readonly #tools = new Map<string, { readonly since: number; readonly phase: string; next: number }>();

  constructor(host: Host) {
    this.#host = host;
  }

  show(name: string, progress: Progress): void {
    const now = this.#host.now();
    let tool = this.#tools.get(name);
    if (tool?.phase !== progress.phase) {
      // A build takes long, and is told at once.
      tool = { since: now, phase: progress.phase, next: progress.phase === 'build' ? now : now + LINE_EVERY_MS };
      this.#tools.set(name, tool);
    }
    if (now < tool.next) return;
    tool.next = now + LINE_EVERY_MS;
    this.#host.write(2, `wgcache: ${name}: ${wordsOf(progress, now - tool.since)}\n`);
  }

  done(_name: string, tell: () => void): void {
    tell();
  }

  end(): void {}
}

function wordsOf(progress: Progress, ms: number): string {
  if (progress.phase === 'build') return `made by ${progress.by}${ms < 1_000 ? '' : `, ${duration(ms)}`}`;
  const { done, total } = progress;
  return total === null ? bytes(done) : `${bytes(done)} of ${bytes(total)}`;
}

function barOf(progress: Progress): string {
  if (progress.phase === 'build' || progress.total === null || progress.total === 0) return '';
  const full = Math.floor((WIDTH * Math.min(progress.done, progress.total)) / progress.total);
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] `;
}
