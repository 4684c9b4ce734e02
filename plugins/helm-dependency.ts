/**
 * `helm dependency update` and `build`: keyed on the resolution (index entries, manifest digests, `file://` trees), not
 * on what lies in charts/ before, since Helm replaces or deletes that anyway (facts A2-A4, H).
 */
import path from 'node:path';
import type { ChartArchive } from '../src/facts/values.ts';
import type { Context, Declaration, OutputRule, Plugin } from '../src/plugin.ts';
import { bypass, unsupported } from './_helm/bypass.ts';
import { declaring } from './_helm/declaring.ts';
import { type DependencyChart, dependencyChart, dependencyFacts } from './_helm/dependency-chart.ts';
import { confirmDependencies } from './_helm/dependency-confirm.ts';
import { indexed, otherIndexes, trustOf } from './_helm/dependency-index.ts';
import { type LocalDependency, localDependency } from './_helm/dependency-local.ts';
import { ociResolved } from './_helm/dependency-oci.ts';
import { dependencySources, type Sources } from './_helm/dependency-sources.ts';
import { repositories } from './_helm/repositories.ts';
import { certificateInputs, chartPath, type HelmStep, helmStep } from './_helm/settings.ts';
import { spell } from './_helm/spell.ts';
import { helmCommand } from './_helm/subcommand.ts';
import { helmTool, LINK_MESSAGE } from './_helm/tool.ts';

type Command = 'dependency update' | 'dependency build';

export const plugin: Plugin = {
  name: 'helm-dependency',
  version: 1,
  match: (argv) => commandOf(argv) !== null,
  declare: (ctx) => declaring(ctx, declare),
  facts: dependencyFacts,
};

function commandOf(argv: readonly string[]): Command | null {
  const command = helmCommand(argv);
  return command === 'dependency update' || command === 'dependency build' ? command : null;
}

async function declare(ctx: Context): Promise<Declaration> {
  const command = commandOf(ctx.command.argv) ?? unsupported('this command');
  const step = await helmStep(ctx, command);
  const { line } = step;
  for (const flag of ['verify', 'keyring'])
    if (line.given.includes(flag)) bypass({ code: 'signing', flag: `--${flag}` });
  if (line.words.length > 1) unsupported('more than one chart');
  certificateInputs(ctx, line);
  const dir = chartPath(ctx, line.words[0] ?? '.');
  const name = ctx.nameOf(dir, 'chart');
  const chart = await dependencyChart(ctx, dir);
  const common = {
    tool: helmTool(ctx),
    args: spell(line, [name]),
    shape: [command, name],
    label: `helm ${command} ${name}`,
    stdout: 'progress',
    namesRoot: [LINK_MESSAGE],
    words: { fresh: 'archives in charts/ are as they should be', restored: 'archives put back' },
  } as const;
  const locked = command === 'dependency build' ? lockedDependencies(ctx, chart) : null;
  const dependencies = locked ?? chart.dependencies;
  // Without dependencies Helm prints, fetches and writes nothing.
  if (dependencies.length === 0)
    return { ...common, outputs: [], words: { fresh: 'no dependencies', restored: 'no dependencies' } };
  ctx.env('SOURCE_DATE_EPOCH');
  const { sources, local, http, oci, trust } = await resolve(ctx, step, dir, chart, locked !== null);
  const expected = { lockPath: chart.lockPath, http, oci };
  const lock: OutputRule = {
    kind: 'file',
    path: chart.lockPath,
    required: true,
    sameBy: { fact: 'chart-lock', field: 'digest' },
    inPlace: true,
  };
  const archives = archiveSet(path.join(dir, 'charts'), sources, local);
  return {
    ...common,
    outputs: locked === null ? [archives, lock] : [archives],
    trouble: REFRESH_FAILED,
    locks: { exclusive: [dir], shared: [...new Set(local.map((l) => l.dir))] },
    confirm: (made, after) => confirmDependencies(expected, made, after),
    ...(trust === null ? {} : { maxAgeMs: trust }),
  };
}

/** Helm goes on with the index it has, and says so. It refreshes repositories that this chart does not use, too. */
const REFRESH_FAILED = /^\.\.\.Unable to get an update from the ".*" chart repository /;

/** `build` goes by the lock where there is one; `null`: there is none, and Helm updates instead. */
function lockedDependencies(ctx: Context, chart: DependencyChart): DependencyChart['dependencies'] | null {
  if (chart.lock === null) {
    ctx.note('lock', 'absent');
    return null;
  }
  if (!chart.lock.loads) unsupported('a lock file out of the ordinary');
  if (chart.dependencies.length === 0) unsupported('a lock file without dependencies');
  ctx.note('lock', { digest: chart.lock.digest, dependencies: chart.lock.dependencies });
  return chart.lock.dependencies;
}

async function resolve(ctx: Context, step: HelmStep, dir: string, chart: DependencyChart, locked: boolean) {
  const { line, paths } = step;
  const known = await repositories(ctx, paths);
  const sources = dependencySources(locked ? (chart.lock?.dependencies ?? []) : chart.dependencies, known);
  const refresh = !line.on('skip-refresh');
  // Helm refreshes all repositories and prints their names.
  if (refresh)
    ctx.note(
      'repositories',
      known.map((r) => r.name),
    );
  if (locked) noteAliases(ctx, chart, known);
  const asking = { paths, refresh, managedOnly: locked };
  const [local, http, oci] = await Promise.all([
    Promise.all(sources.local.map((dependency) => localDependency(ctx, dir, dependency))),
    indexed(ctx, sources.http, asking),
    ociResolved(ctx, sources.oci, line, paths),
    otherIndexes(ctx, asking, known, sources.http),
  ]);
  return { sources, local, http, oci, trust: await trustOf(ctx, http) };
}

/** The lock's digest is checked against Chart.yaml with `@name` replaced by what repositories.yaml says now. */
function noteAliases(ctx: Context, chart: DependencyChart, known: readonly { name: string; url: string }[]): void {
  for (const { repository } of chart.dependencies) {
    const name = /^(?:@|alias:)(.*)$/s.exec(repository)?.[1];
    if (name !== undefined) ctx.note(`alias ${name}`, known.find((r) => r.name === name)?.url ?? null);
  }
}

/**
 * Archives right in charts/ are Helm's to replace or delete, but for those of `repository: ""`. One that may not load (we are careful about
 * YAML, Helm is not) counts too: before a run it is in the key by its bytes, after one that succeeded it is what Helm fetched.
 */
function archiveSet(charts: string, sources: Sources, local: readonly LocalDependency[]): OutputRule {
  const downloaded = new Set([...sources.http, ...sources.oci].map((wanted) => wanted.name));
  // Helm packs these anew each time: their bytes differ, their meaning does not.
  const packed = new Set(local.map((l) => l.name).filter((name) => name !== null && !downloaded.has(name)));
  return {
    kind: 'set',
    dir: charts,
    suffix: '.tgz',
    fact: 'chart-archive',
    owns: (value) => {
      const archive = value as ChartArchive;
      return archive.name === null || !sources.unpacked.has(archive.name);
    },
    sameBy: (value) => {
      const archive = value as ChartArchive;
      if (archive.meaning === null || archive.name === null || !packed.has(archive.name)) return undefined;
      return { fact: 'chart-archive', field: 'meaning' };
    },
  };
}
