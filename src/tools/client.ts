/** Runs the client of a registry (go, npm, pip, cargo). What it says is shown only when it fails. */
import { execa } from 'execa';
import { ToolFault } from './problem.ts';
import type { Work } from './work.ts';

export interface ClientRun {
  /** For messages: what is fetched with it. */
  readonly of: string;
  readonly cwd: string;
  /** Over the environment of the user; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** @returns stdout. @throws ToolFault `client-missing`, `client-failed` */
export async function runClient(client: string, args: readonly string[], run: ClientRun, work: Work): Promise<string> {
  const result = await tryClient(client, args, run, work);
  if (result === null) throw new ToolFault({ code: 'client-missing', client, of: run.of });
  return result;
}

/** Null: it is not on PATH. */
export async function tryClient(
  client: string,
  args: readonly string[],
  { cwd, env = {} }: ClientRun,
  work: Work,
): Promise<string | null> {
  const all = { ...work.env, ...env };
  const result = await execa(client, args, {
    cwd,
    env: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<string, string>,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (!result.failed) return result.stdout;
  if (result.exitCode === undefined && result.signal === undefined && codeOf(result) === 'ENOENT') return null;
  throw new ToolFault({
    code: 'client-failed',
    client,
    detail: lastWords(result.stderr, result.stdout, result.shortMessage),
  });
}

function codeOf(error: { readonly code?: string | undefined; readonly cause?: unknown }): string | undefined {
  return error.code ?? (error.cause as NodeJS.ErrnoException | undefined)?.code;
}

/** The end of what it said, without empty lines: the reason stands there, mostly. */
function lastWords(...said: readonly (string | undefined)[]): string {
  const text = said.find((one) => one !== undefined && one.trim() !== '') ?? '';
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines
    .filter((line) => line !== '')
    .slice(-5)
    .join('\n');
}
