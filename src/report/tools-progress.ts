/** A line a tool while tools are fetched: in place on a terminal, elsewhere one now and then. All on stderr. */
import type { Host } from '../host.ts';
import type { Progress } from '../tools/work.ts';
import { bar, canRedraw, LiveLines } from './live.ts';
import { bytes, duration } from './units.ts';

const LINE_EVERY_MS = 10_000;

export interface ToolLines {
  show(name: string, progress: Progress): void;
  /** Takes the tool's line away; `tell` may write its last one. */
  done(name: string, tell: () => void): void;
  end(): void;
}

/** @param host null: nothing is shown */
export function toolLines(host: Host | null, names: readonly string[]): ToolLines {
  return host !== null && canRedraw(host) ? blockOf(host, new LiveLines(host, names)) : plainLines(host);
}

export function blockOf(host: Host, live: LiveLines): ToolLines {
  return new Block(host, live);
}

/** @param host null: nothing is shown */
export function plainLines(host: Host | null): ToolLines {
  if (host === null) return { show: () => undefined, done: (_, tell) => tell(), end: () => undefined };
  return new Lines(host);
}

class Block implements ToolLines {
  readonly #host: Host;
  readonly #live: LiveLines;
  readonly #phases = new Map<string, { readonly phase: string; readonly since: number }>();

  constructor(host: Host, live: LiveLines) {
    this.#host = host;
    this.#live = live;
  }

  show(name: string, progress: Progress): void {
    const there = this.#phases.get(name);
    const since = there?.phase === progress.phase ? there.since : this.#host.now();
    this.#phases.set(name, { phase: progress.phase, since });
    this.#live.set(name, (now) => barOf(progress) + wordsOf(progress, now - since));
  }

  done(name: string, tell: () => void): void {
    this.#live.remove(name);
    this.#live.aside(tell);
  }

  end(): void {
    this.#live.end();
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
  return bar(progress.done, progress.total);
}
