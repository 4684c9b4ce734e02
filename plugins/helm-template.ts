/** `helm template` of a local chart, without a cluster: the whole tree and the values in, manifests out (facts A7). */
import type { Context, Declaration, OutputRule, Plugin } from '../src/plugin.ts';
import { bypass, unsupported } from './_helm/bypass.ts';
import { chartInputs } from './_helm/chart.ts';
import { declaring } from './_helm/declaring.ts';
import type { CommandLine } from './_helm/flags.ts';
import { noteNamespace } from './_helm/namespace.ts';
import { certificateInputs, chartPath, helmStep } from './_helm/settings.ts';
import { asTyped, spell } from './_helm/spell.ts';
import { helmCommand } from './_helm/subcommand.ts';
import { helmTool, LINK_MESSAGE } from './_helm/tool.ts';
import { valueFiles } from './_helm/values.ts';
import { refuseVolatile } from './_helm/volatile.ts';

export const plugin: Plugin = {
  name: 'helm-template',
  version: 1,
  match: (argv) => helmCommand(argv) === 'template',
  declare: (ctx) => declaring(ctx, declare),
};

async function declare(ctx: Context): Promise<Declaration> {
  const { line } = await helmStep(ctx, 'template');
  refuseFlags(line);
  if (line.words.length === 0 || line.words.length > 2) unsupported('other than [NAME] CHART');
  certificateInputs(ctx, line);
  await noteNamespace(ctx, line);
  const typed = line.words.at(-1)!;
  const chart = chartPath(ctx, typed.trim());
  // What is no path here, Helm looks for in a repository or registry.
  const files = typed.startsWith('oci://') ? null : await chartInputs(ctx, chart, 'chart');
  if (files === null) bypass({ code: 'remote-chart', ref: typed });
  const values = valueFiles(ctx, line);
  await refuseVolatile(ctx, line, files, values.files);
  const name = ctx.nameOf(chart, 'chart');
  const output = line.value('output-dir') || null;
  const respell = (flag: string, given: readonly string[]) => {
    if (flag === 'output-dir') return given.map((dir) => asTyped(ctx, dir));
    return values.respell(flag) ?? given;
  };
  return {
    tool: helmTool(ctx),
    args: spell(line, [...line.words.slice(0, -1), name], respell),
    shape: ['template', ...line.words.slice(0, -1), name, ...values.files.map((file) => file.name)],
    label: `helm template ${[...line.words.slice(0, -1), name].join(' ')}`,
    outputs: output === null ? [] : [outputTree(ctx, output)],
    locks: { shared: [chart] },
    stdout: output === null ? 'product' : 'progress',
    namesRoot: output === null ? [LINK_MESSAGE] : [/^wrote /, LINK_MESSAGE],
    words: { fresh: 'rendered from the cache', restored: 'manifests put back' },
  };
}

function refuseFlags(line: CommandLine): void {
  if (line.on('validate')) bypass({ code: 'live-cluster', flag: '--validate' });
  const dry = line.value('dry-run');
  if (dry !== undefined && !['', 'client', 'true'].includes(dry))
    bypass({ code: 'live-cluster', flag: `--dry-run=${dry}` });
  if (line.on('verify')) bypass({ code: 'signing', flag: '--verify' });
  if (line.value('repo')) bypass({ code: 'remote-chart', ref: line.value('repo')!.replace(/\/\/[^/@]*@/, '//') });
  // A name made of the time.
  if (line.on('generate-name')) unsupported('--generate-name');
  if (line.value('post-renderer')) unsupported('--post-renderer');
  if (line.on('dependency-update')) unsupported('--dependency-update');
  if (line.value('name-template')?.includes('{{')) unsupported('code in --name-template');
}

/** Helm appends hooks to files an earlier run left there, so what lies in the directory counts (facts H). */
function outputTree(ctx: Context, typed: string): OutputRule {
  const dir = ctx.resolve(typed);
  for (const entry of ctx.tree(dir, { role: 'output-dir' }) ?? []) {
    if (entry.type === 'file') ctx.input(entry.path, 'content', `output-dir/${entry.rel}`);
  }
  return { kind: 'tree', path: dir, exclusive: false };
}
