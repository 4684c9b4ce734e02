/** `helm lint`: as template, but for what it prints: the paths as typed and the chart's directory (facts A8). */
import type { Context, Declaration, Plugin } from '../src/plugin.ts';
import { unsupported } from './_helm/bypass.ts';
import { type ChartFile, chartInputs } from './_helm/chart.ts';
import { declaring } from './_helm/declaring.ts';
import { noteNamespace } from './_helm/namespace.ts';
import { chartPath, helmStep } from './_helm/settings.ts';
import { asTyped, spell } from './_helm/spell.ts';
import { helmCommand } from './_helm/subcommand.ts';
import { helmTool, LINK_MESSAGE } from './_helm/tool.ts';
import { valueFiles } from './_helm/values.ts';
import { refuseVolatile } from './_helm/volatile.ts';

export const plugin: Plugin = {
  name: 'helm-lint',
  version: 1,
  match: (argv) => helmCommand(argv) === 'lint',
  declare: (ctx) => declaring(ctx, declare),
};

async function declare(ctx: Context): Promise<Declaration> {
  const { line } = await helmStep(ctx, 'lint');
  await noteNamespace(ctx, line);
  // Helm 4 wants a path; it then says so itself, and that is not stored.
  const typed = line.words.length === 0 ? ['.'] : line.words;
  const charts = typed.map((word) => chartPath(ctx, word));
  const files: ChartFile[] = [];
  for (const [i, chart] of charts.entries()) {
    const found = await chartInputs(ctx, chart, `chart ${i}`);
    if (found === null) unsupported(`no chart at ${typed[i]}`);
    files.push(...found);
  }
  const values = valueFiles(ctx, line);
  await refuseVolatile(ctx, line, files, values.files);
  const names = charts.map((chart, i) => ctx.nameOf(chart, `chart ${i}`));
  const spelled = typed.map((word) => asTyped(ctx, word));
  return {
    tool: helmTool(ctx),
    args: spell(line, spelled, (flag, given) => values.respell(flag) ?? given),
    shape: ['lint', ...names],
    label: `helm lint ${names.join(' ')}`,
    outputs: [],
    locks: { shared: charts },
    stdout: 'progress',
    namesRoot: [/^==> Linting /, /^\[(?:INFO|WARNING|ERROR|UNKNOWN)\] /, LINK_MESSAGE],
    words: { fresh: 'already linted', restored: 'already linted' },
  };
}
