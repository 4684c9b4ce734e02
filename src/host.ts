/** The process, as commands see it. Only `cli.ts` has the real one; tests bring their own. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Writes all bytes before it returns. A reader that has gone away is no error: the rest is dropped. */
  write(stream: 1 | 2, bytes: Uint8Array | string): void;
  /** Whether what was written last left a line unfinished where our next one on stderr would go. Absent: never. What a command writes to streams it has from us is not known. */
  unfinished?(): boolean;
  isTerminal(stream: 1 | 2): boolean;
  /** Calls back for each signal a person or a job runner sends, instead of ending the process. @returns how to stop listening */
  onSignal(callback: (signal: NodeJS.Signals) => void): () => void;
  /** Each command gets a process group of its own, and all signals from us: those of the terminal do not reach it. Absent: false. */
  readonly ownGroups?: boolean;
  /** Milliseconds since some fixed moment. */
  now(): number;
}

/** Lines of our own, for stderr: on lines of their own, whatever a command left there. */
export function ownLines(host: Pick<Host, 'unfinished'>, lines: string): string {
  return lines !== '' && host.unfinished?.() === true ? `\n${lines}` : lines;
}

/**
 * The writing half of a host: bytes go out as they are, and how the last ones ended is known.
 * @param together whether both streams lead to one place: then what stands there last may have come on either
 */
export function writing(
  put: (stream: 1 | 2, bytes: Uint8Array) => void,
  together: () => boolean,
): Required<Pick<Host, 'write' | 'unfinished'>> {
  const open = [false, false, false]; // by stream
  let latest = 2;
  return {
    write(stream, given) {
      const bytes = typeof given === 'string' ? Buffer.from(given) : given;
      if (bytes.length > 0) {
        latest = stream;
        open[stream] = bytes.at(-1) !== 0x0a;
      }
      put(stream, bytes);
    },
    unfinished: () => open[open[1] !== open[2] && together() ? latest : 2]!,
  };
}

/** The same process with another view of its environment. */
export function withEnvironment(host: Host, env: Host['env']): Host {
  return Object.create(host, { env: { value: env } }) as Host;
}
