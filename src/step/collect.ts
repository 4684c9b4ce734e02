/** One look at a step: what the plugin declares, and the key that follows from it. */
import { digestOf } from '../base/digest.ts';
import { insideName } from '../base/paths.ts';
import { WgcacheError } from '../errors.ts';
import type { BypassReason, Command, Declaration, OutputRule, Pin, Plugin, StepDescription } from '../plugin.ts';
import { Bypass } from './bypass.ts';
import { conceal, concealLabel } from './conceal.ts';
import { StepContext, type Surroundings } from './context.ts';
import { KEY_VERSION, keyOf, type StepKey } from './key.ts';
import type { Mirror } from './remote.ts';
import { lookForTool, type Tool } from './tool.ts';

export interface Collected {
  readonly kind: 'watched';
  readonly declaration: Declaration;
  readonly key: StepKey;
  readonly context: StepContext;
  /** Helm's own files that the answers of servers go with: put right on a hit. */
  readonly mirrors: readonly Mirror[];
  /** The program to run: that of `argv[0]`. */
  readonly tool: Tool;
}

export interface Unwatched {
  readonly kind: 'bypass';
  readonly reason: BypassReason;
  /** What the plugin calls the step, when it got that far. */
  readonly label: string | null;
  /** What is held against its files all the same; null: the plugin did not get so far as to say. */
  readonly pins: readonly Pin[] | null;
  readonly tool: Tool;
}

/**
 * @param tool the program of `argv[0]`, found before
 * @throws WgcacheError for what the user must mend: a pattern that matches nothing
 */
export async function collect(plugin: Plugin, tool: Tool, around: Surroundings): Promise<Collected | Unwatched> {
  const context = new StepContext(around);
  let pins: readonly Pin[] | null = null;
  try {
    const declared = await plugin.declare(context);
    pins = declared.pins ?? null;
    const secrets = secretsOf(around.command, around.described);
    const label = declared.label === undefined ? null : concealLabel(declared.label, secrets);
    if ('bypass' in declared) return { kind: 'bypass', reason: declared.bypass, label, pins, tool };
    if (around.described !== null) await (await import('./described.ts')).addDescribed(context);
    await context.settle();
    const outside = declared.outputs
      .map(pathOf)
      .find((path) => insideName(around.command.root, context.resolve(path)) === null);
    if (outside !== undefined)
      return { kind: 'bypass', reason: { code: 'output-outside-root', path: outside }, label, pins, tool };
    const key = keyOf({
      version: KEY_VERSION,
      plugin: { name: plugin.name, version: plugin.version },
      args: conceal(declared.args, secrets, around.secrets.seal),
      cwd: context.nameOf(around.command.cwd),
      platform: `${process.platform}/${process.arch}`,
      env: Object.fromEntries(context.environment),
      tools: await toolDigests(declared, tool, context, around.pluginFile),
      inputs: Object.fromEntries(context.inputs),
      facts: Object.fromEntries(context.facts),
    });
    return {
      kind: 'watched',
      declaration: { ...declared, label: label ?? '' },
      key,
      context,
      mirrors: await around.mirrors(),
      tool,
    };
  } catch (error) {
    if (error instanceof WgcacheError) throw error;
    return {
      kind: 'bypass',
      reason: error instanceof Bypass ? error.reason : pluginFailed(plugin, error),
      label: null,
      pins,
      tool,
    };
  }
}

/** A plugin that breaks, the user's own or ours, must not break the step. */
export function pluginFailed({ name }: Plugin, error: unknown): { readonly code: 'plugin'; readonly text: string } {
  return { code: 'plugin', text: `plugin ${name} failed: ${error instanceof Error ? error.message : String(error)}` };
}

export function pathOf(rule: OutputRule): string {
  return 'dir' in rule ? rule.dir : rule.path;
}

/** Names a step for its memo and its earlier records: this checkout, this place, this kind of command. */
export function stepId(root: string, plugin: string, cwd: string, shape: readonly string[]): string {
  return digestOf(JSON.stringify([root, plugin, cwd, shape]));
}

/** Values of the variables that were declared secret. */
export function secretsOf({ env }: Command, described: StepDescription | null): string[] {
  return (described?.secrets ?? []).flatMap((name) => env[name] ?? []);
}

async function toolDigests(
  declared: Declaration,
  main: Tool,
  context: StepContext,
  pluginFile: string | null,
): Promise<Record<string, string>> {
  const extra = context.described?.tools ?? [];
  if (declared.tool !== null && declared.tool.scripts !== 'bytes' && main.script && extra.length === 0) {
    throw new Bypass({ code: 'tool-is-script', path: main.path });
  }
  const digests: [string, string][] = declared.tool === null ? [] : [[declared.tool.name, digestOfTool(main, context)]];
  for (const name of [...(declared.alsoTools ?? []), ...extra]) {
    const tool = await lookForTool(name, context.command);
    if (tool === null) throw new Bypass({ code: 'tool-not-found', name });
    digests.push([name, digestOfTool(tool, context)]);
  }
  if (pluginFile !== null) digests.push(['plugin file', context.digestAt(pluginFile) ?? '']);
  return Object.fromEntries(digests);
}

function digestOfTool(tool: Tool, context: StepContext): string {
  const digest = context.digestAt(tool.real);
  if (digest === null) throw new Bypass({ code: 'tool-not-found', name: tool.name });
  return digest;
}
