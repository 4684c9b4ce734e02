/** What cannot be taken from a Taskfile, and where it stands. */
import { relative } from 'node:path';
import { WgcacheError } from '../errors.ts';

/** A place in a Taskfile: absolute path, and line from 1. */
export interface Where {
  readonly file: string;
  readonly line: number;
}

/** A text and where it stands. */
export interface Located extends Where {
  readonly text: string;
}

/** Thrown below; {@link taskfileError} makes the sentence for the person at the prompt. */
export class TaskfileFault extends Error {
  readonly where: Where;
  readonly hint: string | undefined;

  constructor({ file, line }: Where, message: string, hint?: string) {
    super(message);
    this.where = { file, line };
    this.hint = hint;
  }
}

/** Of a variable that another task sets when it calls this one: nobody tells us by whom it was called. */
export class CalledFault extends TaskfileFault {}

/** What to do about anything that is not written out. */
export const LITERAL_HINT = 'Write it out, or describe the step with --input and --output instead of --task.';

export function taskfileError(fault: unknown, cwd: string): unknown {
  if (!(fault instanceof TaskfileFault)) return fault;
  const hint = fault.hint === undefined ? {} : { hint: fault.hint };
  return new WgcacheError('taskfile', `${relative(cwd, fault.where.file)}:${fault.where.line}: ${fault.message}`, hint);
}
