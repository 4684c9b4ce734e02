/** Every flag there is, once: the reader (`args.ts`) and the help (`help.ts`) both go by this table. */

export type StepCommand = 'wrap' | 'status' | 'explain' | 'audit';
export type CommandName = StepCommand | 'stats' | 'tools' | 'prewarm' | 'verify' | 'gc' | 'help';

export const COMMANDS: readonly CommandName[] = [
  'wrap',
  'status',
  'explain',
  'audit',
  'stats',
  'tools',
  'prewarm',
  'verify',
  'gc',
  'help',
];

export type FlagName =
  | 'input'
  | 'output'
  | 'env'
  | 'secret'
  | 'tool'
  | 'sha256'
  | 'env-mode'
  | 'name'
  | 'task'
  | 'stdin'
  | 'force'
  | 'dry-run'
  | 'log'
  | 'strict'
  | 'repair'
  | 'max-size'
  | 'max-age'
  | 'locked'
  | 'link'
  | 'jobs'
  | 'verbose'
  | 'verify-hits'
  | 'all'
  | 'json';

export interface Flag {
  /** What follows the flag; absent: nothing does. */
  readonly arg?: string;
  /** The only words that may follow. */
  readonly choices?: readonly string[];
  /** May be given more than once, and adds up. Of the others the last one counts. */
  readonly many?: true;
  readonly commands: readonly CommandName[];
}

const STEP: readonly CommandName[] = ['wrap', 'status', 'explain', 'audit'];

export const FLAGS: Readonly<Record<FlagName, Flag>> = {
  input: { arg: 'GLOB', many: true, commands: STEP },
  output: { arg: 'PATH', many: true, commands: STEP },
  env: { arg: 'NAME', many: true, commands: STEP },
  secret: { arg: 'NAME', many: true, commands: STEP },
  tool: { arg: 'NAME', many: true, commands: STEP },
  sha256: { arg: 'HEX', many: true, commands: STEP },
  'env-mode': { arg: 'MODE', choices: ['strict', 'loose'], commands: STEP },
  name: { arg: 'NAME', commands: STEP },
  task: { arg: 'NAME', commands: STEP },
  stdin: { commands: ['wrap', 'status', 'explain'] },
  force: { commands: ['wrap'] },
  'dry-run': { commands: ['wrap', 'prewarm', 'gc'] },
  log: { arg: 'WHAT', choices: ['full', 'errors', 'none'], commands: ['wrap'] },
  strict: { commands: ['wrap', 'status', 'explain', 'prewarm'] },
  repair: { commands: ['verify'] },
  'max-size': { arg: 'SIZE', commands: ['gc'] },
  'max-age': { arg: 'DURATION', commands: ['gc'] },
  locked: { commands: ['tools', 'prewarm'] },
  link: { commands: ['tools'] },
  jobs: { arg: 'N', commands: ['prewarm'] },
  verbose: { commands: ['prewarm'] },
  'verify-hits': { arg: 'PERCENT', commands: ['wrap'] },
  all: { commands: ['audit'] },
  json: { commands: ['wrap', 'status', 'explain', 'audit', 'stats', 'tools', 'prewarm', 'verify', 'gc'] },
};

/** The flags of a command, in the table's order. */
export function flagsOf(command: CommandName): FlagName[] {
  return (Object.keys(FLAGS) as FlagName[]).filter((name) => FLAGS[name].commands.includes(command));
}
