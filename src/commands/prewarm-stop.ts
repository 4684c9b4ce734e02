/**
 * Ctrl-C while several commands run: each gets the signal, nothing new is started, and what has begun to run is waited for. A second one
 * kills what is left. The commands have process groups of their own: one that is being started while Ctrl-C is pressed would miss it.
 */
import type { Host } from '../host.ts';

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** A command was about to be started when all was to end. */
export class Stopped extends Error {}

/** What a step has in place of the process's signals. */
export interface Listening {
  /** Called before a command is started. @throws Stopped */
  readonly onSignal: Host['onSignal'];
  /** The step has ended. */
  done(): void;
}

export class Stop {
  /** The signal that ends it all. */
  signal: NodeJS.Signals | null = null;
  /** Resolves once nothing runs any more after a signal. */
  readonly stopped: Promise<void>;
  readonly #listeners = new Set<(signal: NodeJS.Signals) => void>();
  /** Steps that have started a command. One that still waits for a lock is not waited for. */
  readonly #running = new Set<Listening>();
  readonly #end: () => void;
  #resolve: () => void = () => undefined;

  constructor(host: Host) {
    this.stopped = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#end = host.onSignal((signal) => this.#heard(signal));
  }

  /** No longer listens. */
  end(): void {
    this.#end();
  }

  listening(): Listening {
    const one: Listening = {
      onSignal: (callback) => {
        if (this.signal !== null) throw new Stopped();
        this.#running.add(one);
        this.#listeners.add(callback);
        return () => void this.#listeners.delete(callback);
      },
      done: () => {
        this.#running.delete(one);
        this.#check();
      },
    };
    return one;
  }

  #heard(signal: NodeJS.Signals): void {
    const again = this.signal !== null && ENDING.includes(signal);
    for (const listener of [...this.#listeners]) listener(again ? 'SIGKILL' : signal);
    if (ENDING.includes(signal)) this.signal ??= signal;
    this.#check();
  }

  #check(): void {
    if (this.signal !== null && this.#running.size === 0) this.#resolve();
  }
}
