/** `helm package`: the whole chart tree in, one archive a chart out; archives and locks inside count by meaning (facts A6). */
import path from 'node:path';
import type { Context, Declaration, OutputRule, Plugin } from '../src/plugin.ts';
import { bypass, unsupported } from './_helm/bypass.ts';
import { chartInputs, chartMeta } from './_helm/chart.ts';
import { declaring } from './_helm/declaring.ts';
import { certificateInputs, chartPath, helmStep } from './_helm/settings.ts';
import { asTyped, spell } from './_helm/spell.ts';
import { helmCommand } from './_helm/subcommand.ts';
import { helmTool, LINK_MESSAGE } from './_helm/tool.ts';

export const plugin: Plugin = {
  name: 'helm-package',
  version: 1,
  match: (argv) => helmCommand(argv) === 'package',
  declare: (ctx) => declaring(ctx, declare),
};

async function declare(ctx: Context): Promise<Declaration> {
  const { line } = await helmStep(ctx, 'package');
  for (const flag of ['sign', 'key', 'keyring', 'passphrase-file']) {
    if (line.given.includes(flag)) bypass({ code: 'signing', flag: `--${flag}` });
  }
  if (line.on('dependency-update')) unsupported('--dependency-update');
  if (line.words.length === 0) unsupported('no chart');
  certificateInputs(ctx, line);
  ctx.env('SOURCE_DATE_EPOCH');
  const typed = line.value('destination') ?? '.';
  const destination = ctx.resolve(typed);
  const outputs: OutputRule[] = [];
  const charts = line.words.map((word) => chartPath(ctx, word));
  for (const [i, chart] of charts.entries()) {
    const file = path.join(destination, await archiveName(ctx, chart, `chart ${i}`, line.value('version')));
    if (outputs.some((rule) => rule.kind === 'file' && rule.path === file))
      unsupported('two charts of one name and version');
    outputs.push({
      kind: 'file',
      path: file,
      required: true,
      sameBy: { fact: 'chart-archive', field: 'meaning' },
      // `helm push` puts it into the manifest.
      keepMtime: true,
    });
  }
  const names = charts.map((chart, i) => ctx.nameOf(chart, `chart ${i}`));
  return {
    tool: helmTool(ctx),
    args: spell(line, names, (flag, values) => (flag === 'destination' ? spelledDestination(ctx, typed) : values)),
    shape: ['package', ...names, ctx.nameOf(destination, 'destination')],
    label: `helm package ${names.join(' ')}`,
    outputs,
    locks: { shared: charts.filter((chart) => chart !== destination) },
    stdout: 'progress',
    namesRoot: [/saved it to: /, LINK_MESSAGE],
    words: { fresh: 'the package is as it should be', restored: 'package put back' },
  };
}

async function archiveName(ctx: Context, chart: string, role: string, version: string | undefined): Promise<string> {
  const files = await chartInputs(ctx, chart, role);
  if (files === null) unsupported(`no chart at ${ctx.nameOf(chart, role)}`);
  const meta = await chartMeta(ctx, chart, role);
  const wanted = version || meta?.version;
  if (!meta?.ok || !meta.name || !wanted) unsupported('a Chart.yaml out of the ordinary');
  return `${meta.name}-${wanted}.tgz`;
}

/** Helm prints the path joined as typed, and the whole path for the default `.`, which is left out. */
function spelledDestination(ctx: Context, typed: string): readonly string[] | null {
  if (typed === '.') return null;
  return [path.isAbsolute(typed) ? asTyped(ctx, path.join(typed)) : `./${path.join(typed)}`];
}
