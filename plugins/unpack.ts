/** `tar xf`, `unzip`: exactly the members of the archive, wherever they go; what else lies there is not the step's. */
import path from 'node:path';
import type { ArchiveMembers } from '../src/facts/values.ts';
import type { Context, Declaration, OutputRule, Plugin } from '../src/plugin.ts';
import { unsupported } from './_helm/bypass.ts';
import { claimsUnpack } from './_install/claims.ts';
import { declaring, insideOrBypass, labelOf } from './_install/declaring.ts';
import { tarLine } from './_install/tar-line.ts';
import type { Unpacking } from './_install/unpacking.ts';
import { unzipLine } from './_install/unzip-line.ts';

export const plugin: Plugin = {
  name: 'unpack',
  version: 1,
  match: claimsUnpack,
  declare: (ctx) => declaring(ctx, labelOf([toolOf(ctx), ...ctx.command.argv.slice(1)]), declare),
};

async function declare(ctx: Context, label: string): Promise<Declaration> {
  const tool = toolOf(ctx);
  const args = ctx.command.argv.slice(1);
  const step = tool === 'tar' ? tarLine(args) : unzipLine(args);
  await countProgram(ctx, tool);
  const dir = insideOrBypass(ctx, ctx.resolve(step.dir ?? '.'), 'unpack to a directory in the workspace');
  if (ctx.input(step.archive, 'content', 'the archive') !== 'file') unsupported(`${step.archive} is no file`);
  // One that is missing fails the command, and a hit would make it.
  ctx.input(step.makesDir && step.dir !== undefined ? path.dirname(dir) : dir, 'presence');
  return {
    tool: { name: ctx.command.argv[0], versionArgs: [tool === 'tar' ? '--version' : '-v'] },
    args: [...step.args, ctx.nameOf(dir)],
    shape: [tool, ctx.nameOf(step.archive, 'the archive').replace(/\d[\w.+-]*/g, '*'), ctx.nameOf(dir)],
    label,
    outputs: await outputsOf(ctx, step, tool, dir),
    stdout: 'progress',
    words: { fresh: 'already unpacked', restored: 'files put back' },
  };
}

/** By what is in the archive; or the directory the user names with --output, as a whole, where nobody here can read it. */
async function outputsOf(ctx: Context, step: Unpacking, tool: string, dir: string): Promise<OutputRule[]> {
  const keepMtime = step.keepMtime;
  const owned = (ctx.described?.outputs ?? []).map((output) => ctx.resolve(output));
  if (owned.length > 0) {
    if (step.unlessThere) unsupported('--output with unzip that does not overwrite: unzip -o');
    if (owned.some((one) => one === ctx.command.root || one === ctx.command.cwd))
      unsupported('--output of the whole workspace');
    ctx.note(
      'declared outputs',
      owned.map((one) => ctx.nameOf(one)),
    );
    return owned.map((one) => ({ kind: 'tree', path: one, exclusive: true, keepMtime }));
  }
  const fact = tool === 'tar' ? 'tar-members' : 'zip-members';
  const members = await ctx.derive<null, ArchiveMembers>(step.archive, fact, null, { quiet: true });
  if (members === null) unsupported(`${step.archive} is no file`);
  if (!members.ok)
    unsupported(`the archive has ${members.why}; --output DIR names a directory that is this step's alone`);
  const kinds = new Map<string, 'dir' | 'other'>();
  for (const name of members.names) {
    const place = step.take(name)?.replace(/^(\.\/)+/, '') ?? '';
    if (place === '' || place === '.') continue;
    const kind = name.endsWith('/') ? 'dir' : 'other';
    if (kinds.has(place) && (kind !== 'dir' || kinds.get(place) !== 'dir'))
      unsupported(`two members that go to ${place}`);
    kinds.set(place, kind);
  }
  const names = new Set(kinds.keys());
  if (names.size === 0) unsupported('no member of the archive is taken');
  const [nested] = members.links.filter((link) => isAbove(step.take(link), names));
  if (nested !== undefined) unsupported(`a link that other members go through: ${nested}`);
  return [{ kind: 'members', dir, names, keepMtime, ...(step.unlessThere ? { unlessThere: true } : {}) }];
}

function isAbove(place: string | null, names: ReadonlySet<string>): boolean {
  return place !== null && [...names].some((name) => name.startsWith(`${place}/`));
}

/** Another tar (bsdtar, busybox) has other rules for what is there and what is left out. GNU tar calls what it unpacks by. */
async function countProgram(ctx: Context, tool: string): Promise<void> {
  const found = await ctx.program(ctx.command.argv[0]);
  const real = path.basename(found?.real ?? tool);
  if (!(tool === 'tar' ? /^g?(nu)?tar$/ : /^unzip$/).test(real)) unsupported(`${tool} that is ${real}`);
  const variables = tool === 'tar' ? ['TAR_OPTIONS', 'GZIP', 'TAPE', 'POSIXLY_CORRECT'] : ['UNZIP', 'UNZIPOPT'];
  for (const name of variables) if (ctx.env(name)) unsupported(`the variable ${name}`);
  const whole = (ctx.described?.outputs.length ?? 0) > 0;
  if (tool === 'tar')
    for (const name of ['gzip', ...(whole ? ['bzip2', 'xz', 'zstd', 'lzma'] : [])]) await ctx.program(name);
  else {
    // Times without a zone are those of this place.
    ctx.env('TZ');
    ctx.input('/etc/localtime', 'content', '/etc/localtime');
  }
}

function toolOf(ctx: Context): string {
  return /unzip(\.exe)?$/.test(path.basename(ctx.command.argv[0])) ? 'unzip' : 'tar';
}
