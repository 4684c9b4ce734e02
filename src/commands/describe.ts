/** What the user said of a step, put together: flags, on top of a `steps:` entry of the config or of a task of the Taskfile. */
import { dirname, isAbsolute, join, relative } from 'node:path';
import { escapeGlob } from '../base/glob.ts';
import { nearest } from '../base/nearest.ts';
import type { Config, StepConfig } from '../config.ts';
import { WgcacheError } from '../errors.ts';
import type { StepDescription } from '../plugin.ts';
import type { StepFlags } from './args.ts';

/** What there is to say of a step, wherever it was said. */
type Said = Omit<StepDescription, 'envMode'>;

/**
 * @param cwd absolute, symlinks resolved; paths of the answer are relative to it
 * @returns `null` when nothing was said; a name alone describes nothing
 * @throws WgcacheError `taskfile` for a `--task` that cannot be resolved, `usage` for a `--name` that no entry has where there are entries, `config`
 * when two of them fit the command equally well
 */
export async function describeStep(
  flags: StepFlags,
  config: Config,
  argv: readonly string[],
  cwd: string,
): Promise<StepDescription | null> {
  const entry = entryFor(flags, config, argv, cwd);
  const said: Said[] = [flags];
  if (entry !== null) said.unshift(rebased(entry, dirname(config.file as string), cwd));
  if (flags.task !== null) {
    const { resolveTask } = await import('../taskfile/resolve.ts');
    said.unshift((await resolveTask(flags.task, cwd)).description);
  }
  const all = (part: 'inputs' | 'outputs' | 'env' | 'secrets' | 'tools'): string[] => [
    ...new Set(said.flatMap((one) => one[part])),
  ];
  const description: StepDescription = {
    name: said.findLast(({ name }) => name !== null)?.name ?? null,
    inputs: all('inputs').filter((pattern, _, inputs) => !inputs.includes(`?${pattern}`)), // Task has no word for "may match nothing"
    outputs: all('outputs'),
    env: all('env'),
    secrets: all('secrets'),
    tools: all('tools'),
    sha256: said.findLast((one) => one.sha256.length > 0)?.sha256 ?? [], // a list in order: those of the flags go over it
    envMode: flags.envMode ?? entry?.envMode ?? config.envMode,
  };
  const { inputs, outputs, env, secrets, tools, sha256 } = description;
  refusePatterns(outputs);
  refuseNoFiles(inputs);
  const several = [...env, ...secrets].find((name) => /[*?\s]/.test(name));
  if (several !== undefined)
    throw new WgcacheError('usage', `a variable is named by its whole name, not by a pattern: ${several}`);
  return [inputs, outputs, env, secrets, tools, sha256].every((list) => list.length === 0) ? null : description;
}

/** What a command will make cannot be matched before it ran: outputs are named. */
function refusePatterns(outputs: readonly string[]): void {
  const pattern = outputs.find((path) => /[*?]/.test(path));
  if (pattern === undefined) return;
  throw new WgcacheError('usage', `an output is a file or a directory, not a pattern: ${pattern}`, {
    hint: 'Name the directory that holds what the command makes.',
  });
}

/** A slip that would leave the step without the input that was meant. */
function refuseNoFiles(inputs: readonly string[]): void {
  const empty = inputs.find((pattern) => /^[!?]$/.test(pattern));
  if (empty !== undefined) throw new WgcacheError('usage', `an input is a pattern; behind ${empty} there is none`);
  if (inputs.length === 0 || inputs.some((pattern) => !pattern.startsWith('!'))) return;
  throw new WgcacheError('usage', `the input '${inputs[0]}' leaves files out, and no other input names any`, {
    hint: "Name the files that count as well: '**', or 'src/**'.",
  });
}

/** The entry `--name` names; else, unless a task is named, the one with the longest beginning of the command. */
function entryFor(flags: StepFlags, { steps, file }: Config, argv: readonly string[], cwd: string): StepConfig | null {
  const named = steps.find(({ name }) => name === flags.name);
  if (named !== undefined) return named;
  // Where there are no entries the name is a mere label. Where there are, a slip would leave out the inputs of the one that was meant.
  if (flags.name !== null && steps.length > 0) throw noSuchEntry(flags.name, steps, relative(cwd, file as string));
  if (flags.task !== null) return null;
  const fitting = steps.filter(({ match }) => match?.every((word, index) => word === argv[index]));
  const longest = Math.max(0, ...fitting.map(({ match }) => match?.length ?? 0));
  const [first, second] = fitting.filter(({ match }) => match?.length === longest);
  if (first !== undefined && second !== undefined) {
    throw new WgcacheError(
      'config',
      `${relative(cwd, file as string)}: the steps ${first.name} and ${second.name} have the same command`,
      { hint: `Choose one with --name ${first.name} or --name ${second.name}.` },
    );
  }
  return first ?? null;
}

function noSuchEntry(wanted: string, steps: readonly StepConfig[], file: string): WgcacheError {
  const names = steps.map(({ name }) => name);
  const near = nearest(wanted, names);
  const hint =
    near === null
      ? `steps: of ${file} has ${names.join(', ')}. Leave --name out, or add an entry.`
      : `Did you mean --name ${near}?`;
  return new WgcacheError('usage', `--name ${wanted}: no such entry in steps: of ${file}`, { hint });
}

/** Paths of the config are relative to its directory. */
function rebased(entry: StepConfig, dir: string, cwd: string): Said {
  if (dir === cwd) return entry;
  const path = (text: string): string => (isAbsolute(text) ? text : relative(cwd, join(dir, text)) || '.');
  const glob = (pattern: string): string => {
    const [, mark = '', text = ''] = /^([!?]?)(.*)$/s.exec(pattern) ?? [];
    if (isAbsolute(text)) return pattern;
    return mark + (relative(escapeGlob(cwd), join(escapeGlob(dir), text)) || '.');
  };
  return { ...entry, inputs: entry.inputs.map(glob), outputs: entry.outputs.map(path) };
}
