/**
 * `helm repo add` of a repository that is configured just so (Helm then does nothing), and `helm repo update`, whose
 * work is the conditional GETs that make its key (facts A11, design §5d).
 */
import type { Context, Declaration, Plugin } from '../src/plugin.ts';
import { bypass, unsupported } from './_helm/bypass.ts';
import { declaring } from './_helm/declaring.ts';
import type { CommandLine } from './_helm/flags.ts';
import { indexRequest, type Repository, repositories } from './_helm/repositories.ts';
import { type HelmStep, helmStep } from './_helm/settings.ts';
import { spell } from './_helm/spell.ts';
import { helmCommand } from './_helm/subcommand.ts';
import { helmTool } from './_helm/tool.ts';

type Command = 'repo add' | 'repo update';

export const plugin: Plugin = {
  name: 'helm-repo',
  version: 1,
  match: (argv) => commandOf(argv) !== null,
  declare: (ctx) => declaring(ctx, declare),
};

function commandOf(argv: readonly string[]): Command | null {
  const command = helmCommand(argv);
  return command === 'repo add' || command === 'repo update' ? command : null;
}

async function declare(ctx: Context): Promise<Declaration> {
  const command = commandOf(ctx.command.argv) ?? unsupported('this command');
  const step = await helmStep(ctx, command);
  const known = await repositories(ctx, step.paths);
  if (command === 'repo add') add(ctx, step.line, known);
  else await update(ctx, step, known);
  const words = step.line.words;
  return {
    tool: helmTool(ctx),
    args: spell(step.line, command === 'repo add' ? words : [...new Set(words)].sort()),
    shape: [command, ...words],
    label: `helm ${command} ${words.join(' ')}`.trimEnd(),
    outputs: [],
    stdout: 'progress',
    words:
      command === 'repo add'
        ? { fresh: 'already configured', restored: 'already configured' }
        : { fresh: 'indexes unchanged', restored: 'indexes unchanged' },
  };
}

const CREDENTIALS = ['username', 'password', 'password-stdin', 'pass-credentials'];

function add(ctx: Context, line: CommandLine, known: readonly Repository[]): void {
  if (line.on('force-update')) bypass({ code: 'side-effects', what: 'helm repo add --force-update' });
  const credential = CREDENTIALS.find((flag) => line.given.includes(flag));
  if (credential !== undefined) bypass({ code: 'side-effects', what: `helm repo add --${credential}` });
  const [name, url] = line.words;
  if (name === undefined || url === undefined || line.words.length > 2) unsupported('other than NAME URL');
  if (/\/\/[^/]*@/.test(url)) bypass({ code: 'side-effects', what: 'helm repo add with credentials in the URL' });
  const entry = known.find((r) => r.name === name);
  if (entry === undefined) bypass({ code: 'side-effects', what: 'helm repo add of a new repository' });
  if (!sameEntry(entry, url, line)) bypass({ code: 'side-effects', what: 'helm repo add of another configuration' });
  ctx.note('repository', { identity: entry.identity, hasCredentials: entry.hasCredentials });
}

/** Helm compares every field as it was spelled. */
function sameEntry(entry: Repository, url: string, line: CommandLine): boolean {
  return (
    entry.url === url &&
    !entry.hasCredentials &&
    !entry.passCredentialsAll &&
    entry.caFile === (line.value('ca-file') ?? '') &&
    entry.certFile === (line.value('cert-file') ?? '') &&
    entry.keyFile === (line.value('key-file') ?? '') &&
    entry.insecure === line.on('insecure-skip-tls-verify')
  );
}

async function update(ctx: Context, { line, paths }: HelmStep, known: readonly Repository[]): Promise<void> {
  const wanted = known.filter((r) => line.words.length === 0 || line.words.includes(r.name));
  // Helm fails on these, in its own words.
  if (wanted.length === 0 || line.words.some((name) => !known.some((r) => r.name === name))) {
    unsupported('no such repository');
  }
  const bodies = await Promise.all(wanted.map((repository) => ctx.remote(indexRequest(paths, repository))));
  for (const [i, repository] of wanted.entries()) {
    ctx.note(`repository ${repository.name}`, repository.identity);
    ctx.note(`index of repository ${repository.name}`, bodies[i]!.digest);
  }
}
