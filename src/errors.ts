/** What went wrong, for the person at the prompt: one sentence, what to do next, and the exit code a shell user expects. */
export type ErrorCode =
  | 'usage' // the words of the command line are off
  | 'config' // a configuration file cannot be read or says something we do not know
  | 'taskfile' // `--task` names something we cannot resolve
  | 'not-found' // the command to wrap does not exist
  | 'not-executable' // it exists, but cannot be executed
  | 'audit' // an audit cannot be made
  | 'output' // what the command said cannot be written where it should go
  | 'cache'; // the cache directory is in trouble, and `--strict` asked to fail

const EXIT_CODES: Record<ErrorCode, number> = {
  usage: 2,
  config: 2,
  taskfile: 2,
  'not-found': 127,
  'not-executable': 126,
  audit: 3,
  output: 1,
  cache: 1,
};

export class WgcacheError extends Error {
  readonly code: ErrorCode;
  /** What to do next, shown on a line of its own. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WgcacheError';
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}
