/** Command line → a step: where it runs, how it is configured, which plugin has it, which program it would run. */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { PLUGINS } from '../../plugins/index.ts';
import { NEAR_STAGE } from '../base/paths.ts';
import { openWorkspace } from '../config.ts';
import { WgcacheError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { Command, Plugin, StepDescription } from '../plugin.ts';
import { matchPlugin } from '../step/match.ts';
import type { Warning } from '../step/outcome.ts';
import { makeStep, type Step } from '../step/step.ts';
import { findTool } from '../step/tool.ts';
import type { StepFlags } from './args.ts';

export interface Opened {
  readonly step: Step;
  readonly warnings: readonly Warning[];
}

export interface OpenOptions {
  /** False: nothing is written anywhere. */
  readonly writes: boolean;
  /** Stands between the plugin and whom it asks. */
  readonly overhear?: (plugin: Plugin) => Plugin;
}

/** @throws WgcacheError for a config that cannot be read, a command that does not exist, a description that cannot be resolved */
export async function openStep(
  host: Host,
  flags: StepFlags,
  argv: readonly [string, ...string[]],
  options: OpenOptions,
): Promise<Opened> {
  const cwd = realpathSync(host.cwd);
  const workspace = await openWorkspace(cwd, host.env, { remember: options.writes });
  const config = {
    ...workspace.config,
    log: flags.log ?? workspace.config.log,
    strict: flags.strict ?? workspace.config.strict,
    envMode: flags.envMode ?? workspace.config.envMode,
    verifyHits: flags.verifyHits ?? workspace.config.verifyHits,
  };
  const command: Command = { argv, cwd, root: workspace.root, env: host.env };
  const tool = await findTool(argv[0], command);
  const described = await describe(flags, config, command);
  const { plugin: matched, file } = await matchPlugin(argv, PLUGINS, config.plugins);
  if (matched.takesSums !== true && (described?.sha256.length ?? 0) > 0)
    throw new WgcacheError('usage', '--sha256 is for what curl or wget downloads to a file');
  const plugin = options.overhear?.(matched) ?? matched;
  const step = makeStep({ host, config, command, plugin, pluginFile: file, described, tool, writes: options.writes });
  if (options.writes) await sweepStages(step);
  return { step, warnings: workspace.warnings.map((text) => ({ code: 'workspace', text })) };
}

/** What a killed restore left in the workspace is nobody's input. */
async function sweepStages({ command: { root }, troubles }: Step): Promise<void> {
  const near = join(root, NEAR_STAGE);
  if (!existsSync(near)) return;
  const names = troubles.guard(() => readdirSync(near), []);
  if (names.length > 0 && !names.some((name) => name.startsWith('stage-'))) return; // tools, or somebody's own
  const stage = await import('../step/stage.ts');
  troubles.guard(() => stage.sweepStages(root), undefined);
}

/** Loads the describing part only when there is something to describe. */
async function describe(flags: StepFlags, config: Step['config'], command: Command): Promise<StepDescription | null> {
  const said =
    flags.task !== null ||
    flags.name !== null ||
    [flags.inputs, flags.outputs, flags.env, flags.secrets, flags.tools, flags.sha256].some((list) => list.length > 0);
  if (!said && config.steps.length === 0) return null;
  const { describeStep } = await import('./describe.ts');
  return await describeStep(flags, config, command.argv, command.cwd);
}
