/**
 * `curl -o FILE URL`, `wget -O FILE URL`: a download, pinned by a sum the user gave (then it is that file, wherever it comes from and whatever
 * fetches it, and a hit asks nobody), else by what the server says of it.
 */
import path from 'node:path';
import type { Context, Declaration, Declared, MadeOutput, NotStoredReason, Pin, Plugin } from '../src/plugin.ts';
import { Bypass, unsupported } from './_helm/bypass.ts';
import { claimsFetch } from './_install/claims.ts';
import { curlPlan } from './_install/curl-line.ts';
import { insideOrBypass, labelOf, unpinned } from './_install/declaring.ts';
import { hidden, type Plan, urlWords } from './_install/download.ts';
import { countCurlSettings, countWgetSettings, curlRoots, silentlyLoose } from './_install/fetch-settings.ts';
import { countAnswer } from './_install/validators.ts';
import { wgetPlan } from './_install/wget-line.ts';

export const plugin: Plugin = {
  name: 'fetch',
  version: 1,
  takesSums: true,
  match: claimsFetch,
  async declare(ctx): Promise<Declared> {
    const step: Begun = { label: toolOf(ctx), pins: undefined };
    try {
      return await declare(ctx, step);
    } catch (error) {
      if (!(error instanceof Bypass)) throw error;
      return { bypass: error.reason, label: step.label, ...(step.pins === undefined ? {} : { pins: step.pins }) };
    }
  },
};

/** As far as the declaration has got: a bypass tells it too. */
interface Begun {
  label: string;
  pins: readonly Pin[] | undefined;
}

async function declare(ctx: Context, step: Begun): Promise<Declaration> {
  const tool = toolOf(ctx);
  const args = ctx.command.argv.slice(1);
  const plan = tool === 'curl' ? curlPlan(args) : wgetPlan(args);
  step.label = labelFor(tool, plan);
  const files = plan.downloads.map(({ file }) => ctx.resolve(file));
  if (new Set(files).size < files.length) unsupported('two downloads to one file');
  step.pins = pinsFor(ctx, files);
  for (const file of files) insideOrBypass(ctx, file, 'download to a file in the workspace');
  if (tool === 'curl') countCurlSettings(ctx, args);
  else await countWgetSettings(ctx, args);
  if (!plan.unlessThere) refuseLinks(ctx, files);
  // A directory that is missing fails the command, and a hit would make it.
  if (!plan.makesDirs) for (const file of files) ctx.input(path.dirname(file), 'presence');
  const names = files.map((file) => ctx.nameOf(file));
  return {
    ...(step.pins.length > 0 ? pinned(plan, names, step.pins) : await asked(ctx, plan, names, tool, args)),
    shape: [tool, ...names],
    label: step.label,
    outputs: files.map((file) => ({
      kind: 'file',
      path: file,
      required: true,
      keepMtime: plan.keepMtime,
      ...(plan.unlessThere ? { unlessThere: true } : { inPlace: true }),
    })),
    stdout: 'progress',
    words: { fresh: 'already downloaded', restored: 'download put back' },
  };
}

/** Both programs write through a link, and a hit would put a file in its place. */
function refuseLinks(ctx: Context, files: readonly string[]): void {
  for (const file of files) {
    const beside = ctx.tree(path.dirname(file), { quiet: true, depth: 1 }) ?? [];
    if (beside.some((entry) => entry.link && entry.path === file))
      unsupported(`${ctx.nameOf(file)} is a link, which the download would go through`);
  }
}

type Keyed = Pick<Declaration, 'tool' | 'args' | 'pins' | 'confirm'>;

/** Neither where it comes from nor what fetches it counts: no other file passes. */
function pinned(plan: Plan, names: readonly string[], pins: readonly Pin[]): Keyed {
  return {
    tool: null,
    args: [...plan.args, ...names.flatMap((name, i) => [name, `sha256:${pins[i]?.sha256}`])],
    pins,
    confirm: async (made) => changed(made, (file, i) => file.digest === pins[i]?.sha256),
  };
}

async function asked(
  ctx: Context,
  plan: Plan,
  names: readonly string[],
  tool: string,
  args: readonly string[],
): Promise<Keyed> {
  const urls = plan.downloads.map(({ url }) => url);
  const loose = urls.some((url) => /^[a-z]+:\/\/[^/]*@/i.test(url)) ? 'credentials in the URL' : plan.loose;
  const why = loose ?? silentlyLoose(ctx, tool, args);
  if (why !== null) unpinned(`${why}: what the server would send cannot be known; name its sum with --sha256`);
  const odd = urls.find((url) => !URL.canParse(url));
  if (odd !== undefined) unsupported(`the URL ${hidden(odd)}`);
  const caFile = plan.caFile ?? (tool === 'curl' ? curlRoots(ctx) : undefined);
  const sizes: number[] = [];
  for (const download of plan.downloads) sizes.push(await countAnswer(ctx, { ...plan, caFile }, download));
  return {
    tool: { name: ctx.command.argv[0], versionArgs: ['--version'] },
    args: [...plan.args, ...names.flatMap((name, i) => [name, ...urlWords(urls[i] ?? '')])],
    confirm: async (made) =>
      changed(
        made,
        (file, i) => file.size === sizes[i],
        (file, i) => ({
          code: 'plugin',
          text: `${ctx.nameOf(file.path)} has ${file.size} bytes, and the server speaks of ${sizes[i]}`,
        }),
      ),
  };
}

/** What was stored is what was promised; outputs come in the order of the downloads. */
function changed(
  made: readonly MadeOutput[],
  holds: (file: MadeOutput, at: number) => boolean,
  reason: (file: MadeOutput, at: number) => NotStoredReason = ({ path: file }) => ({
    code: 'outputs-changed',
    path: file,
  }),
): NotStoredReason | null {
  const at = made.findIndex((file, i) => !holds(file, i));
  const file = made[at];
  return file === undefined ? null : reason(file, at);
}

function pinsFor(ctx: Context, files: readonly string[]): readonly Pin[] {
  const sums = ctx.described?.sha256 ?? [];
  if (sums.length > 0 && sums.length !== files.length) unsupported(`sums: ${sums.length}, files: ${files.length}`);
  return sums.map((sha256, i) => ({ path: files[i] ?? '', sha256 }));
}

/** `curl -o bin/yq https://host/yq`, whatever else stands on the line. */
function labelFor(tool: string, { downloads, unlessThere }: Plan): string {
  const flag = tool === 'curl' ? '-o' : '-O';
  return labelOf([tool, ...downloads.flatMap(({ url, file }) => [...(unlessThere ? [] : [flag, file]), hidden(url)])]);
}

function toolOf(ctx: Context): string {
  return path.basename(ctx.command.argv[0]).replace(/\.exe$/, '');
}
