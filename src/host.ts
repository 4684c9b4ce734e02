/** The process, as commands see it. Only `cli.ts` has the real one; tests bring their own. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Writes all bytes before it returns. A reader that has gone away is no error: the rest is dropped. */
  write(stream: 1 | 2, bytes: Uint8Array | string): void;
  isTerminal(stream: 1 | 2): boolean;
  /** Calls back for each signal a person or a job runner sends, instead of ending the process. @returns how to stop listening */
  onSignal(callback: (signal: NodeJS.Signals) => void): () => void;
  /** Milliseconds since some fixed moment. */
  now(): number;
}

/** The same process with another view of its environment. */
export function withEnvironment(host: Host, env: Host['env']): Host {
  return Object.create(host, { env: { value: env } }) as Host;
}
